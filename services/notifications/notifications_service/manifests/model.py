"""What a manifest says: from which to which position a stream's day went, and a digest of all of it. Pure.

The digest is SHA-256, in hex, of one line for each position, in order: `<position> <signal id> <sha256>` and a line
feed, where `sha256` is the item's own. An item that was taken back keeps its position, its id and its hash, so its
line stays what it was although nobody can tell any more what stood there.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    agreement_id: UUID
    day: date
    """In Europe/London."""
    first: int
    """One more than the last of the day before."""
    last: int
    """`first - 1` on a day without items."""
    digest: str

    @property
    def count(self) -> int:
        return self.last - self.first + 1

    def claims(self, *, issuer: str, at: datetime) -> dict[str, Any]:
        """What is signed."""
        return {
            "iss": issuer,
            "sub": str(self.agreement_id),
            "iat": int(at.timestamp()),
            "day": self.day.isoformat(),
            "first": self.first,
            "last": self.last,
            "count": self.count,
            "digest": self.digest,
        }


def end_of(day: date, zone: tzinfo) -> datetime:
    """The instant at which the day is over."""
    return datetime.combine(day + timedelta(days=1), time(0), zone)
