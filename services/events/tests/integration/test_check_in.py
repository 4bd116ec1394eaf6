"""The door: by registration or by code, recorded once, for those with a place."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from events_house import LONDON, RWP, House, Thing, in_days, problem, thing

from access.testing import Somebody
from servicekit import clock


async def begun(house: House, **given: Any) -> tuple[Somebody, Thing]:
    """An event whose door is open, and a steward."""
    event = await house.published(await house.organiser(), starts=in_days(1), ends=in_days(1, hour=16), **given)
    async with house.worker.transaction() as conn:
        await conn.execute("UPDATE events SET starts_at = $1", clock.now())
    return await house.organiser(role="steward"), event


async def check_in(house: House, event: Thing, who: Somebody, **body: Any) -> Any:
    return await house.post(f"{event['url']}/check-ins", who, body)


async def test_somebody_found_by_name_is_checked_in(house: House) -> None:
    steward, event = await begun(house)
    jane = await house.named("Jane", "Okafor")
    registration = await house.registered(event, jane)
    (entry,) = thing(await house.get(f"{event['url']}/registrations?name=okaf", steward))["items"]

    answer = await check_in(house, event, steward, registration_id=entry["id"])

    recorded = thing(answer)
    assert answer.status_code == 200
    assert (recorded["registration_id"], recorded["already"]) == (registration["id"], False)
    shown = await house.read(registration, jane)
    assert (shown["attended_at"], shown["status"], shown["version"]) == (recorded["attended_at"], "confirmed", 2)
    assert (await house.signals())[-1] == {
        "type": "attendance-recorded",
        "registration_id": registration["id"],
        "event_id": event["id"],
        "person_id": str(jane.person_id),
        "status": "confirmed",
        "code": registration["code"],
        "registered_at": registration["registered_at"],
        "waited": False,
        "attended_at": recorded["attended_at"],
        "version": 2,
    }


async def test_a_code_is_taken_however_it_is_typed(house: House) -> None:
    steward, event = await begun(house)
    registration = await house.registered(event, await house.member())
    typed = f" {registration['code'][:4].lower()}-{registration['code'][4:].lower()} "

    recorded = thing(await check_in(house, event, steward, code=typed))

    assert recorded["registration_id"] == registration["id"]


async def test_again_gives_the_first_instant_and_tells_nobody(house: House) -> None:
    steward, event = await begun(house)
    registration = await house.registered(event, await house.member())
    code = registration["code"]

    answers = [thing(await check_in(house, event, steward, code=code)) for _ in range(3)]
    answers += map(thing, await asyncio.gather(*(check_in(house, event, steward, code=code) for _ in range(5))))

    assert len({answer["attended_at"] for answer in answers}) == 1
    assert [answer["already"] for answer in answers] == [False] + [True] * 7
    assert len(await house.signals("attendance-recorded")) == 1


async def test_a_wrong_code_is_refused_in_words(house: House) -> None:
    steward, event = await begun(house)
    await house.registered(event, await house.member())
    other = await house.published(await house.organiser())
    foreign = await house.registered(other, await house.member())
    before = await house.state()

    for code in ("Y4Y4Y4Y4", foreign["code"]):
        assert problem(await check_in(house, event, steward, code=code)) == (
            404,
            "unknown-code",
            f"No registration of this event has the code {code}: look for the name instead.",
        )
    for registration_id in (foreign["id"], str(uuid4())):
        refusal = problem(await check_in(house, event, steward, registration_id=registration_id))
        assert refusal[:2] == (404, "not-found")
    assert await house.state() == before


async def test_without_a_place_nobody_is_let_in(house: House) -> None:
    steward, event = await begun(house, capacity=1)
    first, second = await house.member(), await house.member()
    gone = await house.registered(event, first)
    waiting = await house.registered(event, second)

    assert problem(await check_in(house, event, steward, code=waiting["code"])) == (
        409,
        "not-confirmed",
        "This registration is on the waiting list: there is no place for it yet.",
    )
    await house.cancel(gone, first)
    before = await house.state()
    assert problem(await check_in(house, event, steward, code=gone["code"])) == (
        409,
        "not-confirmed",
        "This registration has been cancelled.",
    )
    assert await house.state() == before
    assert (await check_in(house, event, steward, code=waiting["code"])).status_code == 200, "promoted since"


async def test_the_door_opens_some_hours_before(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    event = await house.published(await house.organiser(), starts=in_days(2), ends=in_days(2, hour=16))
    steward, registration = await house.organiser(role="steward"), await house.registered(event, await house.member())
    before = await house.state()

    status, code, words = problem(await check_in(house, event, steward, code=registration["code"]))

    assert (status, code) == (409, "check-in-not-open")
    assert words.startswith("Check-in opens at 21:00 on ")
    assert await house.state() == before
    monkeypatch.setattr(house.settings, "check_in_opens_hours", 72)
    assert (await check_in(house, event, steward, code=registration["code"])).status_code == 200


async def test_nobody_is_checked_in_to_a_cancelled_event(house: House) -> None:
    steward, event = await begun(house)
    registration = await house.registered(event, await house.member())
    async with house.worker.transaction() as conn:
        await conn.execute("UPDATE events SET status = 'cancelled'")
    before = await house.state()

    refusal = problem(await check_in(house, event, steward, code=registration["code"]))

    assert refusal[:2] == (409, "event-cancelled")
    assert await house.state() == before


async def test_whoever_was_there_does_not_cancel(house: House) -> None:
    steward, event = await begun(house)
    member = await house.member()
    registration = await house.registered(event, member)
    await check_in(house, event, steward, code=registration["code"])
    before = await house.state()

    assert problem(await house.cancel(registration, member)) == (
        409,
        "already-attended",
        "Whoever has been checked in cannot cancel any more.",
    )
    assert await house.state() == before


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "body: Value error, expected one of registration_id, code and ticket"),
        ({"code": "K93EGK3J", "registration_id": str(uuid4())}, "expected one of registration_id, code and ticket"),
        ({"code": ""}, "code: expected at least 1 characters"),
        ({"registration_id": "x"}, "registration_id: expected an id such as"),
        ({"code": "K93EGK3J", "name": "Jane"}, 'unknown field "name"; known: code, registration_id, ticket'),
    ],
)
async def test_a_mistake_is_told_in_words(house: House, body: dict[str, Any], words: str) -> None:
    steward, event = await begun(house)

    status, code, detail = problem(await house.post(f"{event['url']}/check-ins", steward, body))

    assert (status, code) == (422, "invalid")
    assert words.removeprefix("body: Value error, ") in detail


async def test_only_those_at_the_events_network_work_at_its_door(house: House) -> None:
    _, event = await begun(house)
    member = await house.member()
    registration = await house.registered(event, member)
    before = await house.state()

    for somebody in (
        member,
        await house.organiser(LONDON, role="lead"),
        await house.organiser(RWP, role="steward"),
    ):
        refusal = problem(await check_in(house, event, somebody, code=registration["code"]))
        assert refusal[:2] == (404, "not-found")
    assert await house.state() == before


@pytest.mark.parametrize(
    ("has_begun", "hours", "status"), [(True, 1, 200), (True, 11, 200), (True, 13, 503), (False, 1, 503)]
)
async def test_the_door_of_an_event_that_has_begun_goes_on_with_the_last_known_grants(
    house: House, has_begun: bool, hours: int, status: int
) -> None:
    steward, event = await begun(house)
    registration = await house.registered(event, await house.member())
    async with house.worker.transaction() as conn:
        await conn.execute("UPDATE events SET starts_at = $1", clock.now() + timedelta(minutes=-1 if has_begun else 30))
    await house.directory.heartbeat(at=clock.now() - timedelta(hours=hours))

    door_list = await house.get(f"{event['url']}/registrations", steward)
    answer = await check_in(house, event, steward, registration_id=registration["id"])

    assert (door_list.status_code, answer.status_code) == (status, status)
    if status == 503:
        assert problem(answer)[1] == "access-stale"
