"""Registering over HTTP: a place while there is one, then the line; every refusal, and that it left nothing behind."""

import asyncio
from uuid import UUID

import pytest
from events_house import LONDON, House, problem, thing
from registering import register_one

from servicekit import clock
from servicekit.ids import new_id


async def test_a_member_gets_a_place_and_a_code(house: House) -> None:
    event, member = await house.published(await house.organiser()), await house.member()

    answer = await house.register(event, member)

    registration = thing(answer)
    assert answer.status_code == 201
    assert (registration["status"], registration["place_in_line"], registration["version"]) == ("confirmed", None, 1)
    assert len(registration["code"]) == 8
    assert registration["url"] == f"/api/v1/cells/midlands/registrations/{registration['id']}"
    assert await house.read(registration, member) == registration
    assert (await house.signals())[-1] == {
        "type": "registration-confirmed",
        "registration_id": registration["id"],
        "event_id": event["id"],
        "person_id": str(member.person_id),
        "status": "confirmed",
        "code": registration["code"],
        "registered_at": registration["registered_at"],
        "waited": False,
        "attended_at": None,
        "version": 1,
    }


async def test_signals_of_registrations_are_keyed_by_the_event_and_follow_it(house: House) -> None:
    event, member = await house.published(await house.organiser()), await house.member()
    registration = await house.registered(event, member)

    async with house.worker.reading() as conn:
        rows = await conn.fetch("SELECT topic, key, subject FROM servicekit.outbox ORDER BY position")

    assert [tuple(row) for row in rows] == [
        ("midlands.events", event["id"], event["id"]),
        ("midlands.events", event["id"], registration["id"]),
    ]


async def test_a_full_event_has_a_line(house: House) -> None:
    event = await house.published(await house.organiser(), capacity=1)
    people = [await house.member() for _ in range(3)]

    registrations = [await house.registered(event, person) for person in people]

    assert [(r["status"], r["place_in_line"]) for r in registrations] == [
        ("confirmed", None),
        ("waiting", 1),
        ("waiting", 2),
    ]
    waitlisted = await house.signals("registration-waitlisted")
    assert [(s["status"], s["waited"], s["place_in_line"]) for s in waitlisted] == [
        ("waiting", True, 1),
        ("waiting", True, 2),
    ]
    assert (await house.read(event, people[0]))["is_full"]


async def test_sixty_people_at_once_for_twenty_places(house: House) -> None:
    """Positions agree with the order in which the event's row was locked, which is that of the signals."""
    organiser = await house.organiser()
    event = await house.published(organiser, capacity=20)
    people = [await house.member() for _ in range(60)]

    answers = await asyncio.gather(*(house.register(event, person) for person in people))

    assert {answer.status_code for answer in answers} == {201}
    registrations = {r["id"]: r for r in map(thing, answers)}
    confirmed = [r for r in registrations.values() if r["status"] == "confirmed"]
    waiting = [r for r in registrations.values() if r["status"] == "waiting"]
    assert (len(confirmed), len(waiting)) == (20, 40)
    assert sorted(r["place_in_line"] for r in waiting) == list(range(1, 41))
    assert len({r["code"] for r in registrations.values()}) == 60
    told = await house.signals("registration-confirmed", "registration-waitlisted")
    assert [s["type"] for s in told] == ["registration-confirmed"] * 20 + ["registration-waitlisted"] * 40
    assert [registrations[s["registration_id"]]["place_in_line"] for s in told[20:]] == list(range(1, 41))
    shown = await house.read(event, organiser)
    assert (shown["confirmed"], shown["waiting"]) == (20, 40)


async def test_who_asks_later_stands_further_back(house: House) -> None:
    """Requests that did not overlap: nobody passes anybody."""
    event = await house.published(await house.organiser(), capacity=1)
    first = [await house.member() for _ in range(6)]
    later = [await house.member() for _ in range(6)]

    early = [thing(a) for a in await asyncio.gather(*(house.register(event, person) for person in first))]
    late = [thing(a) for a in await asyncio.gather(*(house.register(event, person) for person in later))]

    assert max(r["place_in_line"] or 0 for r in early) < min(r["place_in_line"] for r in late)


async def test_registering_twice_is_refused_with_the_registration(house: House) -> None:
    event = await house.published(await house.organiser(), capacity=1)
    first, second = await house.member(), await house.member()
    standing = [await house.registered(event, first), await house.registered(event, second)]
    before = await house.state()

    answers = [await house.register(event, first), await house.register(event, second)]

    assert [problem(answer) for answer in answers] == [
        (409, "already-registered", "You are registered for this event already: you have a place."),
        (409, "already-registered", "You are registered for this event already: you are on the waiting list."),
    ]
    assert [thing(a)["registration"]["id"] for a in answers] == [r["id"] for r in standing]
    assert [thing(a)["registration"]["url"] for a in answers] == [r["url"] for r in standing]
    assert await house.state() == before


async def test_one_person_who_asks_ten_times_at_once_has_one_place(house: House) -> None:
    event, member = await house.published(await house.organiser()), await house.member()

    answers = await asyncio.gather(*(house.register(event, member) for _ in range(10)))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9
    assert len(await house.signals("registration-confirmed")) == 1


async def test_a_cancelled_event_takes_nobody(house: House) -> None:
    organiser, member = await house.organiser(), await house.member()
    event = await house.published(organiser)
    await house.cancel(event, organiser)
    before = await house.state()

    refusal = problem(await house.register(event, member))

    assert refusal == (409, "event-cancelled", '"Winter masterclass" has been cancelled.')
    assert await house.state() == before


async def test_a_past_event_takes_nobody(house: House) -> None:
    event, member = await house.published(await house.organiser()), await house.member()
    await house.let_it_pass(event)
    before = await house.state()

    status, code, words = problem(await house.register(event, member))

    assert (status, code) == (409, "event-past")
    assert words.startswith('"Winter masterclass" ended at ')
    assert await house.state() == before


async def test_a_draft_is_nothing_to_register_for(house: House) -> None:
    organiser = await house.organiser()
    draft = await house.draft(organiser)

    assert problem(await house.register(draft, organiser))[:2] == (404, "not-found")
    assert await house.signals() == []


async def test_the_same_key_gives_the_same_answer_and_one_registration(house: House) -> None:
    event, member = await house.published(await house.organiser()), await house.member()
    url, key = f"{event['url']}/registrations", {"Idempotency-Key": "once"}

    first = await house.post(url, member, **key)
    again = await house.post(url, member, **key)
    other_body = await house.post(url, member, {}, **key)

    assert (first.status_code, again.status_code) == (201, 201)
    assert thing(first) == thing(again)
    assert again.headers["guildhall-signal"] == first.headers["guildhall-signal"]
    assert problem(other_body)[:2] == (422, "idempotency-key-reused")
    assert len(await house.signals("registration-confirmed")) == 1


async def test_one_key_sent_ten_times_at_once_registers_once(house: House) -> None:
    event, member = await house.published(await house.organiser()), await house.member()
    url = f"{event['url']}/registrations"

    answers = await asyncio.gather(*(house.post(url, member, **{"Idempotency-Key": "race"}) for _ in range(10)))

    codes = {(answer.status_code, thing(answer).get("code")) for answer in answers if answer.status_code != 201}
    assert codes <= {(409, "in-flight")}
    assert len({thing(answer)["id"] for answer in answers if answer.status_code == 201}) == 1
    assert len(await house.signals("registration-confirmed")) == 1


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b'{"seat": 4}', 422, "invalid"),
        (b'{"person_id": "0190b3a0-7c1e-7000-8000-000000000001"}', 422, "invalid"),
        (b"{", 400, "not-json"),
        (b'{"note": "' + b"x" * 2_000_000 + b'"}', 413, "too-large"),
    ],
)
async def test_a_body_that_says_something_is_refused(house: House, content: bytes, status: int, code: str) -> None:
    event, member = await house.published(await house.organiser()), await house.member()
    before = await house.state()

    answer = await house.http.post(
        f"{event['url']}/registrations",
        content=content,
        headers=member.bearer | {"Content-Type": "application/json"},
    )

    assert problem(answer)[:2] == (status, code)
    assert await house.state() == before


async def test_a_registration_is_read_by_its_owner_and_at_its_events_network(house: House) -> None:
    organiser, steward = await house.organiser(), await house.organiser(role="steward")
    owner, other = await house.member(), await house.member()
    elsewhere = await house.organiser(LONDON, role="lead")
    registration = await house.registered(await house.published(organiser), owner)

    for somebody in (owner, organiser, steward):
        assert await house.read(registration, somebody) == registration
    for somebody in (other, elsewhere):
        assert problem(await house.get(registration["url"], somebody))[:2] == (404, "not-found")
    foreign = registration["url"].replace("midlands", "london")
    assert problem(await house.get(foreign, owner))[:2] == (404, "not-found")


async def test_own_registrations_page_by_page_the_latest_first(house: House) -> None:
    organiser, member, other = await house.organiser(), await house.member(), await house.member()
    events = [await house.published(organiser, capacity=1) for _ in range(3)]
    await house.registered(events[1], other)
    own = [await house.registered(event, member) for event in events]
    url = "/api/v1/cells/midlands/registrations"

    first = thing(await house.get(f"{url}?limit=2", member))
    second = thing(await house.get(f"{url}?limit=2&cursor={first['next']}", member))

    assert first["items"] + second["items"] == own[::-1]
    assert second["next"] is None
    assert [r["place_in_line"] for r in own] == [None, 1, None]
    assert thing(await house.get("/api/v1/cells/london/registrations", member))["items"] == []


async def test_a_code_taken_already_is_drawn_again(house: House) -> None:
    event = await house.published(await house.organiser())
    first = await house.registered(event, await house.member())
    member = await house.member()
    codes = iter([first["code"], first["code"], "Y4Y4Y4Y4"])

    async with house.worker.transaction() as conn:
        standing = await register_one(
            conn,
            "midlands",
            UUID(event["id"]),
            member.person_id,
            id=new_id(),
            draw_code=lambda: next(codes),
            at=clock.now(),
        )

    assert standing.registration.code == "Y4Y4Y4Y4"
    assert (await house.read(event, await house.organiser()))["confirmed"] == 2
