"""A bell rings when its timer is due; every ring is written down, so that a second one would show."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from servicekit import clock, timers
from servicekit.database import Conn, Database
from servicekit.timers import Timer, TimerRunner


def a_timer(name: str = "bell", *, due: timedelta = timedelta(seconds=-1), version: int = 1, **given: Any) -> Timer:
    """Due a second ago, unless said otherwise."""
    fields: dict[str, Any] = {"kind": "bell", "subject": name, "due_at": clock.now() + due}
    return Timer(name=name, version=version, **(fields | given))


async def set_timers(db: Database, *wanted: Timer) -> None:
    async with db.transaction() as conn:
        await timers.keep(conn, wanted)


async def rings(db: Database) -> list[str]:
    async with db.reading() as conn:
        return [row["name"] for row in await conn.fetch("SELECT name FROM rings ORDER BY name")]


@dataclass
class Bells:
    """What a runner is given; counts how often each was begun."""

    by: str = "one"
    begun: list[str] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)

    async def ring(self, conn: Conn, timer: Timer) -> None:
        self.begun.append(timer.name)
        await conn.execute("INSERT INTO rings (name, by) VALUES ($1, $2)", timer.name, self.by)
        if timer.name in self.broken:
            raise ValueError("the bell is cracked")


def a_runner(db: Database, dsn: str, bells: Bells, **given: Any) -> TimerRunner:
    return TimerRunner(dsn=dsn, db=db, handlers={"bell": bells.ring}, **({"chance": lambda: 0.5} | given))


async def one_round(runner: TimerRunner, *, now: datetime | None = None) -> int:
    """As an elected runner would, on a connection of its own."""
    async with runner.db.pool.acquire() as conn:
        return await runner.round(conn, now=now or clock.now())
