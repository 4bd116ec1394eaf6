"""The ledger is sent once more, whole and in its order, to a broker that has none of it; nothing new goes before it."""

from servicekit import broker
from servicekit.database import Conn
from servicekit.problem import Conflict

REPUBLISH_LOCK = 0x72657075  # "repu": one at a time
BATCH = 5000


class RepublishRuns(Conflict):
    code = "republish-runs"
    title = "The ledger is being republished already"


async def claim(guard: Conn) -> None:
    """Hold the right to republish for as long as the connection is held."""
    if not await guard.fetchval("SELECT pg_try_advisory_lock($1)", REPUBLISH_LOCK):
        raise RepublishRuns("the ledger of this service is being made ready already; wait for that")


async def begin(conn: Conn, cluster_id: str, *, new_topics: bool) -> bool:
    """Hold the relay back; returns whether the topics are new to us, so that every offset means another record.

    All in the caller's transaction: whoever is killed before it commits has done nothing.
    new_topics: somebody says so of the broker that we know.
    """
    await conn.execute("UPDATE servicekit.switches SET is_on = true WHERE name = 'republishing'")
    new = new_topics or await broker.remembered(conn) not in (None, cluster_id)
    if new:
        await conn.execute("SELECT servicekit.forget_offsets()")
    await broker.remember(conn, cluster_id)
    return new


async def count_sent(conn: Conn) -> int:
    count: int = await conn.fetchval("SELECT count(*) FROM servicekit.outbox WHERE sent_at IS NOT NULL")
    return count


async def make_ready(conn: Conn, *, after: int, limit: int) -> tuple[int, int]:
    """Unmark the next of what was sent; returns up to which position, and how many: 0 once none are left."""
    row = await conn.fetchrow(
        """
        WITH part AS (
            SELECT position FROM servicekit.outbox
             WHERE sent_at IS NOT NULL AND position > $1
             ORDER BY position
             LIMIT $2
        ), ready AS (
            UPDATE servicekit.outbox o SET sent_at = NULL FROM part WHERE o.position = part.position
        )
        SELECT coalesce(max(position), $1) AS upto, count(*) AS many FROM part
        """,
        after,
        limit,
    )
    assert row is not None
    return row["upto"], row["many"]


async def end(conn: Conn) -> None:
    """Let the relay go on, with the ledger's first row."""
    await conn.execute("UPDATE servicekit.switches SET is_on = false WHERE name = 'republishing'")


async def is_under_way(conn: Conn) -> bool:
    found: bool = await conn.fetchval("SELECT is_on FROM servicekit.switches WHERE name = 'republishing'")
    return found
