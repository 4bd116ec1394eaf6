"""Jobs in the database; leases run on its clock, since they are about processes."""

from typing import Any
from uuid import UUID

import asyncpg
import orjson

from servicekit import clock
from servicekit.database import Conn
from servicekit.ids import new_id
from servicekit.jobs.model import Job, JobNotFound, JobState


async def request(
    conn: Conn, *, kind: str, title: str, parameters: dict[str, Any], requested_by: UUID, input: bytes = b""
) -> Job:
    """Queue a job in the caller's transaction; `work` begins it once that has committed.

    requested_by: the person in whose scope the transaction runs; nobody else can see the job.
    """
    job_id = new_id()
    await conn.execute(
        """
        INSERT INTO servicekit.jobs (id, kind, title, input, parameters, requested_by, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        job_id,
        kind,
        title,
        input,
        _written(parameters),
        requested_by,
        clock.now(),
    )
    return await get(conn, job_id)


async def get(conn: Conn, job_id: UUID) -> Job:
    """Raises JobNotFound, also where the job is somebody else's."""
    row = await conn.fetchrow(
        """
        SELECT id, kind, title, input, parameters, state, done, total, resume, report, message,
               requested_by, created_at, finished_at, attempt
          FROM servicekit.jobs
         WHERE id = $1
        """,
        job_id,
    )
    if row is None:
        raise JobNotFound(f"There is no job {job_id}.")
    return _job(row)


async def take(conn: Conn, kinds: list[str], lease: UUID, *, seconds: float) -> Job | None:
    """Lease the oldest job that nobody works on, or None."""
    row = await conn.fetchrow(
        """
        UPDATE servicekit.jobs
           SET state = 'running', lease = $2, attempt = attempt + 1,
               lease_until = clock_timestamp() + make_interval(secs => $3),
               started_at = coalesce(started_at, $4)
         WHERE id = (SELECT id
                       FROM servicekit.jobs
                      WHERE kind = ANY($1::text[]) AND state IN ('queued', 'running')
                        AND (lease_until IS NULL OR lease_until < clock_timestamp())
                      ORDER BY created_at, id
                        FOR UPDATE SKIP LOCKED
                      LIMIT 1)
        RETURNING id, kind, title, input, parameters, state, done, total, resume, report, message,
                  requested_by, created_at, finished_at, attempt
        """,
        kinds,
        lease,
        seconds,
        clock.now(),
    )
    return _job(row) if row else None


async def renew(conn: Conn, job_id: UUID, lease: UUID, *, seconds: float) -> bool:
    """False where the lease is somebody else's by now."""
    return await _changed(
        conn,
        """
        UPDATE servicekit.jobs
           SET lease_until = clock_timestamp() + make_interval(secs => $3)
         WHERE id = $1 AND lease = $2 AND state = 'running'
        """,
        job_id,
        lease,
        seconds,
    )


async def hold(conn: Conn, job_id: UUID, lease: UUID) -> bool:
    """Lock the job for this transaction; False where the lease is somebody else's by now."""
    row = await conn.fetchrow(
        "SELECT id FROM servicekit.jobs WHERE id = $1 AND lease = $2 AND state = 'running' FOR UPDATE",
        job_id,
        lease,
    )
    return row is not None


async def save(
    conn: Conn,
    job_id: UUID,
    lease: UUID,
    *,
    done: int,
    total: int | None,
    resume: dict[str, Any],
    seconds: float,
) -> bool:
    """Record how far it is; a step forward makes all attempts available again."""
    return await _changed(
        conn,
        """
        UPDATE servicekit.jobs
           SET done = $3, total = $4, resume = $5, attempt = 1,
               lease_until = clock_timestamp() + make_interval(secs => $6)
         WHERE id = $1 AND lease = $2 AND state = 'running'
        """,
        job_id,
        lease,
        done,
        total,
        _written(resume),
        seconds,
    )


async def show(conn: Conn, job_id: UUID, lease: UUID, *, done: int, total: int | None) -> bool:
    """Record how far it is, and nothing that a resumption would rely on."""
    return await _changed(
        conn,
        "UPDATE servicekit.jobs SET done = $3, total = $4 WHERE id = $1 AND lease = $2 AND state = 'running'",
        job_id,
        lease,
        done,
        total,
    )


async def end(
    conn: Conn,
    job_id: UUID,
    lease: UUID,
    *,
    state: JobState,
    done: int,
    total: int | None,
    report: dict[str, Any] | None = None,
    message: str | None = None,
) -> bool:
    """The job is over: its input goes, its report stays."""
    return await _changed(
        conn,
        """
        UPDATE servicekit.jobs
           SET state = $3, done = $4, total = $5, report = $6, message = $7, finished_at = $8,
               input = NULL, resume = '{}', lease = NULL, lease_until = NULL
         WHERE id = $1 AND lease = $2 AND state = 'running'
        """,
        job_id,
        lease,
        state,
        done,
        total,
        _written(report) if report is not None else None,
        message,
        clock.now(),
    )


async def give_back(conn: Conn, job_id: UUID, lease: UUID, *, counted: bool, seconds: float) -> bool:
    """Queue it again, for so many seconds from now; not `counted` where it was not the job's fault."""
    return await _changed(
        conn,
        """
        UPDATE servicekit.jobs
           SET state = 'queued', lease = NULL, attempt = attempt - $3,
               lease_until = clock_timestamp() + make_interval(secs => $4)
         WHERE id = $1 AND lease = $2 AND state = 'running'
        """,
        job_id,
        lease,
        0 if counted else 1,
        seconds,
    )


async def _changed(conn: Conn, statement: str, *arguments: Any) -> bool:
    return (await conn.execute(statement, *arguments)) == "UPDATE 1"


def _written(value: dict[str, Any]) -> str:
    return orjson.dumps(value).decode()


def _job(row: asyncpg.Record) -> Job:
    return Job(
        id=row["id"],
        kind=row["kind"],
        title=row["title"],
        input=row["input"] or b"",
        parameters=orjson.loads(row["parameters"]),
        state=JobState(row["state"]),
        done=row["done"],
        total=row["total"],
        resume=orjson.loads(row["resume"]),
        report=orjson.loads(row["report"]) if row["report"] is not None else None,
        message=row["message"],
        requested_by=row["requested_by"],
        created_at=row["created_at"],
        finished_at=row["finished_at"],
        attempt=row["attempt"],
    )
