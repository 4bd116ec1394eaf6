"""An open page shows what its person is told as it is told: nothing missing, nothing twice, nothing of anybody else."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from notifications_house import House, a_registration, network_id, published
from notifications_streams import Reader, Served, served

from access.testing import Somebody
from events_contracts import EventPublished, RegistrationConfirmed, Rule
from membership_contracts import IdentityLinked, subject_hash
from notifications_service.live import api
from servicekit import clock
from servicekit.ids import new_id
from servicekit.testing import eventually


@pytest.fixture
async def live(house: House, unused_tcp_port: int) -> AsyncIterator[Served]:
    async with served(house, unused_tcp_port) as running:
        yield running


@pytest.fixture
async def event(house: House) -> EventPublished:
    """One that nobody is invited to."""
    event = published(rule=Rule(networks=[network_id("national.midlands.rjc")]))
    await house.hear(event)
    return event


async def tell(house: House, event: EventPublished, person_id: UUID, times: int = 1) -> None:
    for _ in range(times):
        await house.hear(a_registration(RegistrationConfirmed, event, person_id))


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


async def test_told_to_stop_the_process_ends_all_streams_in_good_order(
    house: House, live: Served, event: EventPublished
) -> None:
    person, others = await house.directory.person("national"), [await house.directory.person() for _ in range(20)]
    async with AsyncExitStack() as stack:
        readers = [await stack.enter_async_context(live.stream(one.bearer)) for one in [person, *others]]
        began = time.monotonic()
        live.stopping.set()
        await live.task
        took = time.monotonic() - began
        for reader in readers:
            await eventually(reader.is_over)

    assert took < 5


async def test_it_ends_with_the_token(house: House, live: Served) -> None:
    person = await house.directory.person("national")
    expires_at = int(time.time()) + 2

    async with live.stream(house.directory.issuer.bearer(person.subject, exp=expires_at)) as reader:
        await eventually(reader.is_over)
        ended_at = time.time()

    assert reader.status == 200
    assert expires_at <= ended_at < expires_at + 1


async def test_it_ends_when_the_sign_in_is_somebody_elses(house: House, live: Served, event: EventPublished) -> None:
    live.app.state.live.links_seconds = 0.0
    person, stays = await house.directory.person("national"), await house.directory.person("national")
    issuer = house.directory.issuer.url

    async with live.stream(person.bearer) as reader, live.stream(stays.bearer) as untouched:
        await house.hear(
            IdentityLinked(
                version=2, person_id=new_id(), issuer=issuer, subject_hash=subject_hash(issuer, person.subject)
            )
        )
        await eventually(reader.is_over)
        await tell(house, event, stays.person_id)
        await eventually(lambda: untouched.has(1))

    assert not untouched.problem


@pytest.mark.parametrize(
    ("asked", "status", "words"),
    [
        ("5", 422, "Last-Event-ID 5 has not been given yet; the newest is 2."),
        ("two", 422, "Last-Event-ID: expected the id of an event of this stream, a whole number."),
        ("-1", 422, "Last-Event-ID: expected the id of an event of this stream, a whole number."),
        ("9" * 30, 422, "Last-Event-ID: expected the id of an event of this stream, a whole number."),
    ],
)
async def test_an_id_that_was_never_given_is_refused(
    house: House, live: Served, event: EventPublished, asked: str, status: int, words: str
) -> None:
    person = await house.directory.person("national")
    await tell(house, event, person.person_id, 2)

    async with live.stream(person.bearer, **{"Last-Event-ID": asked}) as reader:
        await eventually(reader.is_over)

    assert (reader.status, reader.problem["detail"]) == (status, words)


async def test_an_id_from_too_long_ago_is_gone_and_the_newest_is_not(
    house: House, live: Served, event: EventPublished
) -> None:
    person = await house.directory.person("national")
    await tell(house, event, person.person_id, 2)

    clock.move(timedelta(days=7, minutes=1))
    try:
        async with live.stream(person.bearer, **{"Last-Event-ID": "1"}) as old:
            await eventually(old.is_over)
        async with live.stream(person.bearer, **{"Last-Event-ID": "2"}) as newest:
            await tell(house, event, person.person_id)
            await eventually(lambda: newest.has(1))
    finally:
        clock.move(-timedelta(days=7, minutes=1))

    assert (old.status, old.problem["code"]) == (410, "gone")
    assert "told more than 7 days ago: read the list" in old.problem["detail"]
    assert newest.numbers == [3]


async def test_a_person_holds_five_open_and_a_closed_one_makes_room(house: House, live: Served) -> None:
    person, other = await house.directory.person("national"), await house.directory.person("national")

    async with AsyncExitStack() as stack:
        for _ in range(4):
            await stack.enter_async_context(live.stream(person.bearer))
        async with live.stream(person.bearer), live.stream(person.bearer) as sixth, live.stream(other.bearer) as others:
            await eventually(sixth.is_over)
        again = await eventually(lambda: opened(live, person))

    assert (sixth.status, sixth.problem["code"]) == (429, "too-many-streams")
    assert sixth.problem["detail"] == "You have 5 live streams open, and may have 5: close one first."
    assert (others.status, again) == (200, True)


async def opened(live: Served, person: Somebody) -> bool:
    async with live.stream(person.bearer) as reader:
        return reader.status == 200


async def test_a_look_is_one_for_all_streams(house: House, live: Served, event: EventPublished) -> None:
    """How often the database is asked does not grow with the streams, but with what there is to say."""
    people = [await house.directory.person("national") for _ in range(30)]
    async with AsyncExitStack() as stack:
        readers = [await stack.enter_async_context(live.stream(one.bearer)) for one in people]
        hub = live.app.state.live
        polls = hub.polls
        before = await statements(house)
        await eventually(lambda: looked(hub, polls + 20))
        asked = await statements(house) - before
        looks = hub.polls - polls
        await tell(house, event, people[7].person_id)
        await eventually(lambda: readers[7].has(1))

    # A look is a transaction of three statements at most, whoever is there; thirty streams asking would be ninety.
    assert asked <= looks + 5
    assert [len(reader.events) for reader in readers] == [int(number == 7) for number in range(30)]


async def statements(house: House) -> int:
    """Transactions committed in this database so far."""
    async with house.worker.pool.acquire() as conn:
        await conn.execute("SELECT pg_stat_force_next_flush()")
        count: int = await conn.fetchval("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")
    return count


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


async def test_without_a_token_or_a_person_or_the_cell_there_is_no_stream(house: House, live: Served) -> None:
    person = await house.directory.person("national")
    stranger = house.directory.issuer.bearer("nobody")

    async with live.stream({}) as nobody, live.stream(stranger) as unlinked:
        assert (nobody.status, unlinked.status) == (401, 403)
    async with live.stream(person.bearer, cell="atlantis") as elsewhere:
        assert elsewhere.status == 404
