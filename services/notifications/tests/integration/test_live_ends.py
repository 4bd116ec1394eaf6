"""A live stream ends with its token, its person's sign-in or its process, and none is opened that may not be."""

import time
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
from notifications_house import House
from notifications_streams import Served, tell

from access.testing import Somebody
from events_contracts import EventPublished
from membership_contracts import IdentityLinked, subject_hash
from servicekit import clock
from servicekit.ids import new_id
from servicekit.testing import eventually


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


async def test_without_a_token_or_a_person_or_the_cell_there_is_no_stream(house: House, live: Served) -> None:
    person = await house.directory.person("national")
    stranger = house.directory.issuer.bearer("nobody")

    async with live.stream({}) as nobody, live.stream(stranger) as unlinked:
        assert (nobody.status, unlinked.status) == (401, 403)
    async with live.stream(person.bearer, cell="atlantis") as elsewhere:
        assert elsewhere.status == 404
