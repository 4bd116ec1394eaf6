"""Traces across HTTP and Kafka: off, and free of cost, unless an endpoint is set; nothing about persons is in any."""

import asyncio
from typing import TYPE_CHECKING

from servicekit.problem import CannotStart

if TYPE_CHECKING:
    from servicekit.tracing.traces import Traces

FLUSH_SECONDS = 2.0

_current: "Traces | None" = None


class TracingMissing(CannotStart):
    """An endpoint is set, and the libraries that would send to it are not installed."""


def current() -> "Traces | None":
    """What spans are made with; None while tracing is off."""
    return _current


def use(traces: "Traces | None") -> None:
    """Trace with these from now on, or not at all."""
    global _current
    _current = traces


def start(service: str, release: str, endpoint: str) -> None:
    """Send spans to the OTLP endpoint (HTTP); an empty one leaves tracing off."""
    if not endpoint:
        return
    try:
        from servicekit.tracing.traces import Traces
    except ImportError:
        raise TracingMissing(
            "OTEL_EXPORTER_OTLP_ENDPOINT is set, but tracing is not installed: install servicekit[tracing], or unset it"
        ) from None
    use(Traces.exporting(service, release, endpoint))


async def stop() -> None:
    """Send what is left, for a moment at most."""
    traces = current()
    use(None)
    if traces is not None:
        await asyncio.to_thread(traces.flush, FLUSH_SECONDS)
