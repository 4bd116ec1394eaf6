"""What was given up on its way to the broker may still arrive, after what was sent since.

Whoever reads on is not misled: it keeps the highest version. But a compacted topic keeps the last record of each key,
and would show an older state to those who come later. So the keys of what may have been on its way are noted, and once
nothing more can arrive, the newest of each is sent again.
"""

from datetime import datetime, timedelta

from servicekit.database import Conn

SETTLED_AFTER = timedelta(minutes=11)
"""A broker closes a connection on which nothing came for 10 minutes (`connections.max.idle.ms`)."""


async def note(conn: Conn, *, limit: int, now: datetime) -> None:
    """Before a new producer sends: which keys of compacted topics are among the first that are unsent."""
    await conn.execute(
        """
        INSERT INTO servicekit.doubts (topic, key, position, at)
        SELECT topic, key, min(position), $2
          FROM (SELECT topic, key, position, lane, body
                  FROM servicekit.outbox
                 WHERE sent_at IS NULL
                 ORDER BY lane, position
                 LIMIT $1) unsent
         WHERE lane = 0 OR body IS NULL  -- grants, and profiles, which are rendered when they are sent
         GROUP BY topic, key
            ON CONFLICT (topic, key) DO UPDATE SET at = excluded.at
        """,
        limit,
        now,
    )


async def settle(conn: Conn, *, before: datetime) -> int:
    """Let the newest of each key that was noted before be sent again; returns how many keys that are."""
    if not await conn.fetchval("SELECT EXISTS (SELECT FROM servicekit.doubts WHERE at < $1)", before):
        return 0  # as ever: the ledger, which is long, is not looked at
    count: int = await conn.fetchval(
        """
        WITH due AS (
            DELETE FROM servicekit.doubts WHERE at < $1 RETURNING topic, key, position
        ), newest AS (
            SELECT max(o.position) AS position
              FROM due
              JOIN servicekit.outbox o ON o.topic = due.topic AND o.key = due.key
             WHERE o.position >= (SELECT min(position) FROM due)
             GROUP BY o.topic, o.key
        ), again AS (
            UPDATE servicekit.outbox o SET sent_at = NULL FROM newest WHERE o.position = newest.position
        )
        SELECT count(*) FROM due
        """,
        before,
    )
    return count
