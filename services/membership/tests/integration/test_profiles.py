"""Profiles: where they stand, when they are taken away, and that the relay renders what is true when it sends."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer
from membership_house import House

from membership_contracts import Profile
from membership_service.memberships import actions as memberships
from membership_service.networks.model import network_id
from membership_service.people import actions as people
from membership_service.people import profiles
from membership_service.work import profiles_that_are_due
from servicekit import clock
from servicekit.envelope import decode
from servicekit.ids import new_id
from servicekit.outbox import ledger
from servicekit.outbox.relay import Relay
from servicekit.process import Work
from servicekit.testing import eventually, topics

TODAY = clock.today()


async def told(house: House) -> list[tuple[str, int]]:
    return [(signal["topic"].split(".")[0], signal["version"]) for signal in await house.published("profile")]


async def rendered(house: House) -> list[tuple[str, str | None]]:
    """Cell and given name of every profile that waits for the relay, None for a tombstone."""
    async with house.worker.reading() as conn:
        waiting = [row for row in await ledger.unsent(conn, ledger.UNSENT, limit=1000) if row.body is None]
    bodies = await profiles.renderer()(house.worker)(waiting)
    return [
        (row.topic.split(".")[0], None if (body := bodies[row.position]) is None else decode(body).data["given_name"])
        for row in waiting
    ]


async def test_a_guests_profile_stands_in_the_national_cell(house: House) -> None:
    await house.guest()

    assert await told(house) == [("national", 1)]
    assert await rendered(house) == [("national", "Ada")]


async def test_a_guest_who_joins_leaves_the_national_cell(house: House) -> None:
    await house.member("RWP")

    assert await told(house) == [("national", 1), ("midlands", 2), ("national", 2)]
    assert await rendered(house) == [("national", None), ("midlands", "Ada"), ("national", None)]


async def test_a_member_of_two_cells_stands_in_both(house: House) -> None:
    person, _ = await house.member("RWP")
    await house.begin(person, "RJ1")

    assert (await told(house))[-1] == ("london", 3)
    assert (await rendered(house))[-1] == ("london", "Ada")


async def test_a_move_takes_the_profile_along(house: House) -> None:
    _, membership = await house.member("RWP")

    async with house.worker.transaction() as conn:
        await memberships.move(conn, membership.id, new_id(), to=network_id("RJ1"), on=TODAY, now=clock.now())

    assert (await told(house))[-2:] == [("london", 3), ("midlands", 3)]
    assert (await rendered(house))[-2:] == [("london", "Ada"), ("midlands", None)]


async def test_a_move_within_a_cell_says_nothing_about_the_profile(house: House) -> None:
    _, membership = await house.member("RWP")
    before = await told(house)

    async with house.worker.transaction() as conn:
        await memberships.move(conn, membership.id, new_id(), to=network_id("RXK"), on=TODAY, now=clock.now())

    assert await told(house) == before


async def test_a_changed_name_is_told_wherever_the_profile_stands(house: House) -> None:
    person, _ = await house.member("RWP")
    await house.begin(person, "RJ1")

    async with house.worker.transaction() as conn:
        await people.change(
            conn,
            person.id,
            expected_version=1,
            given_name="Adaeze",
            family_name=None,
            email=None,
            language=None,
            today=TODAY,
        )

    assert (await told(house))[-2:] == [("london", 4), ("midlands", 4)]
    assert (await rendered(house))[-2:] == [("london", "Adaeze"), ("midlands", "Adaeze")]


async def test_a_membership_that_lies_ahead_changes_the_profile_on_its_day(house: House) -> None:
    person = await house.guest()
    first_day = TODAY + timedelta(days=3)
    await house.begin(person, "RWP", since=first_day)
    assert await told(house) == [("national", 1)]

    async with house.worker.transaction() as conn:
        assert await profiles.announce_due(conn, today=first_day) == 1
        assert await profiles.announce_due(conn, today=first_day) == 0

    assert await told(house) == [("national", 1), ("midlands", 2), ("national", 2)]


async def test_the_day_after_the_last_the_profile_goes(house: House) -> None:
    _, membership = await house.member("RWP")
    async with house.worker.transaction() as conn:
        await memberships.end(conn, membership.id, on=TODAY, now=clock.now())
    before = await told(house)

    async with house.worker.transaction() as conn:
        assert await profiles.announce_due(conn, today=TODAY) == 0
    assert await told(house) == before

    async with house.worker.transaction() as conn:
        assert await profiles.announce_due(conn, today=TODAY + timedelta(days=1)) == 1
    assert (await told(house))[len(before) :] == [("midlands", 3), ("national", 3)]


async def test_the_loop_announces_what_is_due(house: House) -> None:

    person, _ = await house.member("RWP")
    async with house.worker.transaction() as conn:
        await conn.execute("DELETE FROM person_cells WHERE person_id = $1", person.id)
    before, stopping = len(await told(house)), asyncio.Event()
    loop = asyncio.create_task(
        profiles_that_are_due(Work(settings=house.settings, cells=house.cells, db=house.worker, stopping=stopping))
    )

    async def announced() -> bool:
        return len(await told(house)) == before + 1

    try:
        await eventually(announced)
    finally:
        stopping.set()
        await loop
    assert (await told(house))[-1] == ("midlands", 3)


async def test_on_kafka_a_profile_and_then_its_tombstone(house: House, kafka: str, cells_file: Path) -> None:
    cells = topics.cells_for_tests(cells_file)
    person, membership = await house.member("RWP")
    async with house.worker.transaction() as conn:
        await conn.execute("UPDATE servicekit.outbox SET sent_at = now() WHERE topic NOT LIKE '%.profiles'")
    async with topics.created(cells, kafka, only=["national.membership.profiles", "midlands.membership.profiles"]):
        relay = Relay(
            dsn=house.database.worker,
            bootstrap=kafka,
            prefix=cells.prefix,
            render=profiles.renderer()(house.worker),
        )

        running = asyncio.create_task(relay.run())
        consumer = AIOKafkaConsumer(
            f"{cells.prefix}midlands.membership.profiles",
            bootstrap_servers=kafka,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
        )
        await consumer.start()
        try:
            profile = await _next(consumer)
            async with house.worker.transaction() as conn:
                await memberships.end(conn, membership.id, on=TODAY - timedelta(days=1), now=clock.now())
                await conn.execute("UPDATE servicekit.outbox SET sent_at = now() WHERE topic NOT LIKE '%.profiles'")
            tombstone = await _next(consumer)
        finally:
            await consumer.stop()
            relay.stopping.set()
            await running

    assert profile.key == tombstone.key == str(person.id).encode()
    found = decode(profile.value)
    assert Profile.model_validate(found.data).email == person.email
    assert found.network == "national.midlands.rwp"
    assert tombstone.value is None
    headers = dict(tombstone.headers)
    assert headers["type"] == Profile.type.encode()
    assert int(headers["version"]) == found.version + 1


async def _next(consumer: AIOKafkaConsumer) -> Any:

    async with asyncio.timeout(20):
        return await consumer.getone()
