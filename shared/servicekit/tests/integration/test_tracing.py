"""One trace leads from a request through the outbox and Kafka to the handler, and says nothing about persons."""

import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, Depends
from notes_service import NOTES, NoteWritten, keep_note
from notes_stack import MIDLANDS, Stack, has
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from servicekit import command, tracing
from servicekit.consumers import Delivery, projects
from servicekit.database import Conn
from servicekit.envelope import decode
from servicekit.ids import new_id
from servicekit.outbox import publish
from servicekit.problem import CannotStart
from servicekit.testing import eventually
from servicekit.tracing.traces import Traces
from servicekit.web import create_app
from servicekit.web.rules import anyone

CALLERS_TRACE, CALLERS_SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
CALLER = {"traceparent": f"00-{CALLERS_TRACE}-{CALLERS_SPAN}-01"}
CANARY = "philippa.canary@trust.nhs.example"


@dataclass
class Collector:
    memory: InMemorySpanExporter = field(default_factory=InMemorySpanExporter)

    def of(self, kind: SpanKind) -> list[ReadableSpan]:
        return [span for span in self.memory.get_finished_spans() if span.kind is kind]

    async def has(self, kind: SpanKind, count: int) -> bool:
        return len(self.of(kind)) >= count


@pytest.fixture
async def collector() -> AsyncIterator[Collector]:
    collector, provider = Collector(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(collector.memory))
    tracing.use(Traces(provider))
    yield collector
    tracing.use(None)


def client_of(stack: Stack) -> httpx.AsyncClient:
    router = APIRouter(dependencies=[Depends(anyone)])

    @router.put("/people/{person_id}/notes/{address}")
    async def write(person_id: UUID, address: str, q: str = "") -> dict[str, str]:
        if address == "broken":
            raise ZeroDivisionError(CANARY)
        async with stack.db.transaction() as conn:
            await publish(conn, NoteWritten(version=1, note_id=person_id, text="x"), at=MIDLANDS)
        return {"q": q}

    async def ready() -> None: ...

    app = create_app(title="notes", version="v1", routers=[router], lifespan=None, ready=ready)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://notes")


async def test_one_trace_leads_from_the_request_to_the_handler(stack: Stack, collector: Collector) -> None:
    note = new_id()
    stack.relay()
    await stack.consume()

    async with client_of(stack) as http:
        answer = await http.put(f"/people/{note}/notes/{CANARY}?q={CANARY}", headers=CALLER)
    assert answer.status_code == 200
    await eventually(lambda: has(stack, note, 1))
    await eventually(lambda: collector.has(SpanKind.CONSUMER, 1))

    (server,), (sending,), (process,) = (
        collector.of(kind) for kind in (SpanKind.SERVER, SpanKind.PRODUCER, SpanKind.CONSUMER)
    )
    contexts = [span.get_span_context() for span in (server, sending, process)]
    assert {f"{context.trace_id:032x}" for context in contexts if context} == {CALLERS_TRACE}
    assert f"{server.parent.span_id:016x}" == CALLERS_SPAN
    assert sending.parent.span_id == contexts[0].span_id
    assert process.parent.span_id == contexts[1].span_id
    assert [link.context.span_id for link in process.links] == [contexts[1].span_id]

    assert server.name == "PUT /people/{person_id}/notes/{address}"
    assert server.attributes["http.response.status_code"] == 200
    assert (sending.name, process.name) == ("send midlands.notes", "process midlands.notes")
    assert process.attributes["messaging.system"] == "kafka"
    assert process.attributes["messaging.operation.type"] == "process"
    assert process.attributes["messaging.consumer.group.name"] == "notes"
    assert process.attributes["messaging.kafka.offset"] == 0
    assert process.attributes["messaging.message.id"] == sending.attributes["messaging.message.id"]
    said = "".join(span.to_json() for span in collector.memory.get_finished_spans())
    assert CANARY not in said
    assert str(note) not in said


async def test_what_a_handler_publishes_belongs_to_the_same_trace(stack: Stack, collector: Collector) -> None:
    note, answer = new_id(), new_id()

    async def keep_and_answer(conn: Conn, written: Delivery[NoteWritten]) -> None:
        await keep_note(conn, written)
        if written.data.note_id == note:
            await publish(conn, NoteWritten(version=1, note_id=answer, text="answer"), at=MIDLANDS)

    stack.relay()
    await stack.consume(consumer=replace(NOTES, subscriptions=[projects(NoteWritten, keep_and_answer)]))
    async with client_of(stack) as http:
        await http.put(f"/people/{note}/notes/x", headers=CALLER)
    await eventually(lambda: has(stack, answer, 1))
    await eventually(lambda: collector.has(SpanKind.CONSUMER, 2))

    first, second = collector.of(SpanKind.CONSUMER)
    answered = collector.of(SpanKind.PRODUCER)[1]
    assert answered.parent.span_id == first.get_span_context().span_id
    assert {f"{span.get_span_context().trace_id:032x}" for span in (first, second)} == {CALLERS_TRACE}


async def test_of_an_error_only_its_name_is_told(stack: Stack, collector: Collector) -> None:
    note = new_id()
    async with client_of(stack) as http:
        assert (await http.put(f"/people/{note}/notes/broken", headers=CALLER)).status_code == 500
        assert (await http.get("/nowhere/at/all")).status_code == 404
    stack.relay()
    await stack.consume()
    await stack.write(note, "poison")
    await eventually(lambda: collector.has(SpanKind.CONSUMER, 1))

    broken, nowhere = collector.of(SpanKind.SERVER)
    assert (broken.status.status_code, broken.attributes["error.type"]) == (StatusCode.ERROR, "500")
    assert nowhere.name == "GET (no route)"
    assert nowhere.status.status_code is StatusCode.UNSET
    poisoned = collector.of(SpanKind.CONSUMER)[0]
    assert (poisoned.status.status_code, poisoned.attributes["error.type"]) == (StatusCode.ERROR, "Poison")
    assert CANARY not in "".join(span.to_json() for span in collector.memory.get_finished_spans())


async def test_who_does_not_want_to_be_sampled_is_not(stack: Stack, collector: Collector) -> None:
    note = new_id()
    stack.relay()
    await stack.consume()

    async with client_of(stack) as http:
        await http.put(f"/people/{note}/notes/x", headers={"traceparent": CALLER["traceparent"][:-2] + "00"})
    await eventually(lambda: has(stack, note, 1))

    assert collector.memory.get_finished_spans() == ()


async def test_while_tracing_is_off_nothing_is_traced_and_the_callers_trace_still_passes_through(stack: Stack) -> None:
    note = new_id()
    assert tracing.current() is None
    stack.relay()
    await stack.consume()

    async with client_of(stack) as http:
        await http.put(f"/people/{note}/notes/x", headers=CALLER)
    await eventually(lambda: has(stack, note, 1))

    (record,) = await stack.on_the_topic()
    assert decode(record.value).traceparent == CALLER["traceparent"]
    assert "traceparent" not in dict(record.headers)
    assert command.traceparent.get() is None


def test_without_an_endpoint_nothing_is_started() -> None:
    tracing.start("notes", "1", "")

    assert tracing.current() is None


def test_an_endpoint_without_the_libraries_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "servicekit.tracing.traces", None)

    with pytest.raises(CannotStart, match=r"install servicekit\[tracing\], or unset it"):
        tracing.start("notes", "1", "http://127.0.0.1:1")


async def test_a_collector_that_is_away_holds_nobody_up(stack: Stack) -> None:
    tracing.start("notes", "1", "http://127.0.0.1:1")
    note = new_id()
    stack.relay()
    await stack.consume()
    async with client_of(stack) as http:
        assert (await http.put(f"/people/{note}/notes/x", headers=CALLER)).status_code == 200
    await eventually(lambda: has(stack, note, 1))

    await tracing.stop()

    assert tracing.current() is None
