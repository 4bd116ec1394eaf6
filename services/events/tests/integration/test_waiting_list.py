"""The waiting list against a plain list: whatever people do, in whatever order, both come out the same."""

from dataclasses import dataclass, field
from datetime import timedelta
from operator import add
from uuid import UUID

import pytest
from events_house import House, Thing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from registering import register_one

from access.principal import Principal
from access.testing import Somebody
from events_service.gatherings import actions as gatherings
from events_service.gatherings.model import CapacityBelowConfirmed
from events_service.gatherings.plan import Changes
from events_service.registrations import actions, lookups, loops, store
from events_service.registrations.model import AlreadyRegistered, NotEligible
from servicekit import clock
from servicekit.ids import new_id

PEOPLE = 7
Command = tuple[str, int]
SOMEBODY = st.integers(0, PEOPLE - 1)
FIRST_RUSH = st.permutations(range(PEOPLE)).map(lambda order: [("register", number) for number in order])
WHATEVER = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["register", "cancel", "lapse", "come back"]), SOMEBODY),
        st.tuples(st.just("capacity"), st.integers(1, 5)),
        st.tuples(st.just("look through"), st.just(0)),
    ),
    min_size=8,
    max_size=20,
)
COMMANDS: st.SearchStrategy[list[Command]] = st.builds(add, FIRST_RUSH, WHATEVER)


@dataclass
class PlainList:
    """What should be, said as simply as it can be."""

    capacity: int
    confirmed: list[int] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)
    lapsed: set[int] = field(default_factory=set)

    def do(self, verb: str, number: int) -> str:
        """The name of the refusal, or nothing."""
        match verb:
            case "register" if number in self.confirmed + self.waiting:
                return "AlreadyRegistered"
            case "register" if number in self.lapsed:
                return "NotEligible"
            case "register":
                self._move_up()
                (self.confirmed if len(self.confirmed) < self.capacity else self.waiting).append(number)
            case "cancel":
                self.confirmed = [one for one in self.confirmed if one != number]
                self.waiting = [one for one in self.waiting if one != number]
                self._move_up()
            case "capacity" if number < len(self.confirmed):
                return "CapacityBelowConfirmed"
            case "capacity" if number != self.capacity:
                self.capacity = number
                self._move_up()
            case "lapse":
                self.lapsed.add(number)
            case "come back":
                self.lapsed.discard(number)
            case "look through":
                self._move_up()
        return ""

    def _move_up(self) -> None:
        for number in list(self.waiting):
            if len(self.confirmed) < self.capacity and number not in self.lapsed:
                self.waiting.remove(number)
                self.confirmed.append(number)


@dataclass
class RealList:
    """The same through our own actions, each in a transaction of whoever acts, as the API's role."""

    house: House
    event: Thing
    people: list[Somebody]
    organiser: Somebody

    async def do(self, verb: str, number: int) -> str:
        try:
            await self._do(verb, number)
        except (AlreadyRegistered, NotEligible, CapacityBelowConfirmed) as refusal:
            return type(refusal).__name__
        return ""

    async def _do(self, verb: str, number: int) -> None:
        match verb:
            case "register":
                await self._register(self.people[number])
            case "cancel":
                await self._cancel(self.people[number])
            case "capacity":
                await self._set_capacity(number)
            case "look through":
                await loops.look_through_once(self.house.worker, at=clock.now())
            case "lapse":
                await self.end_membership(self.people[number], days_ago=1)
            case "come back":
                await self.end_membership(self.people[number], days_ago=None)

    async def _register(self, who: Somebody) -> None:
        async with self.house.api.transaction(_scope(who)) as conn:
            registration_id = new_id()
            await register_one(
                conn,
                "midlands",
                UUID(self.event["id"]),
                who.person_id,
                id=registration_id,
                draw_code=lambda: registration_id.hex[-8:],
                at=clock.now(),
            )

    async def _cancel(self, who: Somebody) -> None:
        async with self.house.api.transaction(_scope(who)) as conn:
            live = await lookups.live_of(conn, [(UUID(self.event["id"]), who.person_id)])
            for found in live.values():
                await actions.cancel(conn, "midlands", found.id, at=clock.now())

    async def _set_capacity(self, places: int) -> None:
        event_id = UUID(self.event["id"])
        async with self.house.api.transaction(_scope(self.organiser)) as conn:
            seen = await conn.fetchval("SELECT version FROM events WHERE id = $1", event_id)
            changes = Changes(capacity=places)
            await gatherings.change(conn, "midlands", event_id, changes, seen=seen, at=clock.now())

    async def end_membership(self, who: Somebody, *, days_ago: int | None) -> None:
        until = None if days_ago is None else clock.today() - timedelta(days=days_ago)
        async with self.house.worker.transaction() as conn:
            await conn.execute("UPDATE access_memberships SET until = $2 WHERE person_id = $1", who.person_id, until)

    async def state(self) -> tuple[list[int], list[int]]:
        """Numbers of the confirmed, sorted, and of those in line, in the order in which each is told their place."""
        places: dict[int, int] = {}
        confirmed = []
        for number, person in enumerate(self.people):
            async with self.house.api.reading(_scope(person)) as conn:
                standing = (await store.of_person(conn, "midlands", person.person_id, before=None, limit=1))[:1]
            for one in standing:
                if one.registration.event_id != UUID(self.event["id"]):
                    continue
                if one.place_in_line is not None:
                    places[one.place_in_line] = number
                elif one.registration.status == "confirmed":
                    confirmed.append(number)
        assert sorted(places) == list(range(1, len(places) + 1)), "places in line have a gap, or one twice"
        return confirmed, [places[place] for place in sorted(places)]


def _scope(who: Somebody) -> Principal:
    return Principal(identity=str(who.person_id), issuer="test", person_id=who.person_id)


@dataclass
class Crowd:
    organiser: Somebody
    people: list[Somebody]


@pytest.fixture
async def crowd(house: House) -> Crowd:
    return Crowd(await house.organiser(), [await house.member() for _ in range(PEOPLE)])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(commands=COMMANDS, capacity=st.integers(1, 4))
async def test_it_is_as_simple_as_a_list(house: House, crowd: Crowd, commands: list[Command], capacity: int) -> None:
    await house.directory.heartbeat()  # all examples together may take longer than a heartbeat lasts
    event = await house.published(crowd.organiser, capacity=capacity)
    real, plain = RealList(house, event, crowd.people, crowd.organiser), PlainList(capacity)

    for verb, number in commands:
        assert await real.do(verb, number) == plain.do(verb, number), (verb, number)
        assert await real.state() == (sorted(plain.confirmed), plain.waiting), (verb, number)

    await the_counts_agree(house, event, plain)
    await the_signals_tell_the_same(house, event)
    for person in crowd.people:
        await real.end_membership(person, days_ago=None)


async def the_counts_agree(house: House, event: Thing, plain: PlainList) -> None:
    async with house.worker.reading() as conn:
        row = await conn.fetchrow(
            """
            SELECT confirmed, waiting, capacity,
                   (SELECT count(*) FROM registrations r WHERE r.event_id = e.id AND r.status = 'confirmed') AS held,
                   (SELECT array_agg(place ORDER BY place) FROM waiting_places w WHERE w.event_id = e.id) AS line,
                   (SELECT array_agg(place ORDER BY place) FROM registrations r
                     WHERE r.event_id = e.id AND r.status = 'waiting') AS waits
              FROM events e WHERE id = $1
            """,
            UUID(event["id"]),
        )
    assert row is not None
    assert (row["confirmed"], row["waiting"]) == (len(plain.confirmed), len(plain.waiting))
    assert row["held"] == row["confirmed"] <= row["capacity"] == plain.capacity
    assert row["line"] == row["waits"]


async def the_signals_tell_the_same(house: House, event: Thing) -> None:
    """Whoever keeps the highest version of each registration has our table."""
    newest: dict[str, Thing] = {}
    for signal in await house.signals():
        if signal.get("event_id") == event["id"] and "registration_id" in signal:
            before = newest.get(signal["registration_id"])
            assert before is None or before["version"] + 1 == signal["version"]
            newest[signal["registration_id"]] = signal
    async with house.worker.reading() as conn:
        rows = await conn.fetch(
            "SELECT id, status, code, waited, version FROM registrations WHERE event_id = $1", UUID(event["id"])
        )
    kept = {str(row["id"]): (row["status"], row["code"], row["waited"], row["version"]) for row in rows}
    assert kept == {name: (s["status"], s["code"], s["waited"], s["version"]) for name, s in newest.items()}
