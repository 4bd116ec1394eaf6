"""What an export is: a table as it was when it was asked for, and the right that it was given by."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from servicekit.problem import Conflict, Gone

KEPT_FOR = timedelta(days=7)
MOST_AT_A_TIME = 20
"""Exports of one person that are queued, or whose file is still kept."""


class FileFormat(StrEnum):
    CSV = "csv"
    PARQUET = "parquet"


MEDIA_TYPES = {FileFormat.CSV: "text/csv; charset=utf-8", FileFormat.PARQUET: "application/vnd.apache.parquet"}


class TooManyExports(Conflict):
    code = "too-many-exports"
    title = "You have too many exports"


class NotMadeYet(Conflict):
    code = "export-not-made"
    title = "This export is not made yet"


class NoLongerKept(Gone):
    code = "export-gone"
    title = "This export is no longer kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """The right by which it was made: whoever has lost it since gets the file no longer."""

    cell: str
    network_id: UUID
    action: str
    exact: bool
    """Whether figures are exact, so that the action is needed at the network; else any grant will do."""

    def written(self) -> dict[str, Any]:
        return {"cell": self.cell, "network_id": str(self.network_id), "action": self.action, "exact": self.exact}

    @classmethod
    def read(cls, written: dict[str, Any]) -> "Grounds":
        return cls(
            cell=written["cell"],
            network_id=UUID(written["network_id"]),
            action=written["action"],
            exact=written["exact"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportFile:
    export_id: UUID
    person_id: UUID
    grounds: Grounds
    name: str
    media_type: str
    content: bytes
    made_at: datetime

    @property
    def expires_at(self) -> datetime:
        return self.made_at + KEPT_FOR
