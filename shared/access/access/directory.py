"""Questions about networks and memberships that every service asks of the projection."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from servicekit.database import Conn
from servicekit.envelope import Origin
from servicekit.problem import Conflict


class NotYetKnown(Conflict):
    code = "not-yet-known"
    title = "This has not arrived here yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    network_id: UUID
    kind: str
    name: str
    path: str
    cell: str
    ods_code: str | None
    sector: str | None
    since: date
    until: date | None

    @property
    def origin(self) -> Origin:
        return Origin(self.cell, self.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownMembership:
    """One membership of a person; `networks` is its network and all above."""

    person_id: UUID
    membership_id: UUID
    network_id: UUID
    main: bool
    since: date
    until: date | None
    sector: str | None
    job_role: str | None
    networks: frozenset[UUID]
    path: str
    cell: str


async def networks(conn: Conn, ids: Sequence[UUID]) -> dict[UUID, Network]:
    """Those of the networks that are known here."""
    rows = await conn.fetch(
        """
        SELECT network_id, kind, name, path::text AS path, cell, ods_code, sector, since, until
          FROM access_networks
         WHERE network_id = ANY($1::uuid[])
        """,
        list(ids),
    )
    return {row["network_id"]: Network(**row) for row in rows}


async def network(conn: Conn, network_id: UUID) -> Network:
    """Raises NotYetKnown: what has not arrived is never "not there"."""
    found = await networks(conn, [network_id])
    if network_id not in found:
        raise NotYetKnown(f"The network {network_id} is not known here yet; ask again shortly.", retry_after=1)
    return found[network_id]


async def memberships_of(conn: Conn, people: Sequence[UUID]) -> dict[UUID, list[KnownMembership]]:
    """All memberships of these people, past ones too, that this transaction may see."""
    rows = await conn.fetch(
        """
        SELECT person_id, membership_id, network_id, main, since, until, sector, job_role, networks, path, cell
          FROM access.memberships_of($1::uuid[])
        """,
        list(people),
    )
    found: dict[UUID, list[KnownMembership]] = defaultdict(list)
    for row in rows:
        found[row["person_id"]].append(KnownMembership(**(dict(row) | {"networks": frozenset(row["networks"])})))
    return found
