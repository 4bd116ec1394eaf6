"""The outbox as the relay reads it: what is unsent, in order; sent rows stay as the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from servicekit.database import Conn

# Held back by one switch for maintenance and tests, and while the ledger is republished; lane 0 is grants.
UNSENT = """
SELECT position, id, topic, key, type, subject, version, body
  FROM servicekit.outbox
 WHERE sent_at IS NULL
   AND NOT (SELECT bool_or(is_on) FROM servicekit.switches WHERE name IN ('relay-held', 'republishing'))
 ORDER BY lane, position
 LIMIT $1
"""


@dataclass(frozen=True, slots=True)
class Unsent:
    position: int
    id: UUID
    topic: str
    key: str
    type: str
    subject: str
    version: int
    body: bytes | None


async def unsent(conn: Conn, statement: str, *, limit: int) -> list[Unsent]:
    return [Unsent(*row) for row in await conn.fetch(statement, limit)]


async def count_unsent(conn: Conn) -> int:
    count: int = await conn.fetchval("SELECT count(*) FROM servicekit.outbox WHERE sent_at IS NULL")
    return count


async def waiting(conn: Conn) -> tuple[int, int, bool]:
    """How many are unsent, how many of them urgent, and whether a switch holds them back."""
    row = await conn.fetchrow(
        """
        SELECT count(*) AS unsent, count(*) FILTER (WHERE lane = 0) AS urgent,
               (SELECT bool_or(is_on) FROM servicekit.switches WHERE name IN ('relay-held', 'republishing')) AS held
          FROM servicekit.outbox
         WHERE sent_at IS NULL
        """
    )
    assert row is not None
    return row["unsent"], row["urgent"], row["held"]


async def mark_sent(conn: Conn, positions: Sequence[int], *, at: datetime) -> None:
    await conn.execute("UPDATE servicekit.outbox SET sent_at = $2 WHERE position = ANY($1::bigint[])", positions, at)


async def hold(conn: Conn, *, held: bool) -> None:
    """Hold the relay back, or let it go on."""
    await conn.execute("UPDATE servicekit.switches SET is_on = $1 WHERE name = 'relay-held'", held)
