"""Requests that arrive together are served in one transaction, and nobody can tell from their own answer."""

import asyncio
from collections import Counter
from uuid import UUID, uuid4

import asyncpg
from events_house import RRK, RWP, House, Thing, in_days, network_id, problem, thing

from access.testing import Somebody
from events_service.gatherings import store as gatherings
from events_service.registrations import actions
from events_service.registrations.actions import Wish
from events_service.registrations.model import NotEligible
from servicekit import clock
from servicekit.command import Command
from servicekit.database import Conn, Held
from servicekit.ids import new_id

PLACES, RACERS = 400, 600


def a_wish(event: Thing, who: Somebody) -> Wish:
    return Wish(
        cell="midlands", event_id=UUID(event["id"]), person_id=who.person_id, id=new_id(), command=Command("POST")
    )


async def transactions(house: House) -> int:
    """How many transactions have registered somebody."""
    async with house.worker.reading() as conn:
        count: int = await conn.fetchval("SELECT count(DISTINCT xmin::text) FROM registrations")
    return count


async def test_a_rush_for_one_event_is_served_in_few_transactions(house: House) -> None:
    event = await house.published(await house.organiser(), capacity=PLACES)
    people = [await house.member() for _ in range(40)]

    answers = await asyncio.gather(*(house.register(event, person) for person in people))

    assert {answer.status_code for answer in answers} == {201}
    assert await transactions(house) < 20


async def test_six_hundred_at_once_for_four_hundred_places_of_two_events(house: House) -> None:
    """Oversold 0, undersold 0, each line without a gap, and each signal in the order of its event's places."""
    organiser = await house.organiser()
    hot, other = await house.published(organiser, capacity=PLACES), await house.published(organiser, capacity=7)
    people = [await house.member() for _ in range(RACERS)]

    answers = await asyncio.gather(
        *(house.register(hot, person) for person in people), *(house.register(other, person) for person in people[:20])
    )

    assert Counter(answer.status_code for answer in answers) == {201: RACERS + 20}
    for event, places, came in ((hot, PLACES, RACERS), (other, 7, 20)):
        given = [r for r in map(thing, answers) if r["event_id"] == event["id"]]
        lined_up = sorted(r["place_in_line"] for r in given if r["status"] == "waiting")
        assert Counter(r["status"] for r in given) == {"confirmed": places, "waiting": came - places}
        assert lined_up == list(range(1, came - places + 1))
        told = [s for s in await house.signals() if s.get("event_id") == event["id"] and "registration_id" in s]
        async with house.worker.reading() as conn:
            rows = await conn.fetch(
                "SELECT id FROM registrations WHERE event_id = $1 ORDER BY place", UUID(event["id"])
            )
        assert [s["registration_id"] for s in told] == [str(row["id"]) for row in rows]


async def test_a_refusal_concerns_nobody_else_in_the_group(house: House) -> None:
    organiser = await house.organiser()
    event = await house.published(organiser, rule={"networks": [str(network_id(RWP))]})
    cancelled, draft = await house.published(organiser), await house.draft(organiser)
    await house.cancel(cancelled, organiser)
    twice, stranger = await house.member(), await house.member(RRK)
    await house.registered(event, twice)
    members = [await house.member() for _ in range(3)]
    gone = {"url": f"/api/v1/cells/midlands/events/{uuid4()}"}

    answers = await asyncio.gather(
        house.register(event, members[0]),
        house.register(event, twice),
        house.register(event, stranger),
        house.register(cancelled, members[0]),
        house.register(draft, members[0]),
        house.register(gone, members[0]),
        house.register({"url": event["url"].replace("midlands", "london")}, members[0]),
        *(house.register(event, member) for member in members[1:]),
    )

    assert [answer.status_code for answer in answers] == [201, 409, 403, 409, 404, 404, 404, 201, 201]
    assert [problem(answer)[1] for answer in answers[1:7]] == [
        "already-registered",
        "not-eligible",
        "event-cancelled",
        "not-found",
        "not-found",
        "not-found",
    ]
    assert (await house.read(event, organiser))["confirmed"] == 4
    assert len(await house.signals("registration-confirmed")) == 4


async def test_each_of_a_group_is_told_of_its_own_signal(house: House) -> None:
    event = await house.published(await house.organiser())
    people = [await house.member() for _ in range(8)]
    traces = [f"00-{number:032x}-{number:016x}-01" for number in range(1, 9)]
    url = f"{event['url']}/registrations"

    answers = await asyncio.gather(
        *(house.post(url, person, traceparent=trace) for person, trace in zip(people, traces, strict=True))
    )

    async with house.worker.reading() as conn:
        rows = await conn.fetch(
            "SELECT id, subject, convert_from(body, 'UTF8')::json->>'traceparent' AS trace  FROM servicekit.outbox"
        )
    told = {row["subject"]: (f"midlands.events:{row['id']}", row["trace"]) for row in rows}
    for answer, trace in zip(answers, traces, strict=True):
        assert (answer.headers["guildhall-signal"], trace) == told[thing(answer)["id"]]


async def test_twins_of_one_group_register_once(house: House) -> None:
    """To the database they would be one: the lock of a key is re-entrant."""
    event, member = await house.published(await house.organiser()), await house.member()
    url = f"{event['url']}/registrations"

    answers = await asyncio.gather(
        house.post(url, member, **{"Idempotency-Key": "twin"}),
        house.post(url, member, **{"Idempotency-Key": "twin"}),
        house.post(url, member, {}, **{"Idempotency-Key": "twin"}),
    )
    again = await house.post(url, member, **{"Idempotency-Key": "twin"})

    assert sorted(answer.status_code for answer in answers)[0] == 201
    assert {problem(a)[1] for a in answers if a.status_code != 201} <= {"in-flight", "idempotency-key-reused"}
    assert len(await house.signals("registration-confirmed")) == 1
    assert again.headers["idempotent-replayed"] == "true"
    [first] = [thing(answer) for answer in answers if answer.status_code == 201][:1]
    assert thing(again) == first


async def test_an_unexpected_failure_of_one_is_its_own(house_of_its_own: House) -> None:
    """The group's transaction fails as a whole; then each is served alone."""
    house = house_of_its_own
    event = await house.published(await house.organiser())
    people = [await house.member() for _ in range(6)]
    owner = await asyncpg.connect(house.database.owner)
    await owner.execute(
        f"ALTER TABLE registrations ADD CONSTRAINT not_them CHECK (person_id <> '{people[3].person_id}')"
    )
    await owner.close()

    answers = await asyncio.gather(*(house.register(event, person) for person in people))

    assert [answer.status_code for answer in answers] == [201, 201, 201, 500, 201, 201]
    assert problem(answers[3])[1] == "failed"
    assert (await house.read(event, await house.organiser()))["confirmed"] == 5
    assert len(await house.signals("registration-confirmed")) == 5


async def test_a_group_whose_connection_is_cut_says_so_to_everybody(house_of_its_own: House) -> None:
    """Nobody is told that they have a place which nobody has; afterwards everything goes on."""
    house = house_of_its_own
    event = await house.published(await house.organiser())
    people = [await house.member() for _ in range(6)]
    admin = await asyncpg.connect(house.database.admin)
    await admin.execute(
        """
        CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS
        $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
        CREATE TRIGGER cut AFTER INSERT ON registrations EXECUTE FUNCTION cut()
        """
    )

    answers = await asyncio.gather(*(house.register(event, person) for person in people))
    await admin.execute("DROP TRIGGER cut ON registrations")
    await admin.close()

    assert {problem(answer)[:2] for answer in answers} == {(503, "unavailable")}
    assert (await house.read(event, await house.organiser()))["confirmed"] == 0
    assert await house.signals("registration-confirmed") == []
    assert {(await house.register(event, person)).status_code for person in people} == {201}


async def test_a_group_sees_the_events_that_it_has_locked_and_nothing_else(house: House) -> None:
    organiser = await house.organiser()
    events = [await house.published(organiser) for _ in range(3)]
    one, two = await house.member(), await house.member()
    for event in events:
        await house.registered(event, one)
    await house.post(f"{events[0]['url']}/registrations", two, **{"Idempotency-Key": "kept"})

    async with house.api.group([]) as (conn, _):
        before = await conn.fetchval("SELECT count(*) FROM registrations")
        await gatherings.lock_free(conn, {("midlands", UUID(event["id"])) for event in events[:2]})
        locked = await conn.fetch("SELECT event_id, person_id FROM registrations")
        answers = await conn.fetchval("SELECT count(*) FROM servicekit.idempotency_keys")
        memberships = await conn.fetchval("SELECT count(*) FROM access_memberships")
        names = await conn.fetchval("SELECT count(*) FROM access_identities")

    assert before == 0
    assert Counter(str(row["event_id"]) for row in locked) == {events[0]["id"]: 2, events[1]["id"]: 1}
    assert (answers, memberships, names) == (0, 0, 0)


async def test_without_admission_a_group_could_register_nobody(house: House) -> None:
    """The second wall stands in a group too: were it not there, this would pass."""
    event, member = await house.published(await house.organiser()), await house.member()

    async def unadmitted(conn: Conn, wanted: object) -> gatherings.Locked:
        return {("midlands", UUID(event["id"])): await gatherings.get(conn, "midlands", UUID(event["id"]))}

    async with house.api.group([]) as (conn, _):
        [outcome] = await actions.register(
            conn, [a_wish(event, member)], draw_code=lambda: "34679ACD", at=clock.now(), lock=unadmitted
        )
    assert isinstance(outcome, NotEligible), "their memberships are not seen"


async def test_an_event_that_somebody_holds_holds_up_nobody_else(house: House) -> None:
    organiser = await house.organiser()
    held, free = await house.published(organiser), await house.published(organiser)
    people = [await house.member() for _ in range(4)]

    async with house.worker.transaction() as conn:
        await gatherings.lock(conn, "midlands", UUID(held["id"]))
        waiting = [asyncio.create_task(house.register(held, person)) for person in people]
        answers = await asyncio.gather(*(house.register(free, person) for person in people))
        assert {answer.status_code for answer in answers} == {201}
        assert not any(task.done() for task in waiting)
    late = await asyncio.gather(*waiting)

    assert {answer.status_code for answer in late} == {201}
    assert (await house.read(held, organiser))["confirmed"] == 4


async def test_a_held_event_is_said_to_be_held(house: House) -> None:
    event = await house.published(await house.organiser())
    wanted = ("midlands", UUID(event["id"]))

    async with house.worker.transaction() as holder, house.api.group([]) as (conn, _):
        await gatherings.lock(holder, *wanted)
        locked = await gatherings.lock_free(conn, {wanted})

    assert isinstance(locked[wanted], Held)


async def test_a_crowd_at_the_door_is_let_in_together(house: House) -> None:
    event = await house.published(await house.organiser(), starts=in_days(1), ends=in_days(1, hour=16), capacity=30)
    async with house.worker.transaction() as conn:
        await conn.execute("UPDATE events SET starts_at = $1", clock.now())
    steward, door = await house.organiser(role="steward"), f"{event['url']}/check-ins"
    there = [await house.registered(event, await house.member()) for _ in range(30)]
    waiting = await house.registered(event, await house.member())

    answers = await asyncio.gather(
        *(house.post(door, steward, {"registration_id": r["id"]}) for r in there[:15]),
        *(house.post(door, steward, {"code": r["code"]}) for r in there[10:]),
        house.post(door, steward, {"code": waiting["code"]}),
        house.post(door, steward, {"code": "Y4Y4Y4Y4"}),
        house.post(door, steward, {"registration_id": str(uuid4())}),
    )

    assert Counter(answer.status_code for answer in answers) == {200: 35, 409: 1, 404: 2}
    assert Counter(thing(answer)["already"] for answer in answers[:35]) == {False: 30, True: 5}
    told = await house.signals("attendance-recorded")
    assert Counter(signal["version"] for signal in told) == {2: 30}
    async with house.worker.reading() as conn:
        count = await conn.fetchval("SELECT count(*) FROM registrations WHERE attended_at IS NOT NULL AND version = 2")
        times = await conn.fetchval(
            "SELECT count(DISTINCT xmin::text) FROM registrations WHERE attended_at IS NOT NULL"
        )
    assert count == 30
    assert times < 30, "several in one transaction"
