"""What somebody has to be told of is told: each alert fires out of a fault that is really there, and not before."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import asyncpg
from alarms import Scrape, fires, scraped, scraped_from
from bells import Bells, a_runner, a_timer, one_round, set_timers
from letters import now as as_it_is
from letters import requested
from letters import runner as job_runner
from notes_process import Work, environment
from notes_service import NOTES, SCHEMA, NoteWritten
from notes_stack import MIDLANDS, Stack, has, progressed
from rig.proxy import Fault, Way

from servicekit import clock, metrics
from servicekit.broker import BrokerWatch
from servicekit.database import Database
from servicekit.ids import new_id
from servicekit.jobs import JobRun
from servicekit.jobs.model import JobState
from servicekit.outbox import ledger, publish
from servicekit.outbox.relay import ELECTION_LOCK, Relay
from servicekit.status import gather
from servicekit.status.measuring import expose
from servicekit.testing import eventually
from servicekit.testing.databases import TestDatabase


async def measured(stack: Stack, db: Database | None = None, *, broker: str = "") -> Scrape:
    """As `work` measures every ten seconds."""
    expose(await gather(db or stack.db, "notes", SCHEMA, [NOTES], cells=stack.cells, bootstrap=broker or stack.kafka))
    return scraped("notes")


async def write_many(stack: Stack, count: int) -> None:
    async with stack.db.transaction() as conn:
        await publish(conn, *(NoteWritten(version=1, note_id=new_id(), text="x") for _ in range(count)), at=MIDLANDS)


async def hold(stack: Stack, *, held: bool) -> None:
    async with stack.db.transaction() as conn:
        await ledger.hold(conn, held=held)


async def are_counted(count: int) -> bool:
    return metrics.REGISTRY.get_sample_value("guildhall_outbox_unsent") == count


@asynccontextmanager
async def later(by: timedelta) -> AsyncIterator[None]:
    clock.move(by)
    try:
        yield
    finally:
        clock.move(-by)


async def test_signals_that_wait_then_are_late_then_are_far_ahead_of_who_reads(stack: Stack) -> None:
    relay = stack.relay()
    await eventually(lambda: progressed(relay))
    before = await measured(stack)
    await hold(stack, held=True)
    await write_many(stack, 5001)
    await eventually(lambda: are_counted(5001))

    async with later(timedelta(seconds=61)):
        waiting = await measured(stack)
    await hold(stack, held=False)
    await eventually(lambda: are_counted(0), within=20)
    ahead = await measured(stack)

    assert fires("SignalsWait", before, waiting) == [{"service": "notes"}]
    assert fires("SignalsLate", before, waiting) == [{"service": "notes"}]
    assert fires("ConsumerBehind", waiting, ahead) == [{"service": "notes", "consumer": "notes"}]


async def has_looked(relay: Relay) -> bool:
    return relay.last_progress > 0


async def test_nobody_relays_where_somebody_who_is_gone_still_holds_the_lock(stack: Stack) -> None:
    relay = stack.relay()
    await eventually(lambda: progressed(relay))
    before = scraped("notes")
    await stack.stop()
    gone = await asyncpg.connect(stack.notes.worker)
    try:
        await gone.execute("SELECT pg_advisory_lock($1)", ELECTION_LOCK)
        other = stack.relay()
        await eventually(lambda: has_looked(other))

        after = scraped("notes")
    finally:
        await gone.close()

    assert fires("NobodyRelays", before, after) == [{"service": "notes"}]


async def test_a_subject_that_is_parked_is_told_of(stack: Stack) -> None:
    stack.relay()
    await stack.consume()
    fine, poisoned = new_id(), new_id()
    await stack.write(fine, "x")
    await eventually(lambda: has(stack, fine, 1))
    before = await measured(stack)

    await stack.write(poisoned, "poison")
    await stack.write(fine, "y")
    await eventually(lambda: has(stack, fine, 2))

    assert fires("SubjectsParked", before, await measured(stack)) == [{"service": "notes", "consumer": "notes"}]


async def test_a_timer_that_is_given_up_is_told_of(worker: Database, notes: TestDatabase) -> None:
    runner = a_runner(worker, notes.worker, Bells(broken={"cracked"}))
    await one_round(runner)
    before = scraped("notes")
    await set_timers(worker, a_timer("cracked"))

    now = clock.now()
    for days in range(30):
        await one_round(runner, now=now + timedelta(days=days))

    assert fires("TimersParked", before, scraped("notes")) == [{"service": "notes"}]


async def never_sent(_run: JobRun) -> None:
    raise ValueError("no letter can be written")


async def test_a_job_that_fails_is_told_of(api: Database, worker: Database) -> None:
    runner = job_runner(worker, never_sent)
    before = scraped("notes")
    job = await requested(api)

    async def has_failed() -> bool:
        await runner.run_one()
        return (await as_it_is(worker, job)).state is JobState.FAILED

    await eventually(has_failed)

    assert fires("JobsFail", before, scraped("notes")) == [{"service": "notes", "kind": "letters"}]


async def test_a_database_and_a_broker_that_do_not_answer_are_told_of(
    stack: Stack, unused_tcp_port_factory: Callable[[], int]
) -> None:
    far = Way(target=int(stack.notes.worker.rpartition(":")[2].partition("/")[0]))
    port = unused_tcp_port_factory()
    server = await far.serve(port)
    db = await Database.open(stack.notes.worker.replace(f":{far.target}/", f":{port}/"), size=2)
    try:
        before = await measured(stack, db)
        without_broker = await measured(stack, db, broker=f"127.0.0.1:{unused_tcp_port_factory()}")
        healed = await measured(stack, db)
        far.become(Fault(refuse=True))
        far.reset()
        without_database = await measured(stack, db)
        far.become(Fault())
        await measured(stack)  # all is well, and said to be: the next test asks the same figures
    finally:
        await db.close()
        server.close()

    assert fires("DependencyAway", before, without_broker) == [{"service": "notes", "dependency": "broker"}]
    assert fires("DependencyAway", healed, without_database) == [{"service": "notes", "dependency": "database"}]


async def test_a_broker_that_lacks_what_was_sent_is_told_of(stack: Stack) -> None:
    async def another(_client: object) -> str:
        return "another-cluster"

    async def it_is_told() -> bool:
        return metrics.REGISTRY.get_sample_value("guildhall_broker_is_another") == 1

    ours = BrokerWatch(db=stack.db, bootstrap=stack.kafka, stopping=asyncio.Event())

    async def it_is_ours() -> bool:
        return ours.is_ours()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(ours.run())
        await eventually(it_is_ours)
        before = scraped("notes")
        ours.stopping.set()
    async with asyncio.TaskGroup() as tasks:
        replaced = BrokerWatch(db=stack.db, bootstrap=stack.kafka, stopping=asyncio.Event(), which=another)
        tasks.create_task(replaced.run())
        await eventually(it_is_told)
        replaced.stopping.set()

    assert fires("BrokerLost", before, scraped("notes")) == [{"service": "notes"}]


async def test_a_process_that_is_gone_is_told_of(stack: Stack, cells_file: Path, unused_tcp_port: int) -> None:
    told = environment(stack.notes, stack.kafka, stack.cells, cells_file, unused_tcp_port) | {"CELLS": "midlands"}
    work = Work(told, unused_tcp_port)
    url = f"http://127.0.0.1:{unused_tcp_port}"
    try:
        await work.start()
        await eventually(work.ready, within=60)
        before = await scraped_from(url, "notes")
    finally:
        await work.kill()

    fired = fires("ProcessGone", before, await scraped_from(url, "notes"))

    assert fired == [{"service": "notes", "job": "work", "instance": "notes-work"}]
