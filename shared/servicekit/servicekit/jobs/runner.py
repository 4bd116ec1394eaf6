"""`work` takes the oldest job, holds it by a lease, and tries it three times."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from servicekit import metrics
from servicekit.crash_points import Point, reached
from servicekit.database import Database
from servicekit.faults import is_away, is_contention
from servicekit.ids import new_id
from servicekit.jobs import store
from servicekit.jobs.model import Job, apology
from servicekit.jobs.run import Interrupted, JobRun, LeaseLost
from servicekit.problem import Problem
from servicekit.rounds import wait

LEASE_SECONDS = 9.0
"""So long nobody else takes up what a dead process had in hand; a living one renews it every third of that."""
IDLE_SECONDS = 0.3
RETRY_SECONDS = 2.0
GRACE_SECONDS = 5.0
"""How long a job may take to come to the end of its chunk once the process is told to end."""

log = structlog.get_logger(__name__)

JobHandler = Callable[[JobRun], Awaitable[None]]


class JobRunner:
    """One job at a time; several processes may run one each."""

    def __init__(
        self,
        db: Database,
        handlers: Mapping[str, JobHandler],
        *,
        stopping: asyncio.Event | None = None,
        lease_seconds: float = LEASE_SECONDS,
        retry_seconds: float = RETRY_SECONDS,
    ) -> None:
        """handlers: by kind; jobs of other kinds are left alone."""
        self.db, self.handlers = db, handlers
        self.stopping = stopping or asyncio.Event()
        self.lease_seconds, self.retry_seconds = lease_seconds, retry_seconds
        for kind in handlers:
            metrics.JOBS.labels(kind, "failed")  # counted from 0: one that is born at 1 has never increased

    async def run(self) -> None:
        """Until told to stop. The database being away is waited for."""
        pause = IDLE_SECONDS
        while not self.stopping.is_set():
            try:
                worked = await self.run_one()
                pause = IDLE_SECONDS
            except Exception as error:
                if not is_away(error):
                    raise
                log.warning("jobs.database-unavailable", error=type(error).__name__)
                worked, pause = False, min(pause * 2, 5.0)
            if not worked:
                await wait(self.stopping, pause)

    async def run_one(self) -> bool:
        """Take one job and try it; False where there is none."""
        lease = new_id()
        async with self.db.transaction() as conn:
            job = await store.take(conn, list(self.handlers), lease, seconds=self.lease_seconds)
        if job is None:
            return False
        reached(Point.JOB_TAKEN)
        run = JobRun(self.db, job, lease, lease_seconds=self.lease_seconds)
        if job.is_given_up:
            log.error("job.given-up", job_id=str(job.id), kind=job.kind)
            await self._failed(job, run, apology(job.id, job.done))
        else:
            await self._attempt(job, run)
        return True

    async def _attempt(self, job: Job, run: JobRun) -> None:
        try:
            await self._handle(self.handlers[job.kind], run)
            if not run.is_finished:
                await run.finish({})
            metrics.JOBS.labels(job.kind, "done").inc()
        except Interrupted:
            await run.give_back(counted=False)
        except LeaseLost:
            log.warning("job.lease-lost", job_id=str(job.id), kind=job.kind)
        except Problem as refusal:
            await self._failed(job, run, refusal.detail)
        except Exception as error:
            if is_away(error) or is_contention(error):
                await run.give_back(counted=False, seconds=self.retry_seconds)
                return
            log.error("job.attempt-failed", job_id=str(job.id), kind=job.kind, attempt=job.attempt, exc_info=error)
            await self._retried(job, run)

    async def _retried(self, job: Job, run: JobRun) -> None:
        """As the database counts: a chunk completed in this attempt has made all attempts available again."""
        async with self.db.transaction() as conn:
            now = await store.get(conn, job.id)
        if now.may_be_tried_again:
            metrics.JOBS.labels(job.kind, "retried").inc()
            await run.give_back(counted=True, seconds=self.retry_seconds)
        else:
            await self._failed(job, run, apology(job.id, now.done))

    async def _failed(self, job: Job, run: JobRun, message: str) -> None:
        metrics.JOBS.labels(job.kind, "failed").inc()
        await run.fail(message)

    async def _handle(self, handler: JobHandler, run: JobRun) -> None:
        """The handler, while its lease is renewed beside it, and until the process is told to end."""
        work = asyncio.ensure_future(handler(run))
        keeper = asyncio.create_task(self._keep_lease(run))
        told = asyncio.create_task(self.stopping.wait())
        try:
            await asyncio.wait({work, keeper, told}, return_when=asyncio.FIRST_COMPLETED)
            if told.done() and not work.done():
                run.is_interrupted = True
                await asyncio.wait({work}, timeout=GRACE_SECONDS)
            if work.done():
                await work
            elif told.done():
                raise Interrupted
            else:
                keeper.result()
        finally:
            for task in (work, keeper, told):
                task.cancel()
            await asyncio.wait({work, keeper, told})

    async def _keep_lease(self, run: JobRun) -> None:
        """Ends only by raising: LeaseLost, or what keeps the database away."""
        while True:
            await asyncio.sleep(self.lease_seconds / 3)
            if not await run.renew():
                raise LeaseLost
