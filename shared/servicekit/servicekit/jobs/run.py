"""What a handler is given: its chunks commit their effects and their progress together."""

import copy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from servicekit.crash_points import Point, reached
from servicekit.database import Conn, Database
from servicekit.jobs import store
from servicekit.jobs.model import Job, JobState


class Interrupted(Exception):
    """The process is about to end: the job goes on elsewhere, from its last chunk."""


class LeaseLost(Exception):
    """Somebody else works on the job by now: nothing more may be done here."""


class JobRun:
    """One attempt at a job.

    `state` is what the last chunk committed: a handler goes on from there, changes it inside the next chunk,
    and never repeats what it says is done. `done` and `total` are for show.
    """

    def __init__(self, db: Database, job: Job, lease: UUID, *, lease_seconds: float) -> None:
        self._db, self._lease, self._lease_seconds = db, lease, lease_seconds
        self.id = job.id
        self.parameters: dict[str, Any] = job.parameters
        self.input = job.input
        self.requested_by = job.requested_by
        self.attempt = job.attempt
        self.state: dict[str, Any] = job.resume
        """Where to go on; JSON values."""
        self.done = job.done
        self.total = job.total
        self.is_finished = False
        self.is_interrupted = False
        self._chunk: Conn | None = None
        self._report: dict[str, Any] | None = None

    @asynccontextmanager
    async def chunk(self) -> AsyncIterator[Conn]:
        """One transaction: the effects made through it commit with `state` and `done`, or none of them.

        Raises Interrupted and LeaseLost, which a handler lets pass.
        """
        if self.is_interrupted:
            raise Interrupted
        async with self._db.transaction() as conn:
            if not await store.hold(conn, self.id, self._lease):
                raise LeaseLost
            self._chunk = conn
            before = self.done, self.total, copy.deepcopy(self.state)
            try:
                yield conn
                await self._save(conn)
                reached(Point.JOB_CHUNK_WRITTEN if self._report is None else Point.JOB_BEFORE_FINISH)
            except BaseException:
                self.done, self.total, self.state = before
                self._report = None
                raise
            finally:
                self._chunk = None
        self.is_finished = self._report is not None
        reached(Point.JOB_AFTER_FINISH if self.is_finished else Point.JOB_BETWEEN_CHUNKS)

    async def progress(self, done: int, total: int | None = None) -> None:
        """Say how far it is: inside a chunk with the chunk, outside at once."""
        self.done, self.total = done, total if total is not None else self.total
        if self._chunk is None:
            async with self._db.transaction() as conn:
                if not await store.show(conn, self.id, self._lease, done=self.done, total=self.total):
                    raise LeaseLost

    async def finish(self, report: dict[str, Any]) -> None:
        """The job is done: inside a chunk with the chunk, outside at once. report: JSON values."""
        self._report = report
        if self._chunk is None:
            async with self.chunk():
                pass

    async def renew(self) -> bool:
        """Keep the lease. A chunk needs no renewal: it holds the job's row."""
        if self._chunk is not None:
            return True
        async with self._db.transaction() as conn:
            return await store.renew(conn, self.id, self._lease, seconds=self._lease_seconds)

    async def fail(self, message: str) -> None:
        """The job has failed for good. message: for the person who asked."""
        async with self._db.transaction() as conn:
            done, total = self.done, self.total
            await store.end(conn, self.id, self._lease, state=JobState.FAILED, done=done, total=total, message=message)

    async def give_back(self, *, counted: bool, seconds: float = 0.0) -> None:
        """Let it be begun again, in so many seconds."""
        async with self._db.transaction() as conn:
            await store.give_back(conn, self.id, self._lease, counted=counted, seconds=seconds)

    async def _save(self, conn: Conn) -> None:
        if self._report is None:
            held = await store.save(
                conn,
                self.id,
                self._lease,
                done=self.done,
                total=self.total,
                resume=self.state,
                seconds=self._lease_seconds,
            )
        else:
            held = await store.end(
                conn,
                self.id,
                self._lease,
                state=JobState.DONE,
                done=self.done,
                total=self.total,
                report=self._report,
            )
        if not held:
            raise LeaseLost
