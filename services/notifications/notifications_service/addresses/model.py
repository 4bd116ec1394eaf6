"""The rules of addresses: known by a keyed hash only, and how many mails may come back before none is sent."""

import hashlib
import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

SOFT_BOUNCES, SOFT_DAYS = 5, timedelta(days=14)
"""So many mails that come back for passing reasons within so many days suppress the address as well."""
PURPOSE = b"guildhall address\n"


class State(StrEnum):
    SUPPRESSED = "suppressed"
    CONFIRMED = "confirmed"


class Reason(StrEnum):
    HARD_BOUNCE = "hard-bounce"
    SOFT_BOUNCES = "soft-bounces"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How one address of one person stands; an address of which nothing is known is as good as any."""

    person_id: UUID
    address: str
    version: int
    state: str
    reason: str | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Hashes:
    """How addresses are named in tables and signals. All deployments share the keys; the first is used."""

    current: str
    by_id: Mapping[str, bytes]

    def of(self, address: str) -> str:
        return self._under(self.current, address)

    def every(self, address: str) -> list[str]:
        """Under every key that holds: what was written before a rotation is found as well."""
        return [self._under(name, address) for name in self.by_id]

    def names(self, address: str, among: Collection[str]) -> bool:
        """Whether the address is one of these."""
        return bool(among) and any(one in among for one in self.every(address))

    def _under(self, name: str, address: str) -> str:
        digest = hmac.new(self.by_id[name], PURPOSE + address.strip().lower().encode(), hashlib.sha256)
        return f"{name}:{digest.hexdigest()}"
