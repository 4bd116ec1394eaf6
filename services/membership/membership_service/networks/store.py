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


async def lock(conn: Conn, network_id: UUID) -> None:
    await conn.execute("SELECT FROM networks WHERE id = $1 FOR UPDATE", network_id)


async def below(conn: Conn, path: str) -> dict[UUID, Network]:
    """The networks below the one at this path, and itself."""
    rows = await conn.fetch(
        """
        SELECT id, kind, name, path::text AS path, cell, ods_code, sector, since, until, successor_id, version
          FROM networks
         WHERE path <@ $1::text::ltree
        """,
        path,
    )
    return {row["id"]: _network(row) for row in rows}


async def at_path(conn: Conn, path: str) -> Network:
    """Raises NetworkNotFound."""
    row = await conn.fetchrow(
        """
        SELECT id, kind, name, path::text AS path, cell, ods_code, sector, since, until, successor_id, version
          FROM networks
         WHERE path = $1::text::ltree
        """,
        path,
    )
    if row is None:
        raise NetworkNotFound(f"There is no network at {path}.")
    return _network(row)


async def add_group(conn: Conn, group: Network, trusts: Sequence[UUID]) -> bool:
    """Write a group with the trusts that it is for; False where its place in the tree is taken."""
    added = await conn.fetchval(
        """
        INSERT INTO networks (id, kind, name, path, cell, sector, since, version)
        VALUES ($1, $2, $3, $4::text::ltree, $5, $6, $7, $8)
            ON CONFLICT (path) DO NOTHING
        RETURNING true
        """,
        group.id,
        group.kind,
        group.name,
        group.path,
        group.cell,
        group.sector,
        group.since,
        group.version,
    )
    if added:
        await _describe(conn, [group], [group.since])
        await conn.execute(
            "INSERT INTO group_trusts (network_id, trust_id) SELECT $1, * FROM unnest($2::uuid[])",
            group.id,
            list(trusts),
        )
    return bool(added)


async def trusts_page(conn: Conn, group_id: UUID, *, after: str | None, limit: int) -> list[Network]:
    """The trusts that a group was founded for, in the order of their paths."""
    rows = await conn.fetch(
        """
        SELECT n.id, n.kind, n.name, n.path::text AS path, n.cell, n.ods_code, n.sector, n.since, n.until,
               n.successor_id, n.version
          FROM group_trusts t
          JOIN networks n ON n.id = t.trust_id
         WHERE t.network_id = $1 AND ($2::text IS NULL OR n.path > $2::text::ltree)
         ORDER BY n.path
         LIMIT $3
        """,
        group_id,
        after,
        limit,
    )
    return [_network(row) for row in rows]


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
           SET name = excluded.name, path = excluded.path, cell = excluded.cell, sector = excluded.sector,
               since = excluded.since, until = excluded.until, successor_id = excluded.successor_id,
               version = excluded.version
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
