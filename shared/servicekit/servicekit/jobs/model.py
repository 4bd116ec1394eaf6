"""The rules of a job: what it is, and how often it is tried."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from servicekit.problem import NotFound

ATTEMPTS = 3
"""How often in a row a job is begun without completing a chunk before it is given up."""


class JobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class JobNotFound(NotFound):
    code = "job-not-found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    id: UUID
    kind: str
    title: str
    """For the person who asked for it."""
    input: bytes
    """Dropped when the job ends."""
    parameters: dict[str, Any]
    state: JobState
    done: int
    total: int | None
    resume: dict[str, Any]
    """Where to go on, committed with the effects of each chunk."""
    report: dict[str, Any] | None
    message: str | None
    """Why it failed, for the person who asked for it."""
    requested_by: UUID
    created_at: datetime
    finished_at: datetime | None
    attempt: int
    """How often it was begun since the last chunk that was completed."""

    @property
    def may_be_tried_again(self) -> bool:
        return self.attempt < ATTEMPTS

    @property
    def is_given_up(self) -> bool:
        """Begun too often: whoever worked on it did not live to say so."""
        return self.attempt > ATTEMPTS


def apology(job_id: UUID, done: int) -> str:
    """What is said of a mistake of ours, without saying what it was."""
    kept = f" What was done before stays: {done}." if done else ""
    return f"This did not work, through a mistake on our side; it is recorded as {job_id}.{kept}"
