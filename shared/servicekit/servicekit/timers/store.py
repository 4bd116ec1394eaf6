"""Timers and what became of them; a timer's mark is written in the transaction of its effect."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from servicekit.database import Conn
from servicekit.timers.model import Attempt, Timer

# The row is locked, so that a timer which is anchored anew at this moment is waited for, and then not found.
LOCK = """
SELECT kind, subject, name, version, due_at
  FROM timers
 WHERE name = $1 AND due_at <= $2
   FOR UPDATE
"""

# The mark. Nothing comes back where it is there already; two runners wait for each other here.
MARK = """
INSERT INTO servicekit.timer_runs AS run (name, kind, state, tries, at)
VALUES ($1, $2, 'fired', 1, $3)
    ON CONFLICT (name) DO UPDATE SET state = 'fired', tries = run.tries + 1, next_at = NULL, at = excluded.at
 WHERE run.state = 'waiting'
RETURNING true
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """A timer that failed too often."""

    name: str
    kind: str
    tries: int
    cause: str
    at: datetime


async def keep(conn: Conn, timers: Sequence[Timer]) -> None:
    """Set, move or take back (due_at None) the timer of each kind and subject; the highest version stands."""
    newest: dict[tuple[str, str], Timer] = {}
    for timer in timers:
        place = (timer.kind, timer.subject)
        if place not in newest or newest[place].version < timer.version:
            newest[place] = timer
    rows = list(newest.values())
    await conn.execute(
        """
        INSERT INTO timers AS kept (kind, subject, name, version, due_at)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::int[], $5::timestamptz[])
            ON CONFLICT (kind, subject) DO UPDATE
           SET name = excluded.name, version = excluded.version, due_at = excluded.due_at
         WHERE kept.version < excluded.version
        """,
        [row.kind for row in rows],
        [row.subject for row in rows],
        [row.name for row in rows],
        [row.version for row in rows],
        [row.due_at for row in rows],
    )


async def due(conn: Conn, *, kinds: Collection[str], now: datetime, limit: int) -> list[Timer]:
    """Those that have come due and have not fired, the longest due first; missed ones among them."""
    rows = await conn.fetch(
        """
        SELECT t.kind, t.subject, t.name, t.version, t.due_at
          FROM timers t
         WHERE t.due_at <= $1 AND t.kind = ANY ($2::text[])
           AND NOT EXISTS (SELECT FROM servicekit.timer_runs run
                            WHERE run.name = t.name AND (run.state <> 'waiting' OR run.next_at > $1))
         ORDER BY t.due_at, t.name
         LIMIT $3
        """,
        now,
        list(kinds),
        limit,
    )
    return [Timer(**row) for row in rows]


async def next_due(conn: Conn, *, kinds: Collection[str], now: datetime) -> datetime | None:
    """When there is something to do again, as far as is known."""
    instant: datetime | None = await conn.fetchval(
        """
        SELECT least((SELECT min(due_at) FROM timers WHERE due_at > $1 AND kind = ANY ($2::text[])),
                     (SELECT min(next_at) FROM servicekit.timer_runs WHERE state = 'waiting' AND next_at > $1))
        """,
        now,
        list(kinds),
    )
    return instant


async def lock(conn: Conn, timer: Timer, *, now: datetime) -> bool:
    """Hold the timer; False where it stands no longer, or is due at another time by now."""
    return await conn.fetchrow(LOCK, timer.name, now) is not None


async def mark(conn: Conn, statement: str, timer: Timer, *, now: datetime) -> bool:
    """Note that it has fired; False where somebody has noted that before, or it is parked."""
    return bool(await conn.fetchval(statement, timer.name, timer.kind, now))


async def tries_of(conn: Conn, name: str) -> int:
    tries: int | None = await conn.fetchval("SELECT tries FROM servicekit.timer_runs WHERE name = $1", name)
    return tries or 0


async def note_failure(conn: Conn, timer: Timer, attempt: Attempt, *, cause: str, now: datetime) -> None:
    """It has not fired: it waits for its next try, or is parked. What fired meanwhile elsewhere stays fired."""
    await conn.execute(
        """
        INSERT INTO servicekit.timer_runs AS run (name, kind, state, tries, cause, next_at, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (name) DO UPDATE
           SET state = excluded.state, tries = excluded.tries, cause = excluded.cause, next_at = excluded.next_at,
               at = excluded.at
         WHERE run.state = 'waiting'
        """,
        timer.name,
        timer.kind,
        "parked" if attempt.next_at is None else "waiting",
        attempt.tries,
        cause,
        attempt.next_at,
        now,
    )


async def parked(conn: Conn, *, limit: int = 100) -> list[Parked]:
    """Those that were given up, the longest first."""
    rows = await conn.fetch(
        """
        SELECT name, kind, tries, cause, at FROM servicekit.timer_runs WHERE state = 'parked' ORDER BY at LIMIT $1
        """,
        limit,
    )
    return [Parked(**row) for row in rows]


async def count_parked(conn: Conn) -> int:
    count: int = await conn.fetchval("SELECT count(*) FROM servicekit.timer_runs WHERE state = 'parked'")
    return count


async def try_again(conn: Conn, name: str, *, now: datetime) -> bool:
    """Let a parked timer be tried again, as if for the first time; False where none of this name is parked."""
    found = await conn.fetchval(
        """
        UPDATE servicekit.timer_runs
           SET state = 'waiting', tries = 0, next_at = $2
         WHERE name = $1 AND state = 'parked'
        RETURNING true
        """,
        name,
        now,
    )
    return bool(found)
