"""A job is carried out once, chunk by chunk, whatever happens to the process that works on it."""

import asyncio
from uuid import UUID

import asyncpg
import pytest
from job_process import write_letter, write_letters
from letters import LETTERS, Somebody, now, requested, runner, written

from servicekit import jobs, metrics
from servicekit.database import Database
from servicekit.ids import new_id
from servicekit.jobs import JobRun
from servicekit.jobs.model import JobNotFound, JobState
from servicekit.jobs.runner import JobRunner
from servicekit.problem import Invalid
from servicekit.testing import eventually
from servicekit.testing.databases import TestDatabase


@pytest.fixture(autouse=True)
async def _letters(notes: TestDatabase) -> None:
    """What a job of letters writes."""
    owner = await asyncpg.connect(notes.owner)
    await owner.execute("CREATE TABLE letters (letter text); GRANT ALL ON letters TO guildhall_worker")
    await owner.close()


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


async def test_the_first_failure_of_a_kind_is_an_increase(worker: Database) -> None:
    """A series that is born at 1 has never increased, and no alert would see it."""

    def failed() -> float | None:
        return metrics.REGISTRY.get_sample_value("guildhall_jobs_total", {"kind": "shred-letters", "state": "failed"})

    async def shred(run: JobRun) -> None:
        raise AssertionError("nobody asks for it")

    assert failed() is None
    JobRunner(worker, {"shred-letters": shred})

    assert failed() == 0


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
