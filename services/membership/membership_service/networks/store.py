"""Networks in the database. They are public: no policy hides one."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from asyncpg import Record

from membership_service.networks.model import Network, NetworkNotFound
from servicekit.database import Conn

FOUNDING_LOCK = 0x666F756E64  # "found": two foundings never run side by side


async def hold_founding(conn: Conn) -> None:
    """Wait until no other founding is under way, and keep others out until this transaction ends."""
    await conn.execute("SELECT pg_advisory_xact_lock($1)", FOUNDING_LOCK)


async def lock_all(conn: Conn) -> None:
    await conn.execute("SELECT FROM networks ORDER BY id FOR UPDATE")


async def get(conn: Conn, network_id: UUID) -> Network:
    """Raises NetworkNotFound."""
    [network] = (await get_many(conn, [network_id])).values()
    return network


async def get_many(conn: Conn, ids: Sequence[UUID]) -> dict[UUID, Network]:
    """Raises NetworkNotFound, naming the first that is not there."""
    rows = await conn.fetch(
        """
        SELECT id, kind, name, path::text AS path, cell, ods_code, sector, since, until, successor_id, version
          FROM networks
         WHERE id = ANY($1::uuid[])
        """,
        list(set(ids)),
    )
    found = {row["id"]: _network(row) for row in rows}
    for network_id in ids:
        if network_id not in found:
            raise NetworkNotFound(f"There is no network {network_id}.")
    return found


async def hold(conn: Conn, network_id: UUID) -> Network:
    """The network, which cannot be closed until this transaction ends. Raises NetworkNotFound."""
    await conn.execute("SELECT FROM networks WHERE id = $1 FOR SHARE", network_id)
    return await get(conn, network_id)


async def everything(conn: Conn) -> dict[UUID, Network]:
    rows = await conn.fetch(
        """
        SELECT id, kind, name, path::text AS path, cell, ods_code, sector, since, until, successor_id, version
          FROM networks
        """
    )
    return {row["id"]: _network(row) for row in rows}


async def page(
    conn: Conn, *, kind: str | None, q: str | None, region: str | None, after: str | None, limit: int
) -> list[Network]:
    """In the order of their paths. q: part of the name, or an ODS code. region: an ODS code or a label."""
    rows = await conn.fetch(
        """
        SELECT id, kind, name, path::text AS path, cell, ods_code, sector, since, until, successor_id, version
          FROM networks
         WHERE ($1::text IS NULL OR kind = $1)
           AND ($2::text IS NULL OR ods_code = upper($2) OR strpos(lower(name), lower($2)) > 0)
           AND ($3::text IS NULL
                OR path <@ (SELECT r.path FROM networks r
                             WHERE r.kind = 'region'
                               AND (r.ods_code = upper($3) OR r.path::text = 'national.' || lower($3))))
           AND ($4::text IS NULL OR path > $4::text::ltree)
         ORDER BY path
         LIMIT $5
        """,
        kind,
        q,
        region,
        after,
        limit,
    )
    return [_network(row) for row in rows]


async def save_many(conn: Conn, networks: Sequence[Network], *, described_from: Sequence[date]) -> None:
    """Write each as it now is. described_from: for each, the first day of its name, path and sector."""
    if not networks:
        return
    await conn.execute(
        """
        INSERT INTO networks AS kept
               (id, kind, name, path, cell, ods_code, sector, since, until, successor_id, version)
        SELECT id, kind, name, path::ltree, cell, ods_code, sector, since, until, successor_id, version
          FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                      $8::date[], $9::date[], $10::uuid[], $11::int[])
               AS new (id, kind, name, path, cell, ods_code, sector, since, until, successor_id, version)
            ON CONFLICT (id) DO UPDATE
           SET name = excluded.name, path = excluded.path, sector = excluded.sector, since = excluded.since,
               until = excluded.until, successor_id = excluded.successor_id, version = excluded.version
        """,
        [n.id for n in networks],
        [n.kind for n in networks],
        [n.name for n in networks],
        [n.path for n in networks],
        [n.cell for n in networks],
        [n.ods_code for n in networks],
        [n.sector for n in networks],
        [n.since for n in networks],
        [n.until for n in networks],
        [n.successor_id for n in networks],
        [n.version for n in networks],
    )
    await _describe(conn, networks, described_from)


async def _describe(conn: Conn, networks: Sequence[Network], described_from: Sequence[date]) -> None:
    await conn.execute(
        """
        INSERT INTO network_descriptions (network_id, described_from, name, path, sector)
        SELECT id, described_from, name, path::ltree, sector
          FROM unnest($1::uuid[], $2::date[], $3::text[], $4::text[], $5::text[])
               AS new (id, described_from, name, path, sector)
            ON CONFLICT (network_id, described_from) DO UPDATE
           SET name = excluded.name, path = excluded.path, sector = excluded.sector
        """,
        [n.id for n in networks],
        list(described_from),
        [n.name for n in networks],
        [n.path for n in networks],
        [n.sector for n in networks],
    )


async def members_left(conn: Conn, ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many memberships of each go on beyond its last day."""
    rows = await conn.fetch(
        """
        SELECT n.id, count(*) AS going_on
          FROM networks n
          JOIN memberships m ON m.network_id = n.id
         WHERE n.id = ANY($1::uuid[]) AND (m.until IS NULL OR m.until > n.until)
         GROUP BY n.id
        """,
        list(ids),
    )
    return {row["id"]: row["going_on"] for row in rows}


def _network(row: Record) -> Network:
    return Network(
        id=row["id"],
        kind=row["kind"],
        name=row["name"],
        path=row["path"],
        cell=row["cell"],
        ods_code=row["ods_code"],
        sector=row["sector"],
        since=row["since"],
        until=row["until"],
        successor_id=row["successor_id"],
        version=row["version"],
    )
