"""The rules of networks: one tree, ids that two foundings agree on, cells that never change."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid5

from servicekit.problem import Conflict, NotFound

NAMESPACE = UUID("5d3a0f2e-6b0b-5c19-9d55-0d1f6a7c2b41")
"""Networks are named in it by ODS code, so that one code is one network wherever it is founded."""

NATIONAL_PATH = "national"
BEGINNING = date(1948, 7, 5)
"""First day of the national and the regional networks, and of trusts whose opening no source gives."""


class NetworkNotFound(NotFound):
    code = "network-not-found"


class NetworkNotOpen(Conflict):
    code = "network-not-open"
    title = "The network does not exist on that day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    id: UUID
    kind: str
    """national, region, trust or group."""
    name: str
    path: str
    cell: str
    ods_code: str | None = None
    sector: str | None = None
    since: date
    until: date | None = None
    """The last day that counts."""
    successor_id: UUID | None = None
    version: int = 1

    def covers(self, path: str) -> bool:
        """Whether the network at this path is this one, or below it."""
        return path == self.path or path.startswith(self.path + ".")

    def check_open(self, since: date, until: date | None) -> None:
        """Raises NetworkNotOpen where these days begin before the network's, or end after them."""
        if since < self.since:
            raise NetworkNotOpen(f"{self.name} began on {self.since}, which is after {since}.")
        if self.until is not None and (until is None or until > self.until):
            raise NetworkNotOpen(f"{self.name} ends on {self.until}: nobody is a member after that day.")


def network_id(code: str) -> UUID:
    """The id of the network with this ODS code; `national` is the national network's."""
    return uuid5(NAMESPACE, code)


def national() -> Network:
    """The root of the tree."""
    return Network(
        id=network_id(NATIONAL_PATH),
        kind="national",
        name="National network",
        path=NATIONAL_PATH,
        cell="national",
        since=BEGINNING,
    )
