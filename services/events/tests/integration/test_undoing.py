"""A check-in by mistake: taken back within minutes by those at the door, and told to the world."""

from datetime import timedelta
from uuid import UUID, uuid4

import httpx
from events_house import LONDON, House, Thing, problem, thing
from open_doors import begun, scan, ticket_of

from access.testing import Somebody
from events_service.attendance.model import UNDONE_WITHIN


async def checked_in(house: House) -> tuple[Somebody, Thing, Somebody, Thing]:
    steward, event = await begun(house)
    member = await house.member()
    registration = await house.registered(event, member)
    await house.post(f"{event['url']}/check-ins", steward, {"registration_id": registration["id"]})
    return steward, event, member, registration


async def undo(house: House, event: Thing, registration_id: str, who: Somebody, **headers: str) -> httpx.Response:
    return await house.post(f"{event['url']}/check-ins/{registration_id}/undo", who, **headers)


async def test_a_mistake_is_taken_back_and_told(house: House) -> None:
    steward, event, member, registration = await checked_in(house)

    answer = await undo(house, event, registration["id"], steward)

    assert answer.status_code == 200
    assert (thing(answer)["attended_at"], thing(answer)["version"]) == (None, 3)
    assert (await house.read(registration, member))["attended_at"] is None
    recorded, withdrawn = await house.signals("attendance-recorded", "attendance-withdrawn")
    assert withdrawn == recorded | {"type": "attendance-withdrawn", "attended_at": None, "version": 3}


async def test_afterwards_the_ticket_lets_them_in_and_they_may_cancel(house: House) -> None:
    steward, event, member, registration = await checked_in(house)
    ticket = await ticket_of(house, registration, member)
    assert problem(await scan(house, event, steward, ticket))[1] == "already-checked-in"
    await undo(house, event, registration["id"], steward)

    assert (await scan(house, event, steward, ticket)).status_code == 200
    await undo(house, event, registration["id"], steward)
    assert (await house.cancel(registration, member)).status_code == 200


async def test_repeated_it_gives_the_same_answer_and_is_done_once(house: House) -> None:
    steward, event, _, registration = await checked_in(house)
    key = {"Idempotency-Key": str(uuid4())}

    answers = [await undo(house, event, registration["id"], steward, **key) for _ in range(3)]

    assert [answer.json() for answer in answers] == [answers[0].json()] * 3
    assert len(await house.signals("attendance-withdrawn")) == 1
    assert problem(await undo(house, event, registration["id"], steward)) == (
        409,
        "not-checked-in",
        "This registration has not been checked in.",
    )


async def test_after_a_while_it_stands(house: House) -> None:
    steward, event, _, registration = await checked_in(house)
    async with house.worker.transaction() as conn:
        await conn.execute(
            "UPDATE registrations SET attended_at = attended_at - $2::interval WHERE id = $1",
            UUID(registration["id"]),
            UNDONE_WITHIN + timedelta(seconds=1),
        )
    before = await house.state()

    assert problem(await undo(house, event, registration["id"], steward)) == (
        409,
        "too-late-to-undo",
        "A check-in can be undone for 15 minutes; this one stands.",
    )
    assert await house.state() == before


async def test_it_is_for_those_at_the_door_and_for_this_event(house: House) -> None:
    steward, event, member, registration = await checked_in(house)
    _, other = await begun(house)
    before = await house.state()

    for somebody in (member, await house.organiser(LONDON, role="lead")):
        assert problem(await undo(house, event, registration["id"], somebody))[:2] == (404, "not-found")
    assert problem(await undo(house, other, registration["id"], steward))[:2] == (404, "not-found")
    assert problem(await undo(house, event, str(uuid4()), steward))[:2] == (404, "not-found")
    assert await house.state() == before
