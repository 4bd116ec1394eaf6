"""One signal that says of many that they were told counts as one for each of them would."""

from typing import Any

from analytics_house import House, a_telling, a_telling_of_many, arrive, event_id, named

PEOPLE = [named("person", number) for number in range(3)]


async def kept(house: House) -> list[tuple[Any, ...]]:
    async with house.worker.reading() as conn:
        rows = await conn.fetch("SELECT event_id, person_id, channel, told_at FROM tellings ORDER BY person_id")
    return [tuple(row) for row in rows]


async def test_many_told_at_once_are_counted_like_each_told_alone(house: House) -> None:
    await arrive(house.worker, a_telling_of_many(event_id(), PEOPLE))
    at_once = await kept(house)

    await arrive(house.worker, [a_telling(event_id(), person, channel="in-app") for person in PEOPLE])

    assert len(at_once) == 3
    assert await kept(house) == at_once


async def test_what_is_not_the_announcement_of_an_event_is_not_counted(house: House) -> None:
    await arrive(house.worker, a_telling_of_many(event_id(), PEOPLE, kind="event-reminder"))
    await arrive(house.worker, a_telling_of_many(event_id(), PEOPLE, kind="announcement", event_id=None))

    assert await kept(house) == []
