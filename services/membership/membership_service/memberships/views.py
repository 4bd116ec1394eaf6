"""A membership as it is shown, to its person and to leads."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Self
from uuid import UUID

from pydantic import BaseModel


class MembershipView(BaseModel):
    id: UUID
    person_id: UUID
    network_id: UUID
    network: str
    """The network's name."""
    path: str
    cell: str
    organisation: str | None
    """The employer's name."""
    ods_code: str | None
    main: bool
    since: date
    until: date | None
    """The last day that counts."""
    job_role: str | None
    sector: str | None
    described_from: date
    version: int

    @classmethod
    def of(cls, shown: Mapping[str, Any]) -> Self:
        return cls.model_validate(dict(shown))
