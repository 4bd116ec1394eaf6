"""Networks' joining policies in the database; they are public."""

from collections.abc import Sequence
from uuid import UUID

from asyncpg import Record

from membership_service.joining.policy import Policy
from servicekit.database import Conn


async def at_or_above(conn: Conn, paths: Sequence[str]) -> list[tuple[Policy, UUID]]:
    """Policies that are set at these paths or above them, each with its network's id."""
    rows = await conn.fetch(
        """
        SELECT p.network_id, p.policy, p.domains, p.version, p.set_by, p.set_at
          FROM joining_policies p
          JOIN networks n ON n.id = p.network_id
         WHERE n.path @> $1::text[]::ltree[]
        """,
        list(paths),
    )
    return [(_policy(row), row["network_id"]) for row in rows]


async def save(conn: Conn, policy: Policy) -> bool:
    """Write it in place of the version before; False where somebody else was faster."""
    done = await conn.execute(
        """
        INSERT INTO joining_policies AS kept (network_id, policy, domains, version, set_at, set_by)
        VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (network_id) DO UPDATE
           SET policy = excluded.policy, domains = excluded.domains, version = excluded.version,
               set_at = excluded.set_at, set_by = excluded.set_by
         WHERE kept.version = excluded.version - 1
        """,
        policy.network_id,
        policy.policy,
        list(policy.domains),
        policy.version,
        policy.set_at,
        policy.set_by,
    )
    return bool(done == "INSERT 0 1")


def _policy(row: Record) -> Policy:
    return Policy(
        network_id=row["network_id"],
        policy=row["policy"],
        domains=tuple(row["domains"]),
        version=row["version"],
        set_by=row["set_by"],
        set_at=row["set_at"],
    )
