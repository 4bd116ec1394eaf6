"""Time makes people eligible as well: lines are looked through while places are free."""

import asyncio
from datetime import timedelta
from functools import partial

from events_house import RWP, House, Thing

from access.testing import Somebody
from events_service.registrations.loops import fill_free_places, look_through_once
from servicekit import clock
from servicekit.database import Database
from servicekit.process import Work
from servicekit.testing import eventually


async def somebody_passed_over(house: House) -> tuple[Somebody, Thing]:
    """A place is free, and the only one in line may not come."""
    event = await house.published(await house.organiser(), capacity=1)
    first, waiting = await house.member(), await house.directory.person()
    membership = await house.directory.membership(waiting.person_id, RWP)
    holding = await house.registered(event, first)
    registration = await house.registered(event, waiting)
    await house.end_membership(membership, waiting.person_id)
    await house.cancel(holding, first)
    return waiting, registration


async def test_a_membership_that_begins_later_brings_the_place_when_its_day_comes(house: House) -> None:
    waiting, registration = await somebody_passed_over(house)
    tomorrow = clock.now() + timedelta(days=1)
    await house.directory.membership(waiting.person_id, RWP, since=clock.london_day(tomorrow))

    await look_through_once(house.worker, at=clock.now())
    assert (await house.read(registration, waiting))["status"] == "waiting"

    await look_through_once(house.worker, at=tomorrow)
    assert (await house.read(registration, waiting))["status"] == "confirmed"
    assert [s["registration_id"] for s in await house.signals("registration-promoted")] == [registration["id"]]


async def test_nothing_changes_while_nobody_may_come(house: House) -> None:
    await somebody_passed_over(house)
    before = await house.state()

    await look_through_once(house.worker, at=clock.now())

    assert await house.state() == before


async def test_a_past_or_cancelled_event_gives_no_place_away(house: House) -> None:
    waiting, registration = await somebody_passed_over(house)
    await house.directory.membership(waiting.person_id, RWP)

    await look_through_once(house.worker, at=clock.now() + timedelta(days=400))
    async with house.worker.transaction() as conn:
        await conn.execute("UPDATE events SET status = 'cancelled'")
    await look_through_once(house.worker, at=clock.now())

    assert (await house.read(registration, waiting))["status"] == "waiting"


async def test_the_loop_goes_on_after_a_statement_that_could_not_be_run(house: House) -> None:
    """Here a lock that somebody holds for too long; a database that is away for a moment is taken alike."""
    waiting, registration = await somebody_passed_over(house)
    await house.directory.membership(waiting.person_id, RWP)
    settings = house.settings.model_copy(update={"line_looked_through_seconds": 0.02})
    db, stopping = await Database.open(f"{house.database.worker}?lock_timeout=100ms", size=1), asyncio.Event()
    work = Work(settings=settings, cells=house.directory.cells, db=db, stopping=stopping)

    async with house.worker.transaction() as conn:
        await conn.execute("SELECT FROM events FOR UPDATE")
        loop = asyncio.create_task(fill_free_places(work))
        await eventually(partial(waits_for_a_lock, house, 1))
        await eventually(partial(waits_for_a_lock, house, 0))
        await eventually(partial(waits_for_a_lock, house, 1))
    await eventually(partial(has_a_place, house, registration, waiting))

    stopping.set()
    await loop
    await db.close()


async def waits_for_a_lock(house: House, count: int) -> bool:
    async with house.api.reading() as conn:
        waiting: int = await conn.fetchval(
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND transactionid IS NOT NULL"
        )
    return waiting == count


async def has_a_place(house: House, registration: Thing, who: Somebody) -> bool:
    shown = await house.read(registration, who)
    return bool(shown["status"] == "confirmed")
