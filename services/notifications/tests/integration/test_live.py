"""An open page shows what its person is told as it is told: nothing missing, nothing twice, nothing of anybody else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
from notifications_house import House
from notifications_streams import Reader, Served, tell

from events_contracts import EventPublished
from notifications_service.live import api
from notifications_service.live.hub import Hub
from servicekit.database import WORKER, Conn, Database, Scope
from servicekit.testing import eventually


async def test_what_somebody_is_told_arrives_as_their_list_shows_it(
    house: House, live: Served, event: EventPublished
) -> None:
    person, other = await house.directory.person("national"), await house.directory.person("national")
    await tell(house, event, person.person_id)

    async with live.stream(person.bearer) as reader:
        await tell(house, event, other.person_id)
        await tell(house, event, person.person_id, 2)
        await eventually(lambda: reader.has(2))

    listed = (await house.http.get("/api/v1/cells/national/notifications", headers=person.bearer)).json()["items"]
    assert reader.numbers == [2, 3]
    assert [item for _, item in reader.events] == listed[:2][::-1]


@pytest.mark.parametrize("had", [0, 2, 4])
async def test_it_goes_on_after_the_last_that_was_had(
    house: House, live: Served, event: EventPublished, had: int
) -> None:
    person = await house.directory.person("national")
    await tell(house, event, person.person_id, 4)

    async with live.stream(person.bearer, **{"Last-Event-ID": str(had)}) as reader:
        await tell(house, event, person.person_id)
        await eventually(lambda: reader.has(5 - had))

    assert reader.numbers == list(range(had + 1, 6))


async def test_more_than_a_page_arrives_whole(
    house: House, live: Served, event: EventPublished, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "PAGE", 3)
    person = await house.directory.person("national")
    await tell(house, event, person.person_id, 10)

    async with live.stream(person.bearer, **{"Last-Event-ID": "0"}) as reader:
        await eventually(lambda: reader.has(10))

    assert reader.numbers == list(range(1, 11))


async def test_cut_off_again_and_again_nothing_is_missing_and_nothing_twice(
    house: House, live: Served, event: EventPublished
) -> None:
    person = await house.directory.person("national")
    telling = asyncio.create_task(tell(house, event, person.person_id, 40))
    seen: list[int] = []
    while len(seen) < 40:
        async with live.stream(person.bearer, **{"Last-Event-ID": str(seen[-1] if seen else 0)}) as reader:
            wanted = min(7, 40 - len(seen))
            await eventually(lambda reader=reader, wanted=wanted: reader.has(wanted))
        seen += reader.numbers
    await telling

    assert seen == list(range(1, 41))


async def test_while_nothing_happens_it_says_so(house: House, live: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "HEARTBEAT_SECONDS", 0.05)
    person = await house.directory.person("national")

    async with live.stream(person.bearer) as reader:
        await eventually(lambda: commented(reader, 3))

    assert reader.events == []


async def commented(reader: Reader, times: int) -> bool:
    return reader.comments >= times


async def test_a_look_is_one_for_all_streams(
    house: House, live: Served, event: EventPublished, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How often the database is asked does not grow with the streams, but with what there is to say."""
    monkeypatch.setattr(api, "HEARTBEAT_SECONDS", 3600.0)
    hub, database = live.app.state.live, CountedDatabase(live.app.state.database.pool)
    live.app.state.database = database
    people = [await house.directory.person("national") for _ in range(30)]
    async with AsyncExitStack() as stack:
        readers = [await stack.enter_async_context(live.stream(one.bearer)) for one in people]
        # Each asks where it stands and then for what is new; a look is one reading, whoever is there.
        await eventually(lambda: asked(database, hub, 60))
        polls = hub.polls
        await eventually(lambda: looked(hub, polls + 20))
        asked_by_streams = database.readings - hub.polls
        await tell(house, event, people[7].person_id)
        await eventually(lambda: readers[7].has(1))

    assert asked_by_streams == 60
    assert [len(reader.events) for reader in readers] == [int(number == 7) for number in range(30)]


class CountedDatabase(Database):
    """The same pool, and how many transactions have read through it."""

    readings = 0

    @asynccontextmanager
    async def reading(self, scope: Scope = WORKER) -> AsyncIterator[Conn]:
        self.readings += 1
        async with super().reading(scope) as conn:
            yield conn


async def asked(database: CountedDatabase, hub: Hub, times: int) -> bool:
    """How often streams themselves have asked, the looks for all of them left out."""
    return database.readings - hub.polls >= times


async def looked(hub: Any, times: int) -> bool:
    return bool(hub.polls >= times)


@pytest.mark.parametrize(("locked", "seen"), [(True, [1, 2]), (False, [2])])
async def test_only_a_locked_counter_leaves_no_gap(
    house: House, live: Served, event: EventPublished, locked: bool, seen: list[int]
) -> None:
    """Two are told at once and the second commits first: numbered without the lock, the first is never seen."""
    person = await house.directory.person("national")
    async with live.stream(person.bearer) as reader:
        if locked:
            await asyncio.gather(tell(house, event, person.person_id), tell(house, event, person.person_id))
        else:
            async with house.worker.transaction() as first:
                await insert_without_the_lock(first, person.person_id, event, 1)
                async with house.worker.transaction() as second:
                    await insert_without_the_lock(second, person.person_id, event, 2)
                    await second.execute(
                        "INSERT INTO servicekit.feed_counters VALUES ($1, 2)", f"in-app:national:{person.person_id}"
                    )
                await eventually(lambda: reader.has(1))
        await eventually(lambda: reader.has(len(seen)))
        polls = live.app.state.live.polls
        await eventually(lambda: looked(live.app.state.live, polls + 3))

    assert reader.numbers == seen


async def insert_without_the_lock(conn: Any, person_id: UUID, event: EventPublished, position: int) -> None:
    await conn.execute(
        """
        INSERT INTO notifications (id, cause, person_id, channel, kind, event_id, event_version, cell, network, state,
                                   priority, position, created_at, told_at)
        VALUES (gen_random_uuid(), $1, $2, 'in-app', 'registration-confirmed', $3, 1, 'national', 'national', 'shown',
                2, $4, now(), now())
        """,
        f"cause-{position}",
        person_id,
        event.event_id,
        position,
    )
