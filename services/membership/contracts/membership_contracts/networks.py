"""Networks: nodes of one tree, each on the cell that it belongs to; a trust that moves to another region changes it."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from servicekit.contract import Content, Fact, Signal


class NetworkState(Signal):
    """A network as it now is, whole; consumers keep the highest version."""

    network_id: Fact[UUID]
    kind: Fact[str]
    """national, region, trust or group; an open list."""
    name: Content[str]
    path: Fact[str]
    """Its ltree path from today on, such as `national.midlands.rwp`."""
    cell: Fact[str]
    ods_code: Fact[str | None] = None
    sector: Fact[str | None] = None
    since: Fact[date]
    until: Fact[date | None] = None
    """The last day that counts, where it has closed or is known to close."""
    successor_id: Fact[UUID | None] = None

    @property
    def key(self) -> str:
        return str(self.network_id)


class NetworkFounded(NetworkState):
    """A network exists; sent once."""

    type: ClassVar[str] = "guildhall.membership.network-founded.v1"


class NetworkChanged(NetworkState):
    """Its name, path or sector is another from now on."""

    type: ClassVar[str] = "guildhall.membership.network-changed.v1"


class NetworkClosed(NetworkState):
    """It has a last day; the successor, where there is one, is named."""

    type: ClassVar[str] = "guildhall.membership.network-closed.v1"
