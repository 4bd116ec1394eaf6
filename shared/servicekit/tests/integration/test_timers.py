"""A timer has its effect once: when it is due, late rather than never, and whoever else is broken."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from bells import Bells, a_runner, a_timer, one_round, rings, set_timers

from servicekit import clock, timers
from servicekit.database import Conn, Database
from servicekit.outbox.relay import Stuck
from servicekit.testing import eventually
from servicekit.testing.databases import TestDatabase
from servicekit.timers import Timer, TimerRunner

PROCESS = Path(__file__).parents[1] / "support" / "bell_process.py"
NO_ELECTION = "SELECT true OR $1::bigint IS NULL"
NO_MARK = "SELECT true OR $1::text IS NULL OR $2::text IS NULL OR $3::timestamptz IS NULL"


@asynccontextmanager
async def running(*runners: TimerRunner) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(runner.run()) for runner in runners]
    try:
        yield
    finally:
        for runner in runners:
            runner.stopping.set()
        await asyncio.gather(*tasks)


def has_rung(db: Database, *names: str) -> Callable[[], Coroutine[Any, Any, bool]]:
    async def look() -> bool:
        return await rings(db) == sorted(names)

    return look


async def test_what_is_due_fires_once_and_what_is_not_waits(worker: Database, notes: TestDatabase) -> None:
    await set_timers(worker, a_timer("due"), a_timer("tomorrow", due=timedelta(days=1)), a_timer("never", due_at=None))
    runner = a_runner(worker, notes.worker, Bells())

    assert [await one_round(runner) for _ in range(3)] == [1, 0, 0]
    assert await rings(worker) == ["due"]


async def test_a_runner_wakes_up_at_the_next_instant(worker: Database, notes: TestDatabase) -> None:
    await set_timers(worker, a_timer("soon", due=timedelta(seconds=0.3)))

    async with running(a_runner(worker, notes.worker, Bells(), chance=lambda: 1.0)):
        await eventually(has_rung(worker, "soon"))

    async with worker.reading() as conn:
        late = await conn.fetchval("SELECT run.at - t.due_at FROM servicekit.timer_runs run JOIN timers t USING (name)")
    assert timedelta(0) <= late < timedelta(seconds=0.5)


async def test_missed_timers_are_caught_up_the_longest_due_first(worker: Database, notes: TestDatabase) -> None:
    bells = Bells()
    await set_timers(worker, *(a_timer(f"{n:03}", due=-timedelta(days=300 - n)) for n in range(250)))

    async with running(a_runner(worker, notes.worker, bells)):
        await eventually(has_rung(worker, *(f"{n:03}" for n in range(250))))

    assert bells.begun == [f"{n:03}" for n in range(250)]


async def test_a_timer_anchored_anew_fires_for_the_new_date_though_the_old_one_had(
    worker: Database, notes: TestDatabase
) -> None:
    runner = a_runner(worker, notes.worker, Bells())
    await set_timers(worker, a_timer("starts@1", subject="event"))
    await one_round(runner)

    await set_timers(worker, a_timer("starts@2", subject="event", version=2, due=timedelta(hours=1)))
    await one_round(runner)
    before = await rings(worker)
    await one_round(runner, now=clock.now() + timedelta(hours=2))

    assert before == ["starts@1"]
    assert await rings(worker) == ["starts@1", "starts@2"]


async def test_an_older_version_moves_no_timer(worker: Database, notes: TestDatabase) -> None:
    await set_timers(worker, a_timer("new", subject="event", version=2, due=timedelta(days=1)))
    await set_timers(worker, a_timer("old", subject="event", version=1))

    assert await one_round(a_runner(worker, notes.worker, Bells())) == 0


async def test_a_timer_that_is_moved_at_this_moment_does_not_fire_for_the_old_date(
    worker: Database, notes: TestDatabase
) -> None:
    await set_timers(worker, a_timer("starts@1", subject="event"))
    async with worker.transaction() as conn:
        await timers.keep(conn, [a_timer("starts@2", subject="event", version=2, due=timedelta(days=1))])
        firing = asyncio.create_task(one_round(a_runner(worker, notes.worker, Bells())))
        await eventually(lambda: waits_for_a_row(worker))
    await firing

    assert await rings(worker) == []


async def waits_for_a_row(db: Database) -> bool:
    async with db.reading() as conn:
        return bool(
            await conn.fetchval(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
        )


async def test_of_two_runners_only_one_acts(worker: Database, notes: TestDatabase) -> None:
    one, other = Bells("one"), Bells("other")
    await set_timers(worker, *(a_timer(f"{n}") for n in range(20)))

    async with running(a_runner(worker, notes.worker, one), a_runner(worker, notes.worker, other)):
        await eventually(has_rung(worker, *(f"{n}" for n in range(20))))

    assert sorted(map(len, (one.begun, other.begun))) == [0, 20]


async def both_try(worker: Database, dsn: str, mark: dict[str, str]) -> list[str]:
    """Two runners who do not know of each other take up the same timers, as when an election is lost unnoticed."""
    await set_timers(worker, *(a_timer(f"{n}") for n in range(20)))
    gate = asyncio.Barrier(2)

    class Together(TimerRunner):
        async def _try(self, timer: Timer, *, now: Any) -> None:
            await gate.wait()
            await super()._try(timer, now=now)

    runners = [
        Together(dsn=dsn, db=worker, handlers={"bell": Bells(name).ring}, election=NO_ELECTION, **mark)
        for name in ("one", "other")
    ]
    await asyncio.gather(*(one_round(runner) for runner in runners))
    return await rings(worker)


async def test_marks_hold_though_the_election_fails(worker: Database, notes: TestDatabase) -> None:
    assert len(await both_try(worker, notes.worker, {})) == 20


async def test_without_marks_and_election_timers_have_their_effect_twice(worker: Database, notes: TestDatabase) -> None:
    assert len(await both_try(worker, notes.worker, {"mark": NO_MARK})) == 40


async def test_a_killed_runner_has_done_nothing_and_another_takes_over(worker: Database, notes: TestDatabase) -> None:
    await set_timers(worker, a_timer("bell"))
    slow = await asyncio.create_subprocess_exec(
        sys.executable, str(PROCESS), notes.worker, "slow", stdout=asyncio.subprocess.PIPE
    )
    assert slow.stdout is not None
    async with asyncio.timeout(20):
        assert await slow.stdout.readline() == b"rung, not committed\n"
    async with running(a_runner(worker, notes.worker, Bells("heir"))):
        slow.send_signal(signal.SIGKILL)
        await slow.wait()
        await eventually(has_rung(worker, "bell"))

    async with worker.reading() as conn:
        assert await conn.fetchval("SELECT by FROM rings") == "heir"


async def test_a_fault_parks_its_own_timer_with_its_cause_and_delays_no_other(
    worker: Database, notes: TestDatabase
) -> None:
    bells = Bells(broken={"cracked"})
    runner = a_runner(worker, notes.worker, bells)
    await set_timers(worker, a_timer("cracked", due=timedelta(days=-1)), a_timer("whole"))

    await one_round(runner)
    after_one = await rings(worker)
    for later in (1, 2, 3):
        await one_round(runner, now=clock.now() + timedelta(minutes=later))

    assert after_one == await rings(worker) == ["whole"]
    assert bells.begun.count("cracked") == 3
    async with worker.reading() as conn:
        (parked,) = await timers.parked(conn)
    assert (parked.name, parked.tries, parked.cause) == ("cracked", 3, "ValueError: the bell is cracked")


async def test_a_parked_timer_that_is_tried_again_fires_once(worker: Database, notes: TestDatabase) -> None:
    bells = Bells(broken={"cracked"})
    runner = a_runner(worker, notes.worker, bells)
    await set_timers(worker, a_timer("cracked"))
    for later in range(4):
        await one_round(runner, now=clock.now() + timedelta(minutes=later))

    bells.broken.clear()
    async with worker.transaction() as conn:
        assert await timers.try_again(conn, "cracked", now=clock.now())
        assert not await timers.try_again(conn, "cracked", now=clock.now())
        assert not await timers.try_again(conn, "another", now=clock.now())
    await one_round(runner)
    await one_round(runner)

    assert await rings(worker) == ["cracked"]


async def test_a_handler_that_hangs_keeps_no_other_waiting(
    worker: Database, notes: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("servicekit.timers.runner.HANDLER_SECONDS", 0.2)
    bells = Bells()

    async def ring(conn: Conn, timer: Timer) -> None:
        await bells.ring(conn, timer)
        if timer.name == "hangs":
            await asyncio.Event().wait()

    await set_timers(worker, a_timer("hangs", due=timedelta(days=-1)), a_timer("goes"))
    runner = TimerRunner(dsn=notes.worker, db=worker, handlers={"bell": ring})
    await one_round(runner)

    assert await rings(worker) == ["goes"]


async def test_timers_of_other_kinds_are_left_alone(worker: Database, notes: TestDatabase) -> None:
    await set_timers(worker, a_timer("gong", kind="gong"))

    assert await one_round(a_runner(worker, notes.worker, Bells())) == 0


async def test_what_a_rebuild_makes_anew_does_not_fire_again(worker: Database, notes: TestDatabase) -> None:
    """Timers are the active epoch's; what became of them is nobody's copy, and stays."""
    runner = a_runner(worker, notes.worker, Bells())
    again, missed = a_timer("again"), a_timer("missed", due=timedelta(hours=1))
    await set_timers(worker, again, missed)
    await one_round(runner)

    async with worker.transaction() as conn:
        await conn.execute("SET LOCAL search_path TO projection_b, public")
        await timers.keep(conn, [again, missed])
        await conn.execute("UPDATE servicekit.projections SET active = 'b', epoch = 2")
    await one_round(runner, now=clock.now() + timedelta(hours=2))

    assert await rings(worker) == ["again", "missed"]


async def test_a_runner_that_is_stuck_ends_loudly(worker: Database, notes: TestDatabase) -> None:
    frozen = a_runner(worker, notes.worker, Bells())

    with pytest.raises(Stuck, match="nothing done"):
        await frozen.watch(stuck_after=0.2)


async def test_a_runner_that_has_nothing_to_do_is_not_stuck(worker: Database, notes: TestDatabase) -> None:
    runner = a_runner(worker, notes.worker, Bells())
    watching = asyncio.create_task(runner.watch(stuck_after=3.0))

    async with running(runner):
        begun = await eventually(lambda: progress_of(runner, 0.0))
        await eventually(lambda: progress_of(runner, begun + 1.5))

    await watching


async def progress_of(runner: TimerRunner, beyond: float) -> float:
    assert runner.last_progress > beyond
    return runner.last_progress
