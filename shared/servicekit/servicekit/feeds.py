"""Positions in a feed have no gap for a reader, whatever order transactions commit in.

They come from a counter row that stays locked until the inserting transaction ends: who sees position 7
sees all before it, and a rollback takes its positions back. Number the items as the last thing before they
are inserted, and redact an item in place: it keeps its position. A reader asks for
`position > after ORDER BY position LIMIT n`.
"""

from collections.abc import Mapping, Sequence
from uuid import UUID

from servicekit.database import Conn
from servicekit.problem import Gone, Invalid


async def next_positions(conn: Conn, wanted: Mapping[str, int]) -> dict[str, int]:
    """The first of so many new positions for each feed; the others follow it. Counted from 1.

    One statement, and rows are locked in the order of their names, so that no two transactions deadlock.
    """
    if any(count < 1 for count in wanted.values()):
        raise ValueError("at least one position for each feed")
    if not wanted:
        return {}
    rows = await conn.fetch(
        """
        INSERT INTO servicekit.feed_counters AS counter (feed, last)
        SELECT feed, many
          FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS wanted (feed, many, place)
         ORDER BY place
            ON CONFLICT (feed) DO UPDATE SET last = counter.last + excluded.last
        RETURNING feed, last
        """,
        sorted(wanted),
        [wanted[feed] for feed in sorted(wanted)],
    )
    return {row["feed"]: row["last"] - wanted[row["feed"]] + 1 for row in rows}


async def one_position_each(conn: Conn, prefix: str, owners: Sequence[UUID]) -> list[int]:
    """One new position in each of many feeds, `<prefix><owner>`, in the order of the owners, each of them once.

    The same as `next_positions` for feeds of which each gets one item, and the database writes their names.
    """
    found: list[int] | None = await conn.fetchval(
        """
        WITH numbered AS (
            INSERT INTO servicekit.feed_counters AS counter (feed, last)
            SELECT $1 || owner, 1
              FROM unnest($2::uuid[]) AS owner
             ORDER BY owner
                ON CONFLICT (feed) DO UPDATE SET last = counter.last + 1
            RETURNING feed, last)
        SELECT array_agg(n.last ORDER BY o.place)
          FROM unnest($2::uuid[]) WITH ORDINALITY AS o (owner, place)
          JOIN numbered n ON n.feed = $1 || o.owner
        """,
        prefix,
        owners,
    )
    return found or []


async def last_position(conn: Conn, feed: str) -> int:
    """The newest position that this transaction can see; 0 before the first item."""
    last = await conn.fetchval("SELECT last FROM servicekit.feed_counters WHERE feed = $1", feed)
    return last or 0


def check_position(after: int, *, oldest: int, last: int) -> None:
    """Raise Gone (410) where what follows `after` is no longer kept, Invalid where `after` was never given.

    oldest: the first position still kept; last: `last_position` of the feed.
    """
    if after > last:
        raise Invalid(f"Position {after} has not been given yet; the newest is {last}.")
    if after + 1 < oldest:
        raise Gone(f"What followed position {after} is no longer kept; the oldest is {oldest}.", oldest=oldest)
