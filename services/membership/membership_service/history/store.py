"""The history in the database: added to under the lock of the person's row, never changed."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from membership_service.history.model import Step
from servicekit.database import Conn


async def add_many(conn: Conn, steps: Sequence[Step]) -> None:
    """In this order."""
    if not steps:
        return
    await conn.execute(
        """
        INSERT INTO membership_history (person_id, network_id, membership_id, request_id, what, day, at, acted_by)
        SELECT person_id, network_id, membership_id, request_id, what, day, at, acted_by
          FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::date[], $7::timestamptz[],
                      $8::uuid[])
               WITH ORDINALITY AS new (person_id, network_id, membership_id, request_id, what, day, at, acted_by, place)
         ORDER BY place
        """,
        [step.person_id for step in steps],
        [step.network_id for step in steps],
        [step.membership_id for step in steps],
        [step.request_id for step in steps],
        [step.what for step in steps],
        [step.day for step in steps],
        [step.at for step in steps],
        [step.acted_by for step in steps],
    )


async def of_person(
    conn: Conn, person_id: UUID, *, within: Sequence[str] | None, after: int | None, limit: int
) -> list[dict[str, Any]]:
    """What happened to a person's requests and memberships, the latest first.

    within: paths of the networks at and below which the caller may see it; None for the person's own eyes.
    """
    rows = await conn.fetch(
        """
        SELECT h.position, h.person_id, h.network_id, n.name AS network, h.membership_id, h.request_id, h.what,
               h.day, h.at, h.acted_by
          FROM membership_history h
          JOIN networks n ON n.id = h.network_id
         WHERE h.person_id = $1 AND ($2::bigint IS NULL OR h.position < $2)
           AND ($4::text[] IS NULL OR n.path <@ $4::text[]::ltree[])
         ORDER BY h.position DESC
         LIMIT $3
        """,
        person_id,
        after,
        limit,
        None if within is None else list(within),
    )
    return [dict(row) for row in rows]


async def of_membership(conn: Conn, membership_id: UUID, *, after: int | None, limit: int) -> list[dict[str, Any]]:
    """What happened to a membership, with the request that led to it, the latest first."""
    rows = await conn.fetch(
        """
        SELECT h.position, h.person_id, h.network_id, n.name AS network, h.membership_id, h.request_id, h.what,
               h.day, h.at, h.acted_by
          FROM membership_history h
          JOIN networks n ON n.id = h.network_id
         WHERE (h.membership_id = $1 OR h.request_id IN (SELECT id FROM join_requests WHERE membership_id = $1))
           AND ($2::bigint IS NULL OR h.position < $2)
         ORDER BY h.position DESC
         LIMIT $3
        """,
        membership_id,
        after,
        limit,
    )
    return [dict(row) for row in rows]


async def of_request(conn: Conn, request_id: UUID, *, after: int | None, limit: int) -> list[dict[str, Any]]:
    """What happened to a request, the latest first."""
    rows = await conn.fetch(
        """
        SELECT h.position, h.person_id, h.network_id, n.name AS network, h.membership_id, h.request_id, h.what,
               h.day, h.at, h.acted_by
          FROM membership_history h
          JOIN networks n ON n.id = h.network_id
         WHERE h.request_id = $1 AND ($2::bigint IS NULL OR h.position < $2)
         ORDER BY h.position DESC
         LIMIT $3
        """,
        request_id,
        after,
        limit,
    )
    return [dict(row) for row in rows]
