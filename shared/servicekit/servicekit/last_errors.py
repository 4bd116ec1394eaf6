"""What last went wrong: noticed as it is logged, filtered like the log, and kept in the database for `status`."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

import asyncpg
import structlog
from structlog.typing import EventDict, WrappedLogger

from servicekit import clock, faults, metrics
from servicekit.rounds import wait

MOST = 100
"""Names of events are ours and few; should they ever not be, the rest goes unnoticed."""
SECONDS = 2.0
_BAD = frozenset({"error", "critical"})

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Noticed:
    error: str | None
    at: datetime
    times: int
    written: bool = False


_noticed: dict[str, Noticed] = {}


def notice(_: WrappedLogger, __: str, entry: EventDict) -> EventDict:
    """A processor, after the one that withholds: errors, and warnings that name one."""
    level = entry.get("level")
    if level in _BAD or (level == "warning" and "error" in entry):
        # A library's words are many: it is known by its logger's name.
        event = str(entry.get("logger") or entry.get("event"))
        error = entry.get("error") or entry.get("exception") or entry.get("cause")
        add(event, str(error) if error else None)
        metrics.LOGGED.labels(str(level), event if event in _noticed else "others").inc()
    return entry


def add(event: str, error: str | None) -> None:
    known = _noticed.get(event)
    if known is None and len(_noticed) >= MOST:
        return
    _noticed[event] = Noticed(error=error, at=clock.now(), times=(known.times if known else 0) + 1)


async def keep(dsn: str, process: str, stopping: asyncio.Event) -> None:
    """Write what is new every two seconds, until told to stop; a database that is away gets it later."""
    while not await wait(stopping, SECONDS):
        await write(dsn, process)


async def write(dsn: str, process: str) -> None:
    """Write what is new. Never raises: it is called where something has gone wrong already."""
    new = {event: one for event, one in _noticed.items() if not one.written}
    if not new:
        return
    try:
        async with asyncio.timeout(SECONDS):
            await _write(dsn, process, new)
    except Exception as error:  # said in the log alone
        if not faults.is_away(error):
            log.info("last-errors.unwritten", reason=type(error).__name__)
    else:
        for one in new.values():
            one.written = True


async def _write(dsn: str, process: str, new: dict[str, Noticed]) -> None:
    conn = await asyncpg.connect(dsn)
    try:
        await conn.execute(
            """
            INSERT INTO servicekit.last_errors AS kept (process, event, error, at, times)
            SELECT $1, event, error, at, times
              FROM unnest($2::text[], $3::text[], $4::timestamptz[], $5::bigint[]) AS new (event, error, at, times)
                ON CONFLICT (process, event) DO UPDATE
               SET error = excluded.error, at = excluded.at, times = excluded.times
             WHERE kept.at <= excluded.at
            """,
            process,
            list(new),
            [one.error for one in new.values()],
            [one.at for one in new.values()],
            [one.times for one in new.values()],
        )
    finally:
        await conn.close()
