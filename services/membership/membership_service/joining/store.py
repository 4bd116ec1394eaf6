"""Requests to join in the database, each with the place of its network."""

from typing import Any
from uuid import UUID

from asyncpg import Record

from membership_service.joining.model import JoinRequest
from servicekit.database import Conn
from servicekit.problem import NothingHere


async def get(conn: Conn, request_id: UUID) -> JoinRequest:
    """Raises NothingHere."""
    row = await conn.fetchrow(
        """
        SELECT j.id, j.network_id, n.path::text AS path, n.cell, j.person_id, j.way, j.state, j.reason, j.organisation,
               j.job_role, j.sector, j.requested_at, j.decided_at, j.decided_by, j.decision_reason, j.membership_id,
               j.version
          FROM join_requests j
          JOIN networks n ON n.id = j.network_id
         WHERE j.id = $1
        """,
        request_id,
    )
    if row is None:
        raise NothingHere
    return _request(row)


async def find_pending(conn: Conn, person_id: UUID, network_id: UUID) -> JoinRequest | None:
    row = await conn.fetchrow(
        """
        SELECT j.id, j.network_id, n.path::text AS path, n.cell, j.person_id, j.way, j.state, j.reason, j.organisation,
               j.job_role, j.sector, j.requested_at, j.decided_at, j.decided_by, j.decision_reason, j.membership_id,
               j.version
          FROM join_requests j
          JOIN networks n ON n.id = j.network_id
         WHERE j.person_id = $1 AND j.network_id = $2 AND j.state = 'pending'
        """,
        person_id,
        network_id,
    )
    return _request(row) if row else None


async def add(conn: Conn, request: JoinRequest) -> None:
    await conn.execute(
        """
        INSERT INTO join_requests
               (id, network_id, person_id, way, state, reason, organisation, job_role, sector, requested_at, decided_at,
                decided_by, decision_reason, membership_id, version)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
        """,
        request.id,
        request.network_id,
        request.person_id,
        request.way,
        request.state,
        request.reason,
        request.organisation,
        request.job_role,
        request.sector,
        request.requested_at,
        request.decided_at,
        request.decided_by,
        request.decision_reason,
        request.membership_id,
        request.version,
    )


async def save(conn: Conn, request: JoinRequest) -> None:
    """Only what became of it ever changes."""
    await conn.execute(
        """
        UPDATE join_requests
           SET way = $2, state = $3, decided_at = $4, decided_by = $5, decision_reason = $6, membership_id = $7,
               version = $8
         WHERE id = $1
        """,
        request.id,
        request.way,
        request.state,
        request.decided_at,
        request.decided_by,
        request.decision_reason,
        request.membership_id,
        request.version,
    )


async def shown_of_network(
    conn: Conn, network_id: UUID, *, state: str | None, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """Requests at this very network, the oldest first, with whoever asked as far as the caller may see them."""
    rows = await conn.fetch(
        """
        SELECT j.id, j.network_id, n.name AS network, j.person_id, j.way, j.state, j.reason, j.organisation, j.job_role,
               j.sector, j.requested_at, j.decided_at, j.decided_by, j.decision_reason, j.membership_id, j.version,
               p.given_name, p.family_name, p.email::text AS email
          FROM join_requests j
          JOIN networks n ON n.id = j.network_id
          LEFT JOIN people p ON p.id = j.person_id
         WHERE j.network_id = $1 AND ($2::text IS NULL OR j.state = $2) AND ($3::uuid IS NULL OR j.id > $3)
         ORDER BY j.id
         LIMIT $4
        """,
        network_id,
        state,
        after,
        limit,
    )
    return [dict(row) for row in rows]


async def shown_of_person(conn: Conn, person_id: UUID, *, after: UUID | None, limit: int) -> list[dict[str, Any]]:
    """A person's own requests, the latest first."""
    rows = await conn.fetch(
        """
        SELECT j.id, j.network_id, n.name AS network, j.person_id, j.way, j.state, j.reason, j.organisation, j.job_role,
               j.sector, j.requested_at, j.decided_at, j.decided_by, j.decision_reason, j.membership_id, j.version
          FROM join_requests j
          JOIN networks n ON n.id = j.network_id
         WHERE j.person_id = $1 AND ($2::uuid IS NULL OR j.id < $2)
         ORDER BY j.id DESC
         LIMIT $3
        """,
        person_id,
        after,
        limit,
    )
    return [dict(row) for row in rows]


async def shown(conn: Conn, request_id: UUID) -> dict[str, Any]:
    """One request, with whoever asked as far as the caller may see them. Raises NothingHere."""
    row = await conn.fetchrow(
        """
        SELECT j.id, j.network_id, n.name AS network, j.person_id, j.way, j.state, j.reason, j.organisation, j.job_role,
               j.sector, j.requested_at, j.decided_at, j.decided_by, j.decision_reason, j.membership_id, j.version,
               p.given_name, p.family_name, p.email::text AS email
          FROM join_requests j
          JOIN networks n ON n.id = j.network_id
          LEFT JOIN people p ON p.id = j.person_id
         WHERE j.id = $1
        """,
        request_id,
    )
    if row is None:
        raise NothingHere
    return dict(row)


def _request(row: Record) -> JoinRequest:
    return JoinRequest(
        id=row["id"],
        network_id=row["network_id"],
        path=row["path"],
        cell=row["cell"],
        person_id=row["person_id"],
        way=row["way"],
        state=row["state"],
        reason=row["reason"],
        organisation=row["organisation"],
        job_role=row["job_role"],
        sector=row["sector"],
        requested_at=row["requested_at"],
        decided_at=row["decided_at"],
        decided_by=row["decided_by"],
        decision_reason=row["decision_reason"],
        membership_id=row["membership_id"],
        version=row["version"],
    )
