"""Wrong relays, live against a broker and a database: the judge notices what each leaves behind, and clears ours."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from judging import signals
from judging.claims import Verdict
from judging.evidence import OUTBOX, Evidence
from notes_service import NOTES, SCHEMA, NoteWritten
from notes_stack import MIDLANDS, TOPIC, Stack, sent
from workload.history import History

from guildhall_local.checker.records import Record
from servicekit.database import Database
from servicekit.ids import new_id
from servicekit.outbox import ledger, publish
from servicekit.outbox.relay import Relay
from servicekit.testing import databases, eventually
from servicekit.testing.topics import cells_for_tests, created


@pytest.fixture
async def stack(postgres: str, kafka: str, cells_file: Path) -> AsyncIterator[Stack]:
    """The little service of servicekit's own tests."""
    cells = replace(cells_for_tests(cells_file, serve="midlands"), partitions={"notes": 1})
    async with databases.fresh(postgres, "notes", SCHEMA, [NOTES]) as database:
        db = await Database.open(database.worker, size=6)
        async with created(cells, kafka, only=[TOPIC, "national.notes"]):
            stack = Stack(database, db, cells, kafka)
            yield stack
            await stack.stop()
        await db.close()


async def judged(stack: Stack) -> Verdict:
    """What the judge says of the outbox and its topic."""
    async with stack.db.transaction() as conn:
        rows = [dict(row) | {"topic": stack.cells.prefix + row["topic"]} for row in await conn.fetch(OUTBOX)]
    records = [
        Record(one.topic, one.partition, one.offset, one.key, one.value, dict(one.headers))
        for one in await stack.on_the_topic()
    ]
    return Verdict(signals.judge(Evidence(history=History([], []), records=records, outboxes={"notes": rows})))


BY_ID = ledger.UNSENT.replace("ORDER BY lane, position", "ORDER BY lane, id")
BY_CURSOR = ledger.UNSENT.replace(
    "sent_at IS NULL",
    "position > coalesce((SELECT max(position) FROM servicekit.outbox WHERE sent_at IS NOT NULL), 0)",
)
"""The wrong variants: by ids that several processes draw; by the last place that was sent, whatever commits later."""


@pytest.mark.parametrize(("statement", "kept"), [(ledger.UNSENT, True), (BY_ID, False)])
async def test_a_relay_by_uuid_inverts(stack: Stack, statement: str, kept: bool) -> None:
    note, ids = new_id(), sorted(new_id() for _ in range(12))
    for number in range(12):
        await stack.write(note, str(number))
    async with stack.db.transaction() as conn:  # as if two processes had drawn them: the later the smaller
        await conn.executemany(
            "UPDATE servicekit.outbox SET id = $2::uuid,"
            " body = convert_to(replace(convert_from(body, 'utf8'), id::text, $2::uuid::text), 'utf8')"
            " WHERE position = (SELECT position FROM servicekit.outbox ORDER BY position OFFSET $1 LIMIT 1)",
            list(enumerate(reversed(ids))),
        )

    stack.relay(unsent=statement)
    await eventually(lambda: sent(stack, 12))

    assert (await judged(stack)).of(signals.IN_ORDER).kept is kept


@pytest.mark.parametrize(("statement", "kept"), [(ledger.UNSENT, True), (BY_CURSOR, False)])
async def test_a_cursor_over_the_outbox_passes_over_what_commits_late(stack: Stack, statement: str, kept: bool) -> None:
    stack.relay(unsent=statement)
    async with stack.db.transaction() as late:
        await publish(late, NoteWritten(version=1, note_id=new_id(), text="late"), at=MIDLANDS)
        await stack.write(new_id(), "early")
        await eventually(lambda: sent(stack, 1))
    await stack.write(new_id(), "after")
    await eventually(lambda: sent(stack, 3 if kept else 2))

    assert (await judged(stack)).of(signals.ON_TOPICS).kept is kept


@dataclass(slots=True, kw_only=True)
class Slow(Relay):
    """Holds what it has in hand until it is told to go on, as a process that is stopped and continued does."""

    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    in_hand: bool = False

    async def _send(self, producer: Any, records: Any) -> None:
        if records:
            self.in_hand = True
            await self.go_on.wait()
        await Relay._send(self, producer, records)


@pytest.mark.parametrize("elected", [True, False])
async def test_without_an_election_an_older_word_comes_last(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, elected: bool
) -> None:
    note = new_id()
    await stack.write(note, "old")
    slow = Slow(dsn=stack.notes.worker, bootstrap=stack.kafka, prefix=stack.cells.prefix, stopping=stack.stopping)
    stack.tasks.append(asyncio.create_task(slow.run()))
    await eventually(lambda: holds(slow))
    if not elected:  # the wrong variant: another lock, so that both are elected
        monkeypatch.setattr("servicekit.outbox.relay.ELECTION_LOCK", 1)
    other = stack.relay()
    if not elected:
        await eventually(lambda: sent(stack, 1))
    await stack.write(note, "new")
    if not elected:
        await eventually(lambda: sent(stack, 2))
    assert other.elected is not elected

    slow.go_on.set()
    await eventually(lambda: on_the_topic(stack, 2 if elected else 3))

    assert (await judged(stack)).of(signals.NEWEST_LAST).kept is elected


async def holds(relay: Slow) -> bool:
    return relay.in_hand


async def on_the_topic(stack: Stack, count: int) -> bool:
    return len(await stack.on_the_topic()) == count
