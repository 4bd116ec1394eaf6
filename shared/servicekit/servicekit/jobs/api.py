"""What an endpoint shows of a job."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel

from servicekit.database import Conn
from servicekit.jobs import store
from servicekit.jobs.model import Job, JobState


class JobView(BaseModel):
    """How far a job is; `report` is there once it is done, `message` once it has failed."""

    id: UUID
    kind: str
    title: str
    state: JobState
    done: int
    total: int | None
    report: dict[str, Any] | None
    message: str | None
    created_at: datetime
    finished_at: datetime | None

    @classmethod
    def of(cls, job: Job) -> Self:
        return cls(
            id=job.id,
            kind=job.kind,
            title=job.title,
            state=job.state,
            done=job.done,
            total=job.total,
            report=job.report,
            message=job.message,
            created_at=job.created_at,
            finished_at=job.finished_at,
        )


async def view(conn: Conn, job_id: UUID) -> JobView:
    """The job, of the person in whose scope the transaction runs. Raises JobNotFound."""
    return JobView.of(await store.get(conn, job_id))
