"""What an agreement lets its partner read, and when. Pure: no I/O, no clock, no framework."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from servicekit.problem import Forbidden, Gone, NotFound


class NotBegun(Forbidden):
    code = "agreement-not-begun"
    title = "The agreement has not begun"


class Ended(Gone):
    code = "agreement-ended"
    title = "The agreement has ended"


FOR_NO_PARTNER = frozenset({"guildhall.analytics.report-ready.v1"})
"""Types whose data opens something for whoever holds it: given to nobody, whatever was agreed or consented to."""


ERASED = "guildhall.membership.person-erased.v1"
"""The type of the item that says that somebody is erased: whoever was given something about them is given it too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    agreement_id: UUID
    cell: str
    body: str = ""
    """The partner body's name."""
    issuer: str
    client_id: str
    fields: Mapping[str, Collection[str]]
    """Signal type to the fields of its data that may be received."""
    consent_needed: Collection[str] = ()
    """Types among them that are about persons, each of whom decides."""
    network_id: UUID | None = None
    """The network that made it; None where it was told of before that was kept."""
    starts_on: date
    ends_on: date
    """The last day that counts."""

    def given_of(self, type: str, data: Mapping[str, Any]) -> Collection[str]:
        """The fields of such data that are given now."""
        return data.keys() if type == ERASED else self.fields.get(type, ())

    def refuse_unless_live(self, *, today: date) -> None:
        if today < self.starts_on:
            raise NotBegun(f"This agreement begins on {in_words(self.starts_on)}; come back then.")
        if today > self.ends_on:
            raise Ended(f"This agreement ended on {in_words(self.ends_on)}; nothing is given out under it any more.")


def agreed(data: Mapping[str, Any], fields: Collection[str], *, harmless: Collection[str]) -> dict[str, Any]:
    """Only the agreed fields of a signal's data, and of those only what may be given at all."""
    return {name: value for name, value in data.items() if name in fields and name in harmless}


def proof(data: Mapping[str, Any], *, salt: str = "") -> str:
    """SHA-256, in hex, of the salt and the data as canonical JSON: names sorted, no spaces, UTF-8."""
    canonical = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256((salt + canonical).encode("utf-8")).hexdigest()


def nothing_here() -> NotFound:
    """The same words whether there is no such agreement, or it is somebody else's."""
    return NotFound("There is no agreement of yours with this id here.")


def in_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
