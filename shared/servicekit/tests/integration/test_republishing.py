"""The broker is lost with its topics: the ledger is sent again in its order, and nobody applies or is told twice."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiokafka.errors import KafkaError
from notes_life import a_rebuild
from notes_lost import (
    LOST,
    all_told,
    ground_of,
    has_dealt_with,
    is_on_the_topic,
    lose_the_topics,
    of_the_broker,
    quiet,
    sent_texts,
    told_of,
)
from notes_service import NOTES
from notes_stack import Stack, has, sent

from servicekit.broker import AnotherBroker, BrokerWatch
from servicekit.consumers import parking
from servicekit.consumers.apply import Applier
from servicekit.consumers.replay import discard_first, replay
from servicekit.ids import new_id
from servicekit.metrics import REGISTRY
from servicekit.operations.republishing import Republished, republish_ledger
from servicekit.outbox import ledger, republishing
from servicekit.outbox.relay import Relay
from servicekit.testing import eventually


@pytest.fixture
async def written(stack: Stack) -> list[UUID]:
    """Three notes of ten texts each: sent, kept and told; then all stops."""
    notes = [new_id() for _ in range(3)]
    stack.relay()
    await stack.consume()
    for number in range(30):
        await stack.write(notes[number % 3], str(number))
    await eventually(lambda: told_of(stack, 30))
    await eventually(lambda: sent(stack, 30))
    await stack.stop()
    return notes


def texts(number: int) -> list[str]:
    return [str(text) for text in range(number, 30, 3)]


async def test_everything_is_sent_again_in_order_and_nobody_is_told_twice(
    stack: Stack, written: list[UUID], cells_file: Path
) -> None:
    """Of the last signals only the ledger knew: their consumer had not come to them."""
    stack.relay()
    for number in range(30, 33):
        await stack.write(written[number % 3], str(number))
    await eventually(lambda: sent(stack, 33))
    await stack.stop()
    await lose_the_topics(stack)

    stack.relay()
    done = await republish_ledger(ground_of(stack, cells_file), progress=quiet)
    await stack.consume()
    await eventually(lambda: told_of(stack, 33))

    assert (done.signals, done.left, done.new_topics) == (33, 0, True)
    for number, note in enumerate(written):
        assert await stack.texts(note) == await sent_texts(stack, note) == [*texts(number), str(30 + number)]
    await stack.write(written[0], "after")
    await eventually(lambda: has(stack, written[0], 12))
    assert await all_told(stack) == 34
    await a_rebuild(stack).run()
    assert await stack.texts(written[0]) == [*texts(0), "30", "after"]


async def test_killed_half_way_it_is_run_again_and_nothing_goes_before_the_rest(
    stack: Stack, written: list[UUID], cells_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await lose_the_topics(stack)
    monkeypatch.setattr(republishing, "BATCH", 7)
    stack.relay()

    with pytest.raises(Killed):
        await republish_ledger(ground_of(stack, cells_file), progress=kill_after(14))
    await stack.write(written[0], "meanwhile")
    async with stack.db.transaction() as conn:
        assert (await ledger.waiting(conn))[::2] == (15, True)
    assert await stack.on_the_topic() == []

    done: Republished = await republish_ledger(ground_of(stack, cells_file), progress=quiet)

    assert (done.signals, done.left, done.new_topics) == (31, 0, False)
    assert await sent_texts(stack, written[0]) == [*texts(0), "meanwhile"]


class Killed(Exception):
    """As a SIGKILL: nothing of what would follow is done."""


def kill_after(count: int) -> Any:
    async def progress(_doing: str, done: int, _total: int) -> None:
        if done >= count:
            raise Killed

    return progress


async def test_without_the_hold_new_signals_overtake_the_old_ones(
    stack: Stack, written: list[UUID], cells_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The wrong variant makes the ledger ready while the relay goes on."""
    await lose_the_topics(stack)
    monkeypatch.setattr(republishing, "BATCH", 7)
    unheld = ledger.UNSENT.replace("IN ('relay-held', 'republishing')", "IN ('relay-held')")
    assert unheld != ledger.UNSENT
    stack.relay(unsent=unheld)
    await stack.write(written[0], "new")

    async def once_it_is_sent(doing: str, done: int, _total: int) -> None:
        if doing == "making ready":
            await eventually(lambda: is_on_the_topic(stack, done + 1))

    await republish_ledger(ground_of(stack, cells_file), progress=once_it_is_sent)

    assert await sent_texts(stack, written[0]) != [*texts(0), "new"]


@pytest.mark.parametrize(("kept", "told"), [(True, 30), (False, 60)])
async def test_it_is_the_inbox_that_keeps_people_from_being_told_twice(
    stack: Stack, written: list[UUID], cells_file: Path, kept: bool, told: int
) -> None:
    await lose_the_topics(stack)
    if not kept:
        async with stack.db.transaction() as conn:
            await conn.execute("DELETE FROM servicekit.inbox")
    stack.relay()
    await republish_ledger(ground_of(stack, cells_file), progress=quiet)
    consumption = await stack.consume()

    await eventually(lambda: has_dealt_with(consumption.applier, 30))

    assert await all_told(stack) == told


@pytest.mark.parametrize(("forgets", "before"), [(True, True), (False, False)])
async def test_what_was_parked_still_comes_before_what_follows_it(
    stack: Stack, cells_file: Path, monkeypatch: pytest.MonkeyPatch, forgets: bool, before: bool
) -> None:
    """The wrong variant keeps the offsets of the broker that is lost: what follows has a lower one, and overtakes."""
    note = new_id()
    stack.relay()
    await stack.consume()
    for text in ("first", "poison"):
        await stack.write(new_id(), "another")
        await stack.write(note, text)
    await eventually(lambda: is_parked(stack, 1))
    await stack.stop()
    await lose_the_topics(stack)
    async with stack.db.transaction() as conn:  # all but the one that is parked: the new topic is shorter
        await conn.execute("DELETE FROM servicekit.outbox WHERE key <> $1 OR subject <> $1", str(note))
        if not forgets:
            await conn.execute("UPDATE servicekit.broker SET cluster_id = $1", await of_the_broker(stack.kafka))
    stack.relay()
    await republish_ledger(ground_of(stack, cells_file), progress=quiet)
    await stack.consume()
    await stack.write(note, "third")

    await eventually(lambda: is_dealt_with(stack, note))

    waits = await stack.texts(note) == ["first"]
    assert waits is before


async def is_parked(stack: Stack, count: int) -> bool:
    async with stack.db.transaction() as conn:
        return bool(await conn.fetchval("SELECT count(*) FROM servicekit.parked") == count)


async def is_dealt_with(stack: Stack, note: UUID) -> bool:
    return await is_parked(stack, 2) or await has(stack, note, 2)


async def test_what_was_let_go_of_stays_so_on_the_new_topics(stack: Stack, cells_file: Path) -> None:
    note = new_id()
    stack.relay()
    await stack.consume()
    await stack.write(new_id(), "another")
    for text in ("first", "poison", "third"):
        await stack.write(note, text)
    await eventually(lambda: is_parked(stack, 2))
    applier = Applier(consumer=NOTES, db=stack.db, epoch=1)
    await discard_first(applier, str(note), by="r.okafor", because="wrong")
    await replay(applier, str(note), cells=stack.cells, bootstrap=stack.kafka)
    await stack.stop()
    await lose_the_topics(stack)
    async with stack.db.transaction() as conn:
        await conn.execute("DELETE FROM servicekit.outbox WHERE key <> $1", str(note))
    stack.relay()
    await republish_ledger(ground_of(stack, cells_file), progress=quiet)
    consumption = await stack.consume()
    await eventually(lambda: has_dealt_with(consumption.applier, 3))

    await a_rebuild(stack).run()

    assert await stack.texts(note) == ["first", "third"]
    async with stack.db.transaction() as conn:
        assert await parking.waiting(conn, "notes", str(note)) == []


async def test_nothing_goes_to_a_broker_that_lacks_what_was_sent(stack: Stack, written: list[UUID]) -> None:
    await lose_the_topics(stack)
    watch = BrokerWatch(db=stack.db, bootstrap=stack.kafka, stopping=stack.stopping)
    stack.tasks.append(asyncio.create_task(watch.run()))
    relay = stack.relay(is_ours=watch.is_ours)
    await stack.write(written[0], "new")
    await eventually(it_is_another)
    await eventually(lambda: is_elected(relay))
    assert not watch.is_ours()
    assert await stack.on_the_topic() == []

    async with stack.db.transaction() as conn:
        await republishing.begin(conn, await of_the_broker(stack.kafka), new_topics=False)
        await republishing.end(conn)

    await eventually(lambda: is_on_the_topic(stack, 1))


async def is_elected(relay: Relay) -> bool:
    return relay.elected


async def it_is_another() -> bool:
    return REGISTRY.get_sample_value("guildhall_broker_is_another") == 1


async def test_a_broker_that_is_replaced_while_we_work_ends_the_process(stack: Stack) -> None:
    names = ["ours"]

    async def which(_client: object) -> str:
        return names[-1]

    watch = BrokerWatch(db=stack.db, bootstrap=stack.kafka, stopping=stack.stopping, which=which)
    running = asyncio.create_task(watch.run())
    await eventually(lambda: says_it_is_ours(watch))
    names.append(LOST)

    with pytest.raises(AnotherBroker, match="run `republish`"):
        await running


async def says_it_is_ours(watch: BrokerWatch) -> bool:
    return watch.is_ours()


async def test_two_do_not_republish_at_once(stack: Stack, written: list[UUID], cells_file: Path) -> None:
    async with stack.db.pool.acquire() as guard:
        await republishing.claim(guard)

        with pytest.raises(republishing.RepublishRuns):
            await republish_ledger(ground_of(stack, cells_file), progress=quiet)

    async with stack.db.transaction() as conn:
        assert await ledger.waiting(conn) == (0, 0, False)


async def test_a_broker_that_is_away_is_said_and_nothing_is_done(
    stack: Stack, written: list[UUID], cells_file: Path, unused_tcp_port: int
) -> None:
    ground = ground_of(replace(stack, kafka=f"127.0.0.1:{unused_tcp_port}"), cells_file)

    with pytest.raises(KafkaError, match=r"bootstrap|connect"):
        await republish_ledger(ground, progress=quiet)

    async with stack.db.transaction() as conn:
        assert await ledger.waiting(conn) == (0, 0, False)
