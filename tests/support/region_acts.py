"""What happens in a region before, while and after it stands alone; and what each person is to be told of it."""

import asyncio
import io
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from region_checker import Names
from region_evidence import Telling
from rich.console import Console

from guildhall_local import pauses
from guildhall_local.checker import databases
from guildhall_local.instance import SERVICES, Instance
from guildhall_local.story import cast, founding
from guildhall_local.story.asking import Asker
from guildhall_local.story.inputs import SMALL, Person, midlands, people
from guildhall_local.story.journal import Journal
from guildhall_local.story.organisations import open_trusts
from guildhall_local.story.plan import planned
from guildhall_local.story.stage import Stage
from guildhall_local.story.telling import Chapter

MEMBERS = 320
EVENTS = "/api/v1/cells/midlands/events"
FORUM, HUDDLE = "forum", "huddle"
FORUM_PLACES = 12
BEGINS_IN = timedelta(seconds=45)
LEAD, STEWARD = cast.MIDLANDS_LEAD, cast.STEWARD
MOVERS, EARLY, LATE, AT_THE_HUDDLE = slice(0, 3), slice(0, 8), slice(8, 20), slice(20, 26)
"""Of the region's members: who moves away, who registers before it stands alone, who while it does, who comes."""
LEAVES_UNHEARD = 3
"""Whose move nobody hears of before membership stops."""


def stopped(instance: Instance) -> list[str]:
    """Every process of Guildhall that is none of the region's own."""
    return [f"{service}-{process}" for service in SERVICES for process in ("serve", "work")]


@dataclass(slots=True)
class Region:
    """The acts in their order; `expected` grows with each."""

    stage: Stage
    expected: Counter[Telling] = field(default_factory=Counter)
    places: dict[str, dict[str, Any]] = field(default_factory=dict)
    """`sub` to their registration for the forum, as they were answered."""
    comers: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The same for the huddle."""
    gave_up: set[str] = field(default_factory=set)
    promoted: set[str] = field(default_factory=set)

    @property
    def instance(self) -> Instance:
        return self.stage.instance

    @property
    def members(self) -> list[Person]:
        """Those of the region's trusts, in an order that stays."""
        return [person for person in midlands(self.stage.members) if person.organisation.code]

    def subs(self, some: slice) -> list[str]:
        return [cast.sub_of(person) for person in self.members[some]]

    @property
    def movers(self) -> list[str]:
        return self.subs(MOVERS)

    @property
    def unheard(self) -> str:
        return cast.sub_of(self.members[LEAVES_UNHEARD])

    async def seed(self) -> None:
        """Networks, members by import, a lead and a steward of the region."""
        chapter = Chapter(Console(file=io.StringIO()))
        for act in (founding.bootstrap, founding.found_networks, founding.import_people):
            await act(self.stage, chapter)
        signals = [*await self._enter(LEAD, "national.midlands", "lead"), *await self._enter(STEWARD, None, "steward")]
        await self.stage.asker.await_applied(LEAD, EVENTS, signals, deed="await-grants")
        await self.sign_in(slice(0, AT_THE_HUDDLE.stop))

    async def sign_in(self, some: slice) -> None:
        """For the first time: their addresses say who they are."""
        linked = await asyncio.gather(*(founding.link(self.stage, sub) for sub in self.subs(some)))
        signals = [signal for few in linked for signal in few]
        await self.stage.asker.await_applied(LEAD, EVENTS, signals, deed="await-links")

    async def _enter(self, sub: str, network: str | None, role: str) -> list[str]:
        asker, nadia = self.stage.asker, self.stage.lead
        persona = cast.personas()[sub]
        given, _, family = persona.name.partition(" ")
        body = {"given_name": given, "family_name": family, "email": persona.email}
        person = (await asker.post(nadia, "/api/v1/people", body, deed="register-person")).body["id"]
        signals: list[str] = []
        if network:
            membership = {
                "person_id": person,
                "network_id": self.stage.networks[network],
                "since": self.stage.plan.cast_since.isoformat(),
                "job_role": "head-of-operations",
            }
            begun = await asker.post(nadia, "/api/v1/memberships", membership, deed="begin-membership")
            signals += begun.signals
        signals += await founding.link(self.stage, sub)
        grant = {"person_id": person, "role": role, "network_id": self.stage.networks["national.midlands"]}
        given_grant = await asker.post(nadia, "/api/v1/grants", grant, deed="give-grant")
        return [*signals, *given_grant.signals]

    async def open_events(self) -> None:
        """One far ahead, and one that is about to begin; every member of the region is told of both."""
        begins = datetime.now(UTC) + BEGINS_IN
        await self._publish(FORUM, begins + timedelta(days=90), places=FORUM_PLACES)
        await self._publish(HUDDLE, begins, places=50)
        everybody = [cast.sub_of(person) for person in midlands(self.stage.members)]
        for label in (FORUM, HUDDLE):
            self._expect(label, "event-announced", [*everybody, LEAD])

    async def _publish(self, label: str, starts: datetime, *, places: int) -> None:
        body = {
            "network_id": self.stage.networks["national.midlands"],
            "kind": "meeting",
            "title": f"Midlands {label}",
            "venue": "Board room, Birmingham",
            "starts": starts.replace(tzinfo=None).isoformat(),
            "ends": (starts + timedelta(hours=3)).replace(tzinfo=None).isoformat(),
            "zone": "UTC",
            "capacity": places,
        }
        drafted = await self.stage.asker.post(LEAD, EVENTS, body, deed="draft-event", about=label)
        self.stage.events[label] = drafted.body["id"]
        await self.stage.asker.post(LEAD, f"{self.event(label)}/publish", deed="publish-event", about=label)

    def event(self, label: str) -> str:
        return f"{EVENTS}/{self.stage.events[label]}"

    async def register(self, label: str, some: slice) -> None:
        """All at once, each for themselves."""
        subs = self.subs(some)
        path = f"{self.event(label)}/registrations"
        answers = await asyncio.gather(
            *(self.stage.asker.post(sub, path, deed="register", about=label, expect={201}) for sub in subs)
        )
        told_as = {"confirmed": "registration-confirmed", "waiting": "registration-waitlisted"}
        for sub, answer in zip(subs, answers, strict=True):
            (self.places if label == FORUM else self.comers)[sub] = answer.body
            self._expect(label, told_as[answer.body["status"]], [sub])

    async def give_up(self, subs: Sequence[str]) -> None:
        """Of the forum; whoever is first in line has the place."""
        for sub in subs:
            path = f"/api/v1/cells/midlands/registrations/{self.places[sub]['id']}/cancel"
            await self.stage.asker.post(sub, path, deed="cancel-registration", about=FORUM)
        self.gave_up |= set(subs)
        freed = self.in_line()[: len(subs)]
        self.promoted |= set(freed)
        self._expect(FORUM, "registration-cancelled", subs)
        self._expect(FORUM, "registration-promoted", freed)

    def in_line(self) -> list[str]:
        """Who still waits at the forum, the first first."""
        waiting = [(answer["place_in_line"], sub) for sub, answer in self.places.items() if sub not in self.promoted]
        return [sub for place, sub in sorted(waiting, key=lambda one: one[0] or 0) if place is not None]

    async def check_in(self) -> list[str]:
        """Everybody who came to the huddle, by the code that they show; their registrations."""
        path = f"{self.event(HUDDLE)}/check-ins"
        answers = await asyncio.gather(
            *(
                self.stage.asker.post(STEWARD, path, {"code": comer["code"]}, deed="check-in")
                for comer in self.comers.values()
            )
        )
        return [answer.body["registration_id"] for answer in answers]

    async def move(self, subs: Sequence[str]) -> list[str]:
        """To a trust in London, from today on; the signals that say so."""
        asker, nadia = self.stage.asker, self.stage.lead
        london = next(trust for trust in open_trusts() if trust.cell == "london")
        signals: list[str] = []
        for sub in subs:
            held = await asker.get(nadia, f"/api/v1/people/{self.stage.people[sub]}/memberships", deed="read")
            [membership] = held.body["items"]
            body = {
                "network_id": self.stage.networks[london.network],
                "on": self.stage.plan.day.isoformat(),
            }
            moved = await asker.post(
                nadia, f"/api/v1/memberships/{membership['id']}/move", body, deed="move-membership"
            )
            signals += moved.signals
        return signals

    async def change_the_room(self) -> None:
        """By the lead; everybody with a place or a place in line at the forum is told."""
        asker, path = self.stage.asker, self.event(FORUM)
        read = await asker.get(LEAD, path, deed="read-event")
        seen = {"if-match": read.headers["etag"]}
        await asker.ask(LEAD, "PATCH", path, deed="change-event", body={"venue": "Town Hall"}, headers=seen)
        self._expect(FORUM, "event-changed", [sub for sub in self.places if sub not in self.gave_up])

    def _expect(self, label: str, kind: str, subs: Sequence[str]) -> None:
        self.expected.update((sub, kind, label) for sub in subs)


@asynccontextmanager
async def a_region(instance: Instance, http: httpx.AsyncClient) -> AsyncIterator[Region]:
    """Its people and events are there, and some have a place; what is asked is written down as the story does."""
    plan = planned(SMALL, founding.today())
    with Journal(instance.folder("story") / "log.jsonl") as log:
        asker = Asker(gateway=instance.url("gateway"), issuer=instance.issuer, journal=log, http=http)
        stage = Stage(instance=instance, asker=asker, plan=plan, members=people(MEMBERS, seed=plan.seed))
        region = Region(stage)
        await region.seed()
        await region.open_events()
        await region.register(FORUM, EARLY)
        await region.register(HUDDLE, AT_THE_HUDDLE)
        yield region


async def stand_alone(instance: Instance) -> None:
    """Stop all that is not the region's; returns when it is gone."""
    await asyncio.gather(*(asyncio.to_thread(pauses.pause, instance, name) for name in stopped(instance)))


async def come_back(instance: Instance) -> None:
    await asyncio.gather(*(asyncio.to_thread(pauses.resume, instance, name) for name in stopped(instance)))


async def hold_membership_s_relay(opened: databases.Databases, *, held: bool) -> None:
    """What membership decides is published once it is let go."""
    await opened["membership"].execute("UPDATE servicekit.switches SET is_on = $1 WHERE name = 'relay-held'", held)


def names(region: Region) -> Names:
    """What the checker is told of who is who."""
    addresses = {person.email: cast.sub_of(person) for person in region.stage.members}
    addresses |= {persona.email: sub for sub, persona in cast.personas().items()}
    return Names(
        people={person: sub for sub, person in region.stage.people.items()},
        addresses=addresses,
        events={event: label for label, event in region.stage.events.items()},
    )
