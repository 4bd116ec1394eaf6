"""The spans we make, by the semantic conventions for HTTP and messaging; ids of persons, paths and keys stay out."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol
from uuid import UUID

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import (
    Link,
    Span,
    SpanKind,
    Status,
    StatusCode,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

EXPORT_SECONDS = 2.0
"""How long one attempt to send may take: a process that ends waits for it."""
MOST_AT_ONCE = 500
"""Of a batch, so many deliveries have a span of their own."""

_W3C = TraceContextTextMapPropagator()


class Message(Protocol):
    """A signal on its way, as far as a trace may know it."""

    @property
    def id(self) -> UUID: ...

    @property
    def topic(self) -> str: ...

    @property
    def type(self) -> str: ...


class Arrived(Message, Protocol):
    @property
    def traceparent(self) -> str | None: ...

    @property
    def place(self) -> tuple[int, int]:
        """Partition and offset."""


class Traces:
    """Makes spans of one process; contexts travel as `traceparent`, never in thread or task."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("guildhall")

    @classmethod
    def exporting(cls, service: str, release: str, endpoint: str) -> "Traces":
        resource = Resource.create({"service.name": f"guildhall-{service}", "service.version": release})
        # The process flushes when it ends; waiting for a collector that is away at exit would outlast the drain.
        provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        exporter = OTLPSpanExporter(endpoint=endpoint.rstrip("/") + "/v1/traces", timeout=EXPORT_SECONDS)
        provider.add_span_processor(BatchSpanProcessor(exporter))
        return cls(provider)

    def flush(self, seconds: float) -> None:
        self._provider.force_flush(int(seconds * 1000))

    def traceparent(self, span: Span) -> str:
        """As W3C writes it."""
        carrier: dict[str, str] = {}
        _W3C.inject(carrier, set_span_in_context(span, Context()))
        return carrier["traceparent"]

    def request(self, method: str, scheme: str, traceparent: str | None) -> Span:
        """A server span, to be ended by `answered`."""
        attributes = {"http.request.method": method, "url.scheme": scheme}
        return self._tracer.start_span(
            method, context=_context(traceparent), kind=SpanKind.SERVER, attributes=attributes
        )

    def answered(self, span: Span, method: str, route: str, status: int) -> None:
        span.update_name(f"{method} {route}")
        span.set_attribute("http.route", route)
        span.set_attribute("http.response.status_code", status)
        if status >= 500:
            span.set_attribute("error.type", str(status))
            span.set_status(Status(StatusCode.ERROR))
        span.end()

    @contextmanager
    def sending(self, messages: Sequence[Message], parents: Sequence[str | None]) -> Iterator[list[str]]:
        """Producer spans of a batch; yields the `traceparent` that travels with each message."""
        spans = [
            self._tracer.start_span(
                f"send {message.topic}",
                context=_context(parent),
                kind=SpanKind.PRODUCER,
                attributes=_attributes(message, "send"),
            )
            for message, parent in zip(messages, parents, strict=True)
        ]
        with _ended(spans):
            yield [self.traceparent(span) for span in spans]

    @contextmanager
    def processing(self, consumer: str, arrived: Sequence[Arrived]) -> Iterator[str | None]:
        """Consumer spans of deliveries that are handled together; yields the first one's `traceparent`."""
        spans = [self._process(consumer, one) for one in arrived[:MOST_AT_ONCE]]
        with _ended(spans):
            yield self.traceparent(spans[0]) if spans else None

    def _process(self, consumer: str, one: Arrived) -> Span:
        """A child of the sending, so that one trace tells it all, and linked to it, as conventions have it."""
        context = _context(one.traceparent)
        sent = get_current_span(context).get_span_context()
        partition, offset = one.place
        return self._tracer.start_span(
            f"process {one.topic}",
            context=context,
            kind=SpanKind.CONSUMER,
            links=[Link(sent)] if sent.is_valid else [],
            attributes=_attributes(one, "process")
            | {
                "messaging.consumer.group.name": consumer,
                "messaging.destination.partition.id": str(partition),
                "messaging.kafka.offset": offset,
            },
        )


def _context(traceparent: str | None) -> Context:
    """Without one, an empty context: the span begins a trace."""
    return _W3C.extract({"traceparent": traceparent}, Context()) if traceparent else Context()


def _attributes(message: Message, operation: str) -> dict[str, str | int]:
    return {
        "messaging.system": "kafka",
        "messaging.operation.name": operation,
        "messaging.operation.type": operation,
        "messaging.destination.name": message.topic,
        "messaging.message.id": str(message.id),
        "cloudevents.event_type": message.type,
    }


@contextmanager
def _ended(spans: Sequence[Span]) -> Iterator[None]:
    """End them all; of an error only its name is told."""
    try:
        yield
    except BaseException as error:
        for span in spans:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(Status(StatusCode.ERROR))
        raise
    finally:
        for span in spans:
            span.end()
