"""`republish`: send the whole ledger again, after a broker was lost with its topics; nobody is told twice."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any

import orjson
import typer

from servicekit import broker
from servicekit.database import Database
from servicekit.operations.ground import Ground
from servicekit.outbox import ledger, republishing

SECONDS_BETWEEN_LINES = 1.0
LOOK_SECONDS = 0.25
STILL_SECONDS = 20.0
"""So long without a signal sent, and nobody relays."""

Progress = Callable[[str, int, int], Awaitable[None]]
"""(what is being done, how many so far, of how many)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Republished:
    service: str
    signals: int
    """Made ready to be sent again."""
    new_topics: bool
    """Whether offsets were forgotten, since the topics are others than before."""
    left: int
    """Not sent yet, since `work` does not run or cannot send; it goes on by itself."""
    seconds: float


def add(app: typer.Typer, ground: Callable[[], Ground], run: Callable[..., Any]) -> None:
    @app.command(name="republish")
    def republish(
        new_topics: bool = typer.Option(
            False, "--new-topics", help="The broker is the old one, but its topics were lost and made anew."
        ),
        as_json: bool = typer.Option(False, "--json", help="One JSON object a line, for machines."),
    ) -> None:
        """Send all signals of the ledger again, in their order, after the broker was lost with its topics.

        May be killed and run again. What consumers have applied they recognise: nothing is applied, or told, twice.
        """
        lines = _Lines(as_json)
        done: Republished = run(republish_ledger(ground(), new_topics=new_topics, progress=lines.show))
        if as_json:
            print(orjson.dumps(asdict(done) | {"doing": "done"}).decode())
        else:
            sent = f"{done.signals - done.left} of {done.signals} signals sent again in {done.seconds:.1f} s"
            print(f"{done.service}: {sent}" + ("" if not done.left else "; the rest goes when `work` runs"))
        sys.stdout.flush()


async def republish_ledger(ground: Ground, *, progress: Progress, new_topics: bool = False) -> Republished:
    """Raises RepublishRuns; KafkaError where the broker does not answer, before anything is done."""
    began = time.monotonic()
    async with broker.asking(ground.settings.kafka_bootstrap) as client:
        cluster_id = await broker.cluster_id(client)
    async with ground.database("republish", size=3) as db:
        new, signals = await _made_ready(db, cluster_id, new_topics=new_topics, progress=progress)
        left = await _sent(db, signals, progress)
    return Republished(
        service=ground.name, signals=signals, new_topics=new, left=left, seconds=round(time.monotonic() - began, 3)
    )


async def _made_ready(db: Database, cluster_id: str, *, new_topics: bool, progress: Progress) -> tuple[bool, int]:
    """All that was sent is unsent again; the relay begins once that is so of every row, whoever is killed meanwhile."""
    async with db.pool.acquire() as guard:
        await republishing.claim(guard)
        async with guard.transaction():
            new = await republishing.begin(guard, cluster_id, new_topics=new_topics)
        sent, upto, ready = await republishing.count_sent(guard), 0, 0
        while True:
            upto, many = await republishing.make_ready(guard, after=upto, limit=republishing.BATCH)
            if not many:
                break
            ready += many
            await progress("making ready", ready, sent)
        async with guard.transaction():
            await republishing.end(guard)
            unsent = await ledger.count_unsent(guard)
    return new, unsent


async def _sent(db: Database, signals: int, progress: Progress) -> int:
    """Wait until the relay has sent them; returns how many it has not, where it stands still."""
    least, since = signals, time.monotonic()
    while least:
        async with db.pool.acquire() as conn:
            unsent = await ledger.count_unsent(conn)
        if unsent < least:
            least, since = unsent, time.monotonic()
        elif time.monotonic() - since > STILL_SECONDS:
            return unsent
        await progress("sending", signals - least, signals)
        await asyncio.sleep(LOOK_SECONDS)
    return 0


class _Lines:
    """What is done is said once a second: as JSON, or on a terminal on standard error."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._last, self._last_at = "", 0.0

    async def show(self, doing: str, done: int, total: int) -> None:
        now = time.monotonic()
        if doing == self._last and now - self._last_at < SECONDS_BETWEEN_LINES:
            return
        self._last, self._last_at = doing, now
        if self._as_json:
            print(orjson.dumps({"doing": doing, "signals": done, "of": total}).decode(), flush=True)
        else:
            print(f"{doing}: {done} of {total}", file=sys.stderr, flush=True)
