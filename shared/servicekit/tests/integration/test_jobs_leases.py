"""One process works on a job at a time, and what it leaves is taken up by the next."""

import asyncio
import sys
from datetime import datetime, timedelta
from pathlib import Path

import asyncpg
import job_process
import pytest
from job_process import write_letter, write_letters
from letters import LETTERS, now, requested, runner, written

from servicekit import jobs
from servicekit.database import Database
from servicekit.ids import new_id
from servicekit.jobs import Job, JobRun, JobRunner
from servicekit.jobs.model import JobState
from servicekit.jobs.run import LeaseLost
from servicekit.testing import eventually
from servicekit.testing.databases import TestDatabase


@pytest.fixture(autouse=True)
async def _letters(notes: TestDatabase) -> None:
    """What a job of letters writes."""
    owner = await asyncpg.connect(notes.owner)
    await owner.execute("CREATE TABLE letters (letter text); GRANT ALL ON letters TO guildhall_worker")
    await owner.close()


@pytest.mark.parametrize("place", ["inside", "between"])
async def test_a_killed_process_is_resumed_and_nothing_is_doubled(
    notes: TestDatabase, api: Database, worker: Database, place: str
) -> None:
    job = await requested(api)

    killed = await killed_process(notes.worker, place)
    left = await now(worker, job)

    assert killed == -9
    assert (left.state, left.done) == (JobState.RUNNING, 2 if place == "inside" else 3)
    assert await eventually(runner(worker, write_letters).run_one)
    assert (await now(worker, job)).state is JobState.DONE
    assert await written(worker) == LETTERS


async def killed_process(dsn: str, place: str) -> int:
    process = await asyncio.create_subprocess_exec(sys.executable, str(Path(job_process.__file__)), dsn, "c", place)
    try:
        return await asyncio.wait_for(process.wait(), 30)
    finally:
        if process.returncode is None:
            process.kill()


async def test_effects_outside_the_chunk_are_doubled_by_a_resumption(api: Database, worker: Database) -> None:
    """The negative control: a handler that writes past its chunk, and dies before the chunk commits."""
    died = False

    async def beside(run: JobRun) -> None:
        nonlocal died
        for place in range(run.state.get("next", 0), len(LETTERS)):
            async with run.chunk():
                async with worker.transaction() as other:
                    await write_letter(other, LETTERS[place])
                run.state["next"] = place + 1
                if place == 2 and not died:
                    died = True
                    raise LookupError

    await requested(api)
    await runner(worker, beside).run_one()
    await runner(worker, beside).run_one()

    assert await written(worker) == "abccdef"


async def test_a_job_that_kills_its_process_each_time_is_given_up(api: Database, worker: Database) -> None:
    job = await requested(api)
    for _ in range(3):
        async with worker.transaction() as conn:
            assert await jobs.store.take(conn, ["letters"], new_id(), seconds=0.0)

    await runner(worker, write_letters).run_one()

    assert (await now(worker, job)).state is JobState.FAILED
    assert await written(worker) == ""


async def test_who_lost_the_lease_can_do_nothing_more(api: Database, worker: Database) -> None:
    resumed = asyncio.Event()
    outcomes: list[str] = []

    async def stalls(run: JobRun) -> None:
        await resumed.wait()
        try:
            async with run.chunk() as conn:
                await write_letter(conn, "z")
        except LeaseLost:
            outcomes.append("lost")
            raise

    job = await requested(api)
    slow = asyncio.create_task(runner(worker, stalls, lease_seconds=3600).run_one())
    await eventually(lambda: is_running(worker, job))
    async with worker.transaction() as conn:
        await conn.execute("UPDATE servicekit.jobs SET lease_until = clock_timestamp() - interval '1 s'")
    await runner(worker, write_letters).run_one()
    resumed.set()
    await slow

    assert outcomes == ["lost"]
    assert await written(worker) == LETTERS
    assert (await now(worker, job)).report == {"letters": 6}


async def is_running(db: Database, job: Job) -> bool:
    return (await now(db, job)).state is JobState.RUNNING


async def test_a_long_job_keeps_its_lease(api: Database, worker: Database) -> None:
    renewed = asyncio.Event()

    async def thinks(run: JobRun) -> None:
        await renewed.wait()

    job = await requested(api)
    work = asyncio.create_task(runner(worker, thinks, lease_seconds=0.3).run_one())
    await eventually(lambda: is_running(worker, job))
    first = await lease_of(worker, job)

    async def is_renewed() -> bool:
        return await lease_of(worker, job) > first + timedelta(seconds=0.6)

    await eventually(is_renewed)
    taken_by_another = await runner(worker, write_letters).run_one()
    renewed.set()
    await work

    assert taken_by_another is False
    assert (await now(worker, job)).state is JobState.DONE


async def lease_of(db: Database, job: Job) -> datetime:
    async with db.reading() as conn:
        lease: datetime = await conn.fetchval("SELECT lease_until FROM servicekit.jobs WHERE id = $1", job.id)
    return lease


async def test_told_to_stop_a_job_is_given_back_at_its_next_chunk(api: Database, worker: Database) -> None:
    stopping = asyncio.Event()

    async def is_told(run: JobRun) -> None:
        async with run.chunk() as conn:
            await write_letter(conn, "a")
            run.state["next"] = 1
            run.done = 1
            stopping.set()
        while True:
            async with run.chunk():
                await asyncio.sleep(0)

    job = await requested(api)
    await JobRunner(worker, {"letters": is_told}, stopping=stopping).run()

    left = await now(worker, job)
    assert (left.state, left.done, left.attempt) == (JobState.QUEUED, 1, 0)
    await runner(worker, write_letters).run_one()
    assert await written(worker) == LETTERS


async def test_told_to_stop_a_job_without_chunks_is_cut(
    api: Database, worker: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("servicekit.jobs.runner.GRACE_SECONDS", 0.05)
    stopping = asyncio.Event()

    async def never_ends(run: JobRun) -> None:
        stopping.set()
        await asyncio.Event().wait()

    job = await requested(api)
    await JobRunner(worker, {"letters": never_ends}, stopping=stopping).run()

    assert (await now(worker, job)).state is JobState.QUEUED


async def test_two_runners_share_the_work(api: Database, worker: Database) -> None:
    asked = [await requested(api) for _ in range(6)]

    async def drain(runner: JobRunner) -> int:
        count = 0
        while await runner.run_one():
            count += 1
        return count

    counts = await asyncio.gather(*(drain(runner(worker, write_letters)) for _ in range(2)))

    assert sum(counts) == len(asked)
    assert await written(worker) == "".join(sorted(LETTERS * 6))
