"""The capacity lock keeps a rush from overselling; without it, counting first and inserting then does oversell."""

import asyncio
from uuid import UUID

import asyncpg
import pytest
from events_house import House, Thing
from registering import register_one
from rushing import count_first

from events_service.gatherings import store as gatherings
from events_service.registrations.actions import Lock
from servicekit import clock
from servicekit.database import Database
from servicekit.ids import new_id

PLACES, RACERS = 20, 50


async def confirmed_after_the_rush(house: House, lock: Lock) -> int:
    """How many of the racers were given a place, with nothing behind the lock that could stop them."""
    owner = await asyncpg.connect(house.database.owner)
    await owner.execute("ALTER TABLE events DROP CONSTRAINT never_oversold")
    await owner.close()
    event = await house.published(await house.organiser(), capacity=PLACES)
    racers = [(await house.member()).person_id for _ in range(RACERS)]
    db = await Database.open(house.database.worker, size=RACERS)
    line_up = asyncio.Barrier(RACERS)

    async def race(person_id: UUID) -> None:
        async with db.transaction() as conn:
            await line_up.wait()
            await register_one(
                conn,
                "midlands",
                UUID(event["id"]),
                person_id,
                id=new_id(),
                draw_code=lambda: str(person_id)[-8:],
                at=clock.now(),
                lock=lock,
            )

    try:
        await asyncio.gather(*(race(person_id) for person_id in racers))
        return await _confirmed(db, event)
    finally:
        await db.close()


async def _confirmed(db: Database, event: Thing) -> int:
    async with db.reading() as conn:
        count: int = await conn.fetchval(
            "SELECT count(*) FROM registrations WHERE event_id = $1 AND status = 'confirmed'", UUID(event["id"])
        )
    return count


async def test_the_lock_sells_every_place_once(house_of_its_own: House) -> None:
    assert await confirmed_after_the_rush(house_of_its_own, gatherings.lock_one) == PLACES


async def test_without_the_lock_a_rush_oversells(house_of_its_own: House) -> None:
    """Were this to count the same, the test above would prove nothing."""
    assert await confirmed_after_the_rush(house_of_its_own, count_first) > PLACES


async def test_a_check_stands_behind_the_lock(house: House) -> None:
    event = await house.published(await house.organiser(), capacity=1)
    await house.registered(event, await house.member())

    async with house.worker.transaction() as conn:
        with pytest.raises(asyncpg.CheckViolationError, match="never_oversold"):
            await conn.execute("UPDATE events SET confirmed = confirmed + 1")
