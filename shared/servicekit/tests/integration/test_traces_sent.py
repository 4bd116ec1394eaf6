"""A process sends traces to the endpoint that it is told of, the last ones as it ends; told of none, it has no part."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest
from notes_process import Work, environment
from notes_service import NoteWritten
from notes_stack import MIDLANDS
from trace_collector import TraceCollector, trace_collector

from servicekit.database import Database
from servicekit.ids import new_id
from servicekit.outbox import publish
from servicekit.testing import eventually
from servicekit.testing.databases import TestDatabase
from servicekit.testing.topics import cells_for_tests, created

LOADED = """
import sys
from servicekit import process, tracing
tracing.start("n", "1", sys.argv[1])
print(*(name for name in sys.modules if name.startswith(("opentelemetry.sdk", "opentelemetry.exporter"))))
"""
"""What the web framework itself is made with, `opentelemetry`'s interfaces, is always there."""
ONLY_AS_IT_ENDS = {"OTEL_BSP_SCHEDULE_DELAY": "600000"}


@dataclass
class Traced:
    """The little service with a broker of its own and a collector."""

    environment: dict[str, str]
    port: int
    collector: TraceCollector

    def process(self, **more: str) -> Work:
        return Work(self.environment | ONLY_AS_IT_ENDS | more, self.port)


@pytest.fixture
def collector() -> Iterator[TraceCollector]:
    with trace_collector() as collector:
        yield collector


@pytest.fixture
async def traced(
    notes: TestDatabase, kafka: str, cells_file: Path, unused_tcp_port: int, collector: TraceCollector
) -> AsyncIterator[Traced]:
    small = replace(cells_for_tests(cells_file), partitions={"notes": 1})
    async with created(small, kafka) as cells:
        told = environment(notes, kafka, cells, cells_file, unused_tcp_port)
        yield Traced(told | {"HTTP_PORT": str(unused_tcp_port), "DRAIN_SECONDS": "0"}, unused_tcp_port, collector)


async def has_kept_one(db: Database) -> bool:
    async with db.transaction() as conn:
        return bool(await conn.fetchval("SELECT count(*) FROM kept_notes") == 1)


async def carry_a_note(process: Work, db: Database) -> None:
    """From the outbox through Kafka to its handler; then the process is told to end."""
    await process.start()
    try:
        async with db.transaction() as conn:
            await publish(conn, NoteWritten(version=1, note_id=new_id(), text="x"), at=MIDLANDS)
        await eventually(lambda: has_kept_one(db), within=20)
        assert await process.end(signal.SIGTERM) == 0
    finally:
        await process.kill()


async def test_work_sends_the_traces_of_what_it_carries(traced: Traced, worker: Database) -> None:
    await carry_a_note(traced.process(OTEL_EXPORTER_OTLP_ENDPOINT=traced.collector.url), worker)

    assert traced.collector.spans == {"guildhall-notes": ["send midlands.notes", "process midlands.notes"]}


@pytest.mark.parametrize("more", [{}, {"FASTAPI_OTEL_AUTO_CONFIGURE": "true"}], ids=["ours", "the framework's too"])
async def test_serve_sends_the_traces_of_what_it_answers(traced: Traced, more: dict[str, str]) -> None:
    """And nothing of what the framework would tell by itself: paths, and the words of errors."""
    process = traced.process(OTEL_EXPORTER_OTLP_ENDPOINT=traced.collector.url, **more)
    await process.start("serve")
    try:
        await eventually(process.ready)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{traced.port}") as http:
            assert (await http.get("/openapi.json")).status_code == 200
        assert await process.end(signal.SIGTERM) == 0
    finally:
        await process.kill()

    assert traced.collector.spans == {"guildhall-notes": ["GET /openapi.json"]}
    assert traced.collector.elsewhere == []


async def test_without_the_endpoint_nothing_is_sent(traced: Traced, worker: Database) -> None:
    """Not even where the libraries' own names say where to."""
    await carry_a_note(traced.process(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=f"{traced.collector.url}/v1/traces"), worker)

    assert traced.collector.spans == {}


async def loaded(endpoint: str) -> bool:
    """Whether a process that was started with this endpoint has the libraries that trace and send."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", LOADED, endpoint, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert process.returncode == 0
    return bool(said.split())


async def test_without_an_endpoint_nothing_is_imported() -> None:
    assert not await loaded("")
    assert await loaded("http://127.0.0.1:1")
