"""People who do things at the same moment, and what came of it: counted from the registrations themselves."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from events_house import House, Thing
from registering import register_one

from access.principal import Principal
from access.testing import Somebody
from events_service.gatherings import actions as gathering_actions
from events_service.gatherings import store as gatherings
from events_service.gatherings.model import CapacityBelowConfirmed
from events_service.gatherings.plan import Changes
from events_service.registrations import actions, lookups, loops
from events_service.registrations.actions import Lock
from events_service.registrations.model import AlreadyCancelled, AlreadyRegistered
from servicekit import clock
from servicekit.database import Conn, Database
from servicekit.ids import new_id

PEOPLE = 6
Commands = Sequence[tuple[str, int]]


async def count_first(conn: Conn, wanted: Collection[tuple[str, UUID]]) -> gatherings.Locked:
    """The wrong variant: look how many places are taken, and lock nothing."""
    [(cell, event_id)] = wanted
    event = await gatherings.get(conn, cell, event_id)
    taken = await conn.fetchval(
        "SELECT count(*) FROM registrations WHERE event_id = $1 AND status = 'confirmed'", event_id
    )
    return {(cell, event_id): replace(event, confirmed=taken)}


@dataclass
class Found:
    """Over all that was played."""

    looks: int = 0
    oversold: int = 0
    undersold: int = 0


@dataclass
class Rush:
    """One event, and people who come and go: each command is a transaction of its own."""

    house: House
    db: Database
    organiser: Somebody
    event: Thing
    people: list[Somebody]
    found: Found = field(default_factory=Found)
    lock: Lock = gatherings.lock_one

    @property
    def event_id(self) -> UUID:
        return UUID(self.event["id"])

    async def at_once(self, commands: Commands) -> None:
        line_up = asyncio.Barrier(len(commands))
        await asyncio.gather(*(self._do(verb, self.people[number], line_up) for verb, number in commands))

    async def set_capacity(self, places: int) -> None:
        async with self.db.transaction(_scope(self.organiser)) as conn:
            seen = await conn.fetchval("SELECT version FROM events WHERE id = $1", self.event_id)
            changes = Changes(capacity=places)
            try:
                await gathering_actions.change(conn, "midlands", self.event_id, changes, seen=seen, at=clock.now())
            except CapacityBelowConfirmed:
                return

    async def look_through(self) -> None:
        await loops.look_through_once(self.house.worker, at=clock.now())

    async def _do(self, verb: str, who: Somebody, line_up: asyncio.Barrier) -> None:
        try:
            async with self.db.transaction(_scope(who)) as conn:
                await line_up.wait()
                await (self._cancel if verb == "cancel" else self._register)(conn, who)
        except (AlreadyRegistered, AlreadyCancelled):
            return

    async def _cancel(self, conn: Conn, who: Somebody) -> None:
        live = await lookups.live_of(conn, [(self.event_id, who.person_id)])
        for found in live.values():
            await actions.cancel(conn, "midlands", found.id, at=clock.now())

    async def _register(self, conn: Conn, who: Somebody) -> None:
        new = new_id()
        await register_one(
            conn,
            "midlands",
            self.event_id,
            who.person_id,
            id=new,
            draw_code=lambda: new.hex[-8:],
            at=clock.now(),
            lock=self.lock,
        )

    async def judge(self) -> None:
        """Nobody beyond the places; nobody waits beside a free one; nobody twice; the counters agree."""
        async with self.house.worker.reading() as conn:
            row = await conn.fetchrow(
                """
                SELECT e.capacity, e.confirmed, e.waiting,
                       count(*) FILTER (WHERE r.status = 'confirmed') AS held,
                       count(*) FILTER (WHERE r.status = 'waiting') AS waits,
                       count(DISTINCT r.person_id) FILTER (WHERE r.status IN ('confirmed', 'waiting')) AS people
                  FROM events e
                  LEFT JOIN registrations r ON r.event_id = e.id
                 WHERE e.id = $1
                 GROUP BY e.id
                """,
                self.event_id,
            )
        assert row is not None
        oversold, undersold = row["held"] - row["capacity"], min(row["capacity"] - row["held"], row["waits"])
        self.found.looks += 1
        self.found.oversold += max(0, oversold)
        self.found.undersold += max(0, undersold)
        assert oversold <= 0, f"{oversold} places were sold twice"
        assert undersold <= 0, f"{undersold} wait beside a free place"
        assert (row["confirmed"], row["waiting"]) == (row["held"], row["waits"])
        assert row["people"] == row["held"] + row["waits"], "somebody has two places"


def _scope(who: Somebody) -> Principal:
    return Principal(identity=str(who.person_id), issuer="test", person_id=who.person_id)
