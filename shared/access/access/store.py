"""The projection's statements: the highest version wins, so that order between topics does not matter."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, TypeVar

from membership_contracts import GrantsHeld, IdentityLinked
from membership_contracts.memberships import MembershipState
from membership_contracts.networks import NetworkState
from servicekit.database import Conn

State = TypeVar("State", bound=NetworkState | MembershipState)


def newest(states: Sequence[State], ids: Sequence[Any]) -> list[State]:
    """The highest version of each; a statement may touch a row only once."""
    best: dict[Any, State] = {}
    for name, state in zip(ids, states, strict=True):
        if name not in best or best[name].version < state.version:
            best[name] = state
    return list(best.values())


async def keep_networks(conn: Conn, states: Sequence[NetworkState]) -> None:
    rows = newest(states, [state.network_id for state in states])
    await conn.execute(
        """
        INSERT INTO access_networks AS kept
               (network_id, version, kind, name, path, cell, ods_code, sector, since, until, successor_id)
        SELECT network_id, version, kind, name, path::ltree, cell, ods_code, sector, since, until, successor_id
          FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[],
                      $8::text[], $9::date[], $10::date[], $11::uuid[])
               AS new (network_id, version, kind, name, path, cell, ods_code, sector, since, until, successor_id)
            ON CONFLICT (network_id) DO UPDATE
           SET version = excluded.version, kind = excluded.kind, name = excluded.name, path = excluded.path,
               cell = excluded.cell, ods_code = excluded.ods_code, sector = excluded.sector,
               since = excluded.since, until = excluded.until, successor_id = excluded.successor_id
         WHERE kept.version < excluded.version
        """,
        [row.network_id for row in rows],
        [row.version for row in rows],
        [row.kind for row in rows],
        [row.name for row in rows],
        [row.path for row in rows],
        [row.cell for row in rows],
        [row.ods_code for row in rows],
        [row.sector for row in rows],
        [row.since for row in rows],
        [row.until for row in rows],
        [row.successor_id for row in rows],
    )


async def keep_memberships(conn: Conn, states: Sequence[MembershipState]) -> None:
    rows = newest(states, [state.membership_id for state in states])
    await conn.execute(
        """
        INSERT INTO access_memberships AS kept
               (membership_id, version, person_id, network_id, main, since, until, job_role, sector,
                organisation, described_from)
        SELECT * FROM unnest($1::uuid[], $2::int[], $3::uuid[], $4::uuid[], $5::bool[], $6::date[], $7::date[],
                             $8::text[], $9::text[], $10::text[], $11::date[])
            ON CONFLICT (membership_id) DO UPDATE
           SET version = excluded.version, main = excluded.main, since = excluded.since, until = excluded.until,
               job_role = excluded.job_role, sector = excluded.sector, organisation = excluded.organisation,
               described_from = excluded.described_from
         WHERE kept.version < excluded.version
        """,
        [row.membership_id for row in rows],
        [row.version for row in rows],
        [row.person_id for row in rows],
        [row.network_id for row in rows],
        [row.main for row in rows],
        [row.since for row in rows],
        [row.until for row in rows],
        [row.job_role for row in rows],
        [row.sector for row in rows],
        [row.organisation for row in rows],
        [row.described_from for row in rows],
    )
    await _keep_descriptions(conn, states)


async def _keep_descriptions(conn: Conn, states: Sequence[MembershipState]) -> None:
    """What was true from which day on, for reports of how it was then."""
    rows = newest(states, [(state.membership_id, state.described_from) for state in states])
    await conn.execute(
        """
        INSERT INTO access_descriptions AS kept (membership_id, described_from, version, job_role, sector)
        SELECT * FROM unnest($1::uuid[], $2::date[], $3::int[], $4::text[], $5::text[])
            ON CONFLICT (membership_id, described_from) DO UPDATE
           SET version = excluded.version, job_role = excluded.job_role, sector = excluded.sector
         WHERE kept.version < excluded.version
        """,
        [row.membership_id for row in rows],
        [row.described_from for row in rows],
        [row.version for row in rows],
        [row.job_role for row in rows],
        [row.sector for row in rows],
    )


async def keep_identities(conn: Conn, links: Sequence[IdentityLinked]) -> None:
    """Of each sign-in the newest link: ids rise with time, and whoever joins again after an erasure is somebody new."""
    best: dict[tuple[str, str], IdentityLinked] = {}
    for link in sorted(links, key=lambda link: (link.person_id, link.version)):
        best[link.issuer, link.subject_hash] = link
    await conn.execute(
        """
        INSERT INTO access_identities AS kept (issuer, subject_hash, person_id, version)
        SELECT * FROM unnest($1::text[], $2::text[], $3::uuid[], $4::int[])
            ON CONFLICT (issuer, subject_hash) DO UPDATE
           SET person_id = excluded.person_id, version = excluded.version
         WHERE (kept.person_id, kept.version) < (excluded.person_id, excluded.version)
        """,
        [link.issuer for link in best.values()],
        [link.subject_hash for link in best.values()],
        [link.person_id for link in best.values()],
        [link.version for link in best.values()],
    )


async def keep_grants(conn: Conn, cell: str, held: GrantsHeld) -> None:
    """All of a person's grants in one cell take the place of those known before."""
    newer = await conn.fetchval(
        """
        INSERT INTO access_grants_seen AS kept (cell, person_id, version) VALUES ($1, $2, $3)
            ON CONFLICT (cell, person_id) DO UPDATE SET version = excluded.version
         WHERE kept.version < excluded.version
        RETURNING true
        """,
        cell,
        held.person_id,
        held.version,
    )
    if not newer:
        return
    await conn.execute("DELETE FROM access_grants WHERE cell = $1 AND person_id = $2", cell, held.person_id)
    await conn.execute(
        """
        INSERT INTO access_grants (cell, person_id, grant_id, role, network_id, starts_at, ends_at)
        SELECT $1, $2, * FROM unnest($3::uuid[], $4::text[], $5::uuid[], $6::timestamptz[], $7::timestamptz[])
        """,
        cell,
        held.person_id,
        [grant.grant_id for grant in held.grants],
        [grant.role for grant in held.grants],
        [grant.network_id for grant in held.grants],
        [grant.starts_at for grant in held.grants],
        [grant.ends_at for grant in held.grants],
    )


async def keep_heartbeats(conn: Conn, beats: dict[str, datetime], *, now: datetime) -> None:
    """The newest of each cell; one that lies after `now` was written by a clock that was wrong, and gives way."""
    await conn.execute(
        """
        INSERT INTO access_heartbeats (cell, at)
        SELECT * FROM unnest($1::text[], $2::timestamptz[])
            ON CONFLICT (cell) DO UPDATE
           SET at = CASE WHEN access_heartbeats.at > $3 THEN excluded.at
                         ELSE greatest(access_heartbeats.at, excluded.at) END
        """,
        list(beats),
        list(beats.values()),
        now,
    )
