"""Giving up a place: it goes to the first in line who may still come, in the same transaction."""

import asyncio
from typing import Any

import pytest
from events_house import LONDON, MIDLANDS, RWP, House, Thing, network_id, problem, thing

from access.testing import Somebody
from servicekit import clock


async def filled(house: House, *, places: int, people: int, **given: Any) -> tuple[Somebody, Thing, list[Somebody]]:
    """An event that this many people registered for, one after the other; its organiser comes first."""
    organiser = await house.organiser()
    event = await house.published(organiser, capacity=places, **given)
    members = [await house.member() for _ in range(people)]
    for member in members:
        await house.registered(event, member)
    return organiser, event, members


async def own(house: House, member: Somebody) -> Thing:
    """Somebody's latest registration, as it is now."""
    page = thing(await house.get("/api/v1/cells/midlands/registrations?limit=1", member))
    registration: Thing = page["items"][0]
    return registration


async def statuses(house: House, members: list[Somebody]) -> list[tuple[str, int | None]]:
    return [(r["status"], r["place_in_line"]) for r in [await own(house, member) for member in members]]


async def test_a_place_given_up_goes_to_the_first_in_line(house: House) -> None:
    _, event, members = await filled(house, places=1, people=3)

    cancelled = thing(await house.cancel(await own(house, members[0]), members[0]))

    assert (cancelled["status"], cancelled["version"]) == ("cancelled", 2)
    assert await statuses(house, members) == [("cancelled", None), ("confirmed", None), ("waiting", 1)]
    promoted = await own(house, members[1])
    assert (await house.signals())[-2:] == [
        {
            "type": "registration-cancelled",
            "registration_id": cancelled["id"],
            "event_id": event["id"],
            "person_id": str(members[0].person_id),
            "status": "cancelled",
            "code": cancelled["code"],
            "registered_at": cancelled["registered_at"],
            "waited": False,
            "attended_at": None,
            "version": 2,
        },
        {
            "type": "registration-promoted",
            "registration_id": promoted["id"],
            "event_id": event["id"],
            "person_id": str(members[1].person_id),
            "status": "confirmed",
            "code": promoted["code"],
            "registered_at": promoted["registered_at"],
            "waited": True,
            "attended_at": None,
            "version": 2,
        },
    ]


async def test_cancellation_and_promotion_are_one_transaction(house: House) -> None:
    _, _, members = await filled(house, places=1, people=2)
    first = await own(house, members[0])

    await house.cancel(first, members[0])

    async with house.worker.reading() as conn:
        transactions = await conn.fetch(
            "SELECT DISTINCT xmin::text FROM registrations UNION SELECT xmin::text FROM events"
        )
    assert len(transactions) == 1


async def test_leaving_the_line_moves_those_behind_up_and_promotes_nobody(house: House) -> None:
    _, _, members = await filled(house, places=1, people=4)

    await house.cancel(await own(house, members[1]), members[1])

    assert await statuses(house, members) == [
        ("confirmed", None),
        ("cancelled", None),
        ("waiting", 1),
        ("waiting", 2),
    ]
    assert await house.signals("registration-promoted") == []


async def test_many_who_cancel_at_once_promote_as_many_from_the_front(house: House) -> None:
    organiser, event, members = await filled(house, places=8, people=20)
    leaving = [await own(house, member) for member in members[:5]]

    answers = await asyncio.gather(*(house.cancel(r, member) for r, member in zip(leaving, members[:5], strict=True)))

    assert {answer.status_code for answer in answers} == {200}
    promoted = [s["person_id"] for s in await house.signals("registration-promoted")]
    assert promoted == [str(member.person_id) for member in members[8:13]]
    assert await statuses(house, members[13:]) == [("waiting", place) for place in range(1, 8)]
    assert (await house.read(event, organiser))["confirmed"] == 8


async def test_more_places_go_to_the_line_in_the_same_transaction(house: House) -> None:
    organiser, event, members = await filled(house, places=2, people=6)

    raised = thing(await house.change(event, organiser, capacity=4))

    assert (raised["confirmed"], raised["waiting"], raised["is_full"]) == (4, 2, True)
    assert [status for status, _ in await statuses(house, members)] == ["confirmed"] * 4 + ["waiting"] * 2
    told = [s["type"] for s in await house.signals()][-3:]
    assert told == ["event-changed", "registration-promoted", "registration-promoted"]
    async with house.worker.reading() as conn:
        rows = await conn.fetch(
            "SELECT DISTINCT xmin::text FROM registrations WHERE version = 2 UNION SELECT xmin::text FROM events"
        )
    assert len(rows) == 1


async def test_a_long_line_moves_in_one_go(house: House) -> None:
    """Longer than what is looked at together."""
    from events_service.registrations import line

    organiser, event, members = await filled(house, places=1, people=8)
    whole, line.AT_A_TIME = line.AT_A_TIME, 3
    try:
        raised = thing(await house.change(event, organiser, capacity=7))
    finally:
        line.AT_A_TIME = whole

    assert (raised["confirmed"], raised["waiting"]) == (7, 1)
    assert await statuses(house, members[6:]) == [("confirmed", None), ("waiting", 1)]


async def test_fewer_places_than_are_confirmed_are_refused_with_their_number(house: House) -> None:
    organiser, event, _ = await filled(house, places=3, people=3)
    before = await house.state()

    answer = await house.change(event, organiser, capacity=2)

    assert problem(answer) == (
        409,
        "capacity-below-confirmed",
        "3 people are confirmed: there cannot be fewer places than that.",
    )
    assert thing(answer)["confirmed"] == 3
    assert await house.state() == before


async def test_who_lost_eligibility_is_passed_over_flagged_and_keeps_the_place_in_line(house: House) -> None:
    organiser = await house.organiser()
    event = await house.published(organiser, capacity=1)
    first, gone, next_one = await house.member(), await house.directory.person(), await house.member()
    membership = await house.directory.membership(gone.person_id, RWP)
    for person in (first, gone, next_one):
        await house.registered(event, person)
    await house.end_membership(membership, gone.person_id)

    await house.cancel(await own(house, first), first)

    assert await statuses(house, [gone, next_one]) == [("waiting", 1), ("confirmed", None)]
    door = thing(await house.get(f"{event['url']}/registrations?status=waiting", organiser))["items"]
    assert [(entry["person_id"], entry["flag"]) for entry in door] == [(str(gone.person_id), "no-member")]


async def test_who_may_come_again_goes_before_a_newcomer(house: House) -> None:
    event = await house.published(await house.organiser(), capacity=1)
    first, back, newcomer = await house.member(), await house.directory.person(), await house.member()
    membership = await house.directory.membership(back.person_id, RWP)
    for person in (first, back):
        await house.registered(event, person)
    await house.end_membership(membership, back.person_id)
    await house.cancel(await own(house, first), first)
    await house.directory.membership(back.person_id, MIDLANDS, since=clock.today())

    late = await house.registered(event, newcomer)

    assert (await own(house, back))["status"] == "confirmed"
    assert (late["status"], late["place_in_line"]) == ("waiting", 1)


async def test_a_wider_rule_lets_those_in_who_wait(house: House) -> None:
    organiser = await house.organiser()
    event = await house.published(organiser, capacity=1)
    first, waiting = await house.member(), await house.member()
    for person in (first, waiting):
        await house.registered(event, person)
    narrow = thing(await house.change(event, organiser, rule={"sectors": ["ambulance"]}))
    await house.cancel(await own(house, first), first)
    assert (await own(house, waiting))["status"] == "waiting"

    wide = await house.change(narrow, organiser, rule={"networks": [str(network_id(MIDLANDS))]})

    assert wide.status_code == 200
    assert (await own(house, waiting))["status"] == "confirmed"


async def test_after_a_cancellation_one_registers_again_at_the_end(house: House) -> None:
    _, event, members = await filled(house, places=1, people=3)
    before = await own(house, members[0])
    await house.cancel(before, members[0])

    again = await house.registered(event, members[0])

    assert (again["status"], again["place_in_line"]) == ("waiting", 2)
    assert again["id"] != before["id"]
    assert again["code"] != before["code"]


async def test_cancelling_twice_is_refused_and_frees_one_place(house: House) -> None:
    _, _, members = await filled(house, places=1, people=3)
    first = await own(house, members[0])

    answers = await asyncio.gather(*(house.cancel(first, members[0]) for _ in range(5)))

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]
    refusals = {problem(answer)[1:] for answer in answers if answer.status_code == 409}
    assert refusals == {("already-cancelled", "This registration has been cancelled before.")}
    assert len(await house.signals("registration-promoted")) == 1


async def test_a_repeated_cancellation_with_its_key_gives_the_first_answer(house: House) -> None:
    _, _, members = await filled(house, places=1, people=2)
    url, key = f"{(await own(house, members[0]))['url']}/cancel", {"Idempotency-Key": "leave"}

    first, again = await house.post(url, members[0], **key), await house.post(url, members[0], **key)

    assert (again.status_code, thing(again)) == (200, thing(first))
    assert again.headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize("end", ["cancelled", "past"])
async def test_when_all_is_over_nobody_cancels(house: House, end: str) -> None:
    organiser, event, members = await filled(house, places=1, people=2)
    registration = await own(house, members[0])
    await (house.cancel(event, organiser) if end == "cancelled" else house.let_it_pass(event))
    before = await house.state()

    refusal = problem(await house.cancel(registration, members[0]))

    assert refusal[:2] == (409, f"event-{end}")
    assert await house.state() == before


async def test_an_organiser_cancels_for_somebody_and_others_do_not(house: House) -> None:
    organiser, _, members = await filled(house, places=1, people=2)
    steward, london = await house.organiser(role="steward"), await house.organiser(LONDON, role="lead")
    registration = await own(house, members[0])
    before = await house.state()

    assert problem(await house.cancel(registration, members[1]))[:2] == (404, "not-found")
    assert problem(await house.cancel(registration, london))[:2] == (404, "not-found")
    assert problem(await house.cancel(registration, steward))[:2] == (403, "forbidden")
    foreign = registration | {"url": registration["url"].replace("midlands", "london")}
    assert problem(await house.cancel(foreign, members[0]))[:2] == (404, "not-found")
    assert await house.state() == before

    assert (await house.cancel(registration, organiser)).status_code == 200
    assert await statuses(house, members) == [("cancelled", None), ("confirmed", None)]


async def test_cancelling_an_event_leaves_its_registrations_as_they_are(house: House) -> None:
    organiser, event, members = await filled(house, places=1, people=2)

    await house.cancel(event, organiser)

    assert await statuses(house, members) == [("confirmed", None), ("waiting", 1)]
