"""A network beside its peers: published figures alone, its own among them, so that like is compared with like."""

from collections.abc import Sequence
from datetime import date
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel

from analytics_service.counting.model import Network
from analytics_service.disclosure.model import percentage
from analytics_service.reports.peers_store import PeerRow
from analytics_service.reports.table import AS_THEN
from analytics_service.reports.views import NetworkView, in_words

Among = Literal["region", "sector"]


class PeerView(BaseModel):
    network: NetworkView
    is_own: bool
    """Whether this is the network that was asked about."""
    members: int | None
    active: int | None
    active_of_members: float | None
    trusts: int
    trusts_with_members: int
    coverage: float | None
    suppressed: list[str]

    @classmethod
    def of(cls, peer: PeerRow, own: UUID) -> Self:
        figures = {"members": peer.members, "active": peer.active}
        return cls(
            network=NetworkView(id=peer.network_id, name=peer.name, kind=peer.kind),
            is_own=peer.network_id == own,
            members=peer.members,
            active=peer.active,
            active_of_members=percentage(peer.active, peer.members),
            trusts=peer.trusts,
            trusts_with_members=peer.trusts_with_members,
            coverage=percentage(peer.trusts_with_members, peer.trusts),
            suppressed=[name for name, figure in figures.items() if figure is None],
        )


class PeersReport(BaseModel):
    """Figures as they were published for one day; regions as the national network published them."""

    title: str
    dimensions: list[str] = ["network"]
    measures: list[str] = ["members", "active", "active_of_members", "trusts", "trusts_with_members", "coverage"]
    network: NetworkView
    among: str
    """What the networks have in common, in words."""
    day: date
    as_of: Literal["then"] = "then"
    explanation: str = AS_THEN
    exact: bool = False
    rows: list[PeerView]
    suppressed: bool

    @classmethod
    def of(cls, network: Network, among: str, day: date, peers: Sequence[PeerRow]) -> Self:
        rows = [PeerView.of(peer, network.network_id) for peer in peers]
        return cls(
            title=f"{network.name} and {among} on {in_words(day)}",
            network=NetworkView.of(network),
            among=among,
            day=day,
            rows=rows,
            suppressed=any(row.suppressed for row in rows),
        )
