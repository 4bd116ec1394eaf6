"""Jobs of letters, for tests: asked for, looked at, run."""

from dataclasses import dataclass
from uuid import UUID

from servicekit import jobs
from servicekit.database import Database
from servicekit.ids import new_id
from servicekit.jobs import Job, JobHandler, JobRunner

LETTERS = "abcdef"


@dataclass(frozen=True)
class Somebody:
    person_id: UUID
    identity: str = "somebody"
    email: str | None = None
    scopes: tuple[str, ...] = ()


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


def runner(db: Database, handler: JobHandler, *, lease_seconds: float = 30.0) -> JobRunner:
    return JobRunner(db, {"letters": handler}, lease_seconds=lease_seconds, retry_seconds=0.0)
