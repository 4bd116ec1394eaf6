"""A job is carried out once, chunk by chunk, whatever happens to the process that works on it."""

import asyncio
import sys
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import job_process
import pytest
from job_process import write_letter, write_letters

from servicekit import jobs
from servicekit.database import Database
from servicekit.ids import new_id
from servicekit.jobs import Job, JobHandler, JobRun, JobRunner
from servicekit.jobs.model import JobNotFound, JobState
from servicekit.jobs.run import LeaseLost
from servicekit.problem import Invalid
from servicekit.testing import eventually
from servicekit.testing.databases import TestDatabase

LETTERS = "abcdef"


@dataclass(frozen=True)
class Somebody:
    person_id: UUID
    identity: str = "somebody"
    email: str | None = None
    scopes: tuple[str, ...] = ()


@pytest.fixture(autouse=True)
async def _letters(notes: TestDatabase) -> None:
    """What a job of letters writes."""
    owner = await asyncpg.connect(notes.owner)
    await owner.execute("CREATE TABLE letters (letter text); GRANT ALL ON letters TO guildhall_worker")
    await owner.close()


async def requested(api: Database, person: UUID | None = None, *, kind: str = "letters") -> Job:
    person = person or new_id()
    async with api.transaction(Somebody(person)) as conn:
        return await jobs.request(
            conn,
            kind=kind,
            title="Letters",
            parameters={"dry": False},
            input=LETTERS.encode(),
            requested_by=person,
        )


async def now(db: Database, job: Job) -> Job:
    async with db.reading() as conn:
        return await jobs.store.get(conn, job.id)


async def written(db: Database) -> str:
    async with db.reading() as conn:
        return "".join(sorted(row["letter"] for row in await conn.fetch("SELECT letter FROM letters")))


def runner(db: Database, handler: JobHandler, **options: float) -> JobRunner:
    return JobRunner(db, {"letters": handler}, **({"retry_seconds": 0.0} | options))


async def test_a_job_is_done_and_its_report_stays_while_its_input_goes(api: Database, worker: Database) -> None:
    job = await requested(api)
    assert job.state is JobState.QUEUED

    assert await runner(worker, write_letters).run_one() is True

    done = await now(worker, job)
    assert (done.state, done.done, done.total, done.report) == (JobState.DONE, 6, 6, {"letters": 6})
    assert (done.input, done.message) == (b"", None)
    assert done.finished_at is not None
    assert await written(worker) == LETTERS
    assert await runner(worker, write_letters).run_one() is False


async def test_a_handler_sees_what_was_asked_for(api: Database, worker: Database) -> None:
    seen: list[tuple[object, ...]] = []

    async def look(run: JobRun) -> None:
        seen.append((run.id, run.parameters, run.input, run.requested_by, run.attempt, run.state))

    job = await requested(api)
    await runner(worker, look).run_one()

    assert seen == [(job.id, {"dry": False}, LETTERS.encode(), job.requested_by, 1, {})]
    assert (await now(worker, job)).report == {}


async def test_whoever_asked_sees_the_job_and_nobody_else(api: Database, worker: Database) -> None:
    person = new_id()
    job = await requested(api, person)

    async with api.reading(Somebody(person)) as conn:
        shown = await jobs.view(conn, job.id)
    async with api.reading(Somebody(new_id())) as conn:
        with pytest.raises(JobNotFound):
            await jobs.view(conn, job.id)

    assert shown.model_dump(mode="json") | {"created_at": ""} == {
        "id": str(job.id),
        "kind": "letters",
        "title": "Letters",
        "state": "queued",
        "done": 0,
        "total": None,
        "report": None,
        "message": None,
        "created_at": "",
        "finished_at": None,
    }


async def test_nobody_asks_in_another_persons_name(api: Database) -> None:
    async with api.transaction(Somebody(new_id())) as conn:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await jobs.request(conn, kind="letters", title="x", parameters={}, requested_by=new_id())


async def test_a_request_that_rolls_back_leaves_no_job(api: Database, worker: Database) -> None:
    async def ask() -> None:
        person = new_id()
        async with api.transaction(Somebody(person)) as conn:
            await jobs.request(conn, kind="letters", title="x", parameters={}, requested_by=person)
            raise LookupError

    with pytest.raises(LookupError):
        await ask()

    assert await runner(worker, write_letters).run_one() is False


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


async def test_what_a_failed_chunk_changed_in_memory_is_taken_back(api: Database, worker: Database) -> None:
    async def tries_once_more(run: JobRun) -> None:
        for turn in range(2):
            try:
                async with run.chunk() as conn:
                    await write_letter(conn, "a")
                    run.done += 1
                    run.state["turn"] = turn
                    if turn == 0:
                        raise LookupError
            except LookupError:
                assert (run.done, run.state) == (0, {})

    job = await requested(api)
    await runner(worker, tries_once_more).run_one()

    assert (await now(worker, job)).done == 1
    assert await written(worker) == "a"


async def test_three_attempts_then_it_has_failed_and_says_so_without_insides(api: Database, worker: Database) -> None:
    attempts: list[int] = []

    async def fails(run: JobRun) -> None:
        attempts.append(run.attempt)
        raise LookupError("philippa.canary@trust.example")

    job = await requested(api)
    for _ in range(3):
        assert await runner(worker, fails).run_one()

    failed = await now(worker, job)
    assert attempts == [1, 2, 3]
    assert failed.state is JobState.FAILED
    assert failed.message == f"This did not work, through a mistake on our side; it is recorded as {job.id}."
    assert failed.input == b""
    assert await runner(worker, fails).run_one() is False


async def test_a_step_forward_makes_all_attempts_available_again(api: Database, worker: Database) -> None:
    attempts: list[tuple[int, int]] = []

    async def stumbles(run: JobRun) -> None:
        attempts.append((run.state.get("next", 0), run.attempt))
        async with run.chunk():
            run.state["next"] = run.state.get("next", 0) + 1
            run.done += 1
        if run.state["next"] < 5:
            raise LookupError

    job = await requested(api)
    for _ in range(5):
        await runner(worker, stumbles).run_one()

    assert (await now(worker, job)).state is JobState.DONE
    assert attempts == [(0, 1), (1, 2), (2, 2), (3, 2), (4, 2)]


async def test_a_refusal_is_told_in_its_own_words_and_not_tried_again(api: Database, worker: Database) -> None:
    async def refuses(run: JobRun) -> None:
        raise Invalid("Row 3, column trust: expected an ODS code, not 'Mars'.")

    job = await requested(api)
    await runner(worker, refuses).run_one()

    failed = await now(worker, job)
    assert (failed.state, failed.message) == (
        JobState.FAILED,
        "Row 3, column trust: expected an ODS code, not 'Mars'.",
    )


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


async def test_the_oldest_comes_first_and_other_kinds_are_left_alone(api: Database, worker: Database) -> None:
    order: list[UUID] = []

    async def note(run: JobRun) -> None:
        order.append(run.id)

    other = await requested(api, kind="sums")
    first, second = await requested(api), await requested(api)
    for _ in range(3):
        await runner(worker, note).run_one()

    assert order == [first.id, second.id]
    assert (await now(worker, other)).state is JobState.QUEUED


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


async def test_progress_is_seen_while_the_job_runs(api: Database, worker: Database) -> None:
    going_on = asyncio.Event()

    async def counts(run: JobRun) -> None:
        await run.progress(2, 4)
        await going_on.wait()

    job = await requested(api)
    work = asyncio.create_task(runner(worker, counts).run_one())

    async def is_half_done() -> bool:
        half = await now(worker, job)
        return (half.done, half.total) == (2, 4)

    assert await eventually(is_half_done)
    going_on.set()
    await work
