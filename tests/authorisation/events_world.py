"""Events with everybody in it, and the things of its routes: own ones, those of others near and far, and none."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from cast import Opened, by_name, introduce, opened, partners, strangers, unlinked
from events_house import House
from events_places import PLACES, PLAN
from places import (
    ERASED,
    MIDLANDS,
    NATIONAL,
    NO_OBJECT,
    OWN,
    PEOPLE,
    RJ1,
    RRK,
    RWP,
    SUBJECTS,
    Batch,
    Found,
    Principal,
    Things,
    World,
)
from rights_model import Thing
from things import NEAR_AND_FAR, NETWORKS, PATHS, all_networks, at, cell_of, found, id_at, made_at, people, unknown

from access.testing import Issuer, Somebody
from servicekit import clock

NO_SECRETS = frozenset({"network", "calendars"})
CO_HOSTED = "co-hosted"


@dataclass
class Events:
    opened: Opened
    house: House
    principals: dict[str, Principal] = field(default_factory=dict)
    subjects: dict[str, Somebody] = field(default_factory=dict)
    gatherings: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Published events, by where; the nation's is everybody's."""
    drafts: dict[str, str] = field(default_factory=dict)
    own: dict[str, dict[str, str]] = field(default_factory=dict)
    """By principal: a registration at the nation's event, and a calendar."""
    made: dict[str, dict[str, str]] = field(default_factory=dict)

    def lead(self) -> Somebody:
        return self.somebody("national lead")

    def somebody(self, name: str) -> Somebody:
        whose = self.principals[name]
        assert whose.person_id is not None
        return Somebody(whose.person_id, name, dict(whose.headers))


@asynccontextmanager
async def events(postgres: str, cells_file: Path, issuer: Issuer, secrets: Path) -> AsyncIterator[World]:
    async with opened(
        "events",
        postgres=postgres,
        cells_file=cells_file,
        issuer=issuer,
        secrets=secrets,
        check_in_opens_hours=24 * 60,
        joining_link_shown_hours=24 * 60,
    ) as service:
        house = House(service.http, service.directory, service.worker, service.api, service.database, service.settings)
        here = Events(service, house)
        for path in PATHS:
            await service.directory.network(path)
        here.principals = await introduce(service.directory)
        await _gatherings(here)
        await _registrations(here)
        await _calendars(here)
        here.principals |= by_name(*strangers(issuer), unlinked(issuer), *partners(issuer, {}))
        await service.directory.heartbeat()
        async with service.with_nothing_lasting() as database:
            yield World(service, database, here.principals, things(here), PLACES, NO_SECRETS, batches())


async def _gatherings(here: Events) -> None:
    house, lead = here.house, here.lead()
    link = {"link": "https://meet.example.org/a-room"}
    for where, path in NETWORKS.items():
        event = await house.published(lead, path=path, mode="online", title=f"An event of {path}")
        headers = lead.bearer | {"If-Match": '"0"'}
        await here.opened.told("PUT", f"{event['url']}/joining-link", headers, json=link)
        here.gatherings[where] = event
    here.gatherings[CO_HOSTED] = await house.published(lead, path=RRK, co_hosts=[id_at(RWP)])
    for where, path in NEAR_AND_FAR.items():
        here.drafts[where] = (await house.draft(lead, path=path, title=f"A draft of {path}"))["id"]


async def _registrations(here: Events) -> None:
    house, registered, attended = here.house, {}, {}
    for where, path in SUBJECTS.items():
        somebody = await house.named("Sam", f"Subject{where.title().replace(' ', '')}", path)
        here.subjects[where] = somebody
        event = here.gatherings["same trust" if where == ERASED else where]
        registered[where] = (await house.registered(event, somebody))["id"]
    for where, path in NEAR_AND_FAR.items():
        event = here.gatherings[where]
        attended[where] = (await house.registered(event, await house.member(path)))["id"]
        door = f"{event['url']}/check-ins"
        await here.opened.told("POST", door, here.lead().bearer, json={"registration_id": attended[where]})
    for name, (memberships, _) in PEOPLE.items():
        if memberships:
            event = here.gatherings["the nation"]
            here.own[name] = {"registration_id": (await house.registered(event, here.somebody(name)))["id"]}
    here.made |= {"registration_id": registered, "attended": attended}
    await here.opened.erase(here.subjects[ERASED].person_id)


async def _calendars(here: Events) -> None:
    async def made(who: Somebody, path: str, **body: Any) -> dict[str, str]:
        told: dict[str, str] = await here.opened.told(
            "POST", f"/api/v1/cells/{cell_of(path)}/calendars", who.bearer, json=body
        )
        return told

    of_networks, secrets, of_subjects = {}, {}, {}
    for where, path in NEAR_AND_FAR.items():
        told = await made(here.lead(), path, network_id=id_at(path))
        of_networks[where] = told["id"]
        secrets[where] = told["address"].rpartition("/")[2].removesuffix(".ics")
        of_subjects[where] = (await made(here.subjects[where], path))["id"]
    for name in PEOPLE:
        mine = await made(here.somebody(name), NATIONAL)
        here.own.setdefault(name, {})["calendar_id"] = mine["id"]
    here.made |= {"calendar_id": of_networks, "secret": secrets, "their calendar": of_subjects}


def days() -> dict[str, str]:
    day = clock.now() + timedelta(days=40)
    return {"starts": f"{day:%Y-%m-%d}T10:00:00", "ends": f"{day:%Y-%m-%d}T16:00:00"}


def batches() -> list[Batch]:
    asked = found("-", Thing(), network_id=id_at(MIDLANDS), **days())
    near, far = [id_at(RWP), id_at(RRK)], id_at(RJ1)
    route = "POST /api/v1/cells/{cell}/events"
    return [
        Batch(
            route, "organiser", asked, PLAN | {"rule": {"networks": near}}, PLAN | {"rule": {"networks": [*near, far]}}
        ),
        Batch(route, "organiser", asked, PLAN | {"co_hosts": near}, PLAN | {"co_hosts": [*near, far]}),
    ]


def things(here: Events) -> Mapping[str, Things]:
    known = _Known(here)
    return {
        NO_OBJECT: lambda who: [found(NO_OBJECT, Thing(about=who.caller.person))],
        "network": lambda who: known.networks(),
        "own regularity": known.regularities,
        "person": lambda who: people(who, {where: one.person_id for where, one in here.subjects.items()}),
        "gathering": known.seen,
        "event": known.events,
        "draft": made_at("event_id", here.drafts),
        "any event": known.registrable,
        "link": known.links,
        "registration": known.registrations,
        "arrival": lambda who: known.at_the_door(here.made["registration_id"]),
        "attended": lambda who: known.at_the_door(here.made["attended"]),
        "calendars": known.calendar_lists,
        "calendar": known.calendars,
        "feed": known.feeds,
    }


@dataclass(frozen=True, slots=True)
class _Known:
    here: Events

    def networks(self) -> list[Found]:
        return [replace(one, marks=self._members(NETWORKS.get(one.where, ""))) for one in all_networks(**days())]

    def _members(self, path: str) -> list[str]:
        """Subjects who belong to this very network."""
        return [str(self.here.subjects[where].person_id) for where, at in NEAR_AND_FAR.items() if at == path]

    def events(self, who: Principal) -> list[Found]:
        """Published ones, as those who hold them ask about them."""
        return [*map(self._event, NETWORKS), unknown("event_id", etag='"1"')]

    def _event(self, where: str) -> Found:
        path = NETWORKS.get(where, RRK)
        event = self.here.gatherings[where]
        thing = at(path, shown_to=frozenset([path]), worked_by=frozenset([path]))
        marks = [its for its in (self.here.made[kind].get(where) for kind in ("registration_id", "attended")) if its]
        return found(where, thing, path, marks, event_id=event["id"], etag=f'"{event["version"]}"')

    def seen(self, who: Principal) -> list[Found]:
        """Those that everybody may ask about, the co-hosted one and drafts among them."""
        shared = self._event(CO_HOSTED)
        thing = replace(shared.thing, worked_by=frozenset([RRK, RWP]))
        drafts = [
            replace(one, action="read-draft", where=f"a draft of {one.where}")
            for one in made_at("event_id", self.here.drafts)(who)[:-1]
        ]
        return [*self.events(who), replace(shared, thing=thing), *drafts]

    def registrable(self, who: Principal) -> list[Found]:
        drafts = made_at("event_id", self.here.drafts)(who)[:-1]
        hidden = [replace(one, where=f"a draft of {one.where}", thing=Thing(exists=False)) for one in drafts]
        return [*self.events(who), *hidden]

    def links(self, who: Principal) -> list[Found]:
        """The nation's event is one's own where one has a place."""
        has_place = "registration_id" in self.here.own.get(who.name, {})
        return [
            replace(one, thing=replace(one.thing, about=who.caller.person))
            if has_place and one.where == "the nation"
            else one
            for one in self.events(who)
        ]

    def registrations(self, who: Principal) -> list[Found]:
        asked = []
        if "registration_id" in self.here.own.get(who.name, {}):
            its = self.here.own[who.name]["registration_id"]
            asked.append(found(OWN, at(NATIONAL, about=who.caller.person), NATIONAL, registration_id=its))
        for where, its in self.here.made["registration_id"].items():
            path, whose = SUBJECTS[where], str(self.here.subjects[where].person_id)
            thing = Thing(exists=False) if where == ERASED else at(path, about=whose)
            asked.append(found(where, thing, path, [its], registration_id=its))
        return [*asked, unknown("registration_id")]

    def at_the_door(self, ids: Mapping[str, str]) -> list[Found]:
        asked = []
        for where in NEAR_AND_FAR:
            event = self.here.gatherings[where]["id"]
            path = NETWORKS[where]
            asked.append(found(where, at(path), path, event_id=event, registration_id=ids[where]))
        return [*asked, unknown("event_id", "registration_id")]

    def regularities(self, who: Principal) -> list[Found]:
        """One's own, in the very networks that one is a member of."""
        return [
            replace(one, thing=Thing(exists=one.thing.exists, about=_member_of(who, NETWORKS.get(one.where, ""))))
            for one in all_networks()
        ]

    def calendar_lists(self, who: Principal) -> list[Found]:
        """One's own, and those of networks."""
        own = found(OWN, Thing(about=who.caller.person), network_id=None)
        return [own, *all_networks()]

    def calendars(self, who: Principal) -> list[Found]:
        asked = made_at("calendar_id", self.here.made["calendar_id"])(who)
        for where, its in self.here.made["their calendar"].items():
            thing = Thing(about=str(self.here.subjects[where].person_id))
            asked.append(found(f"a person's, {where}", thing, NETWORKS[where], [its], calendar_id=its))
        if "calendar_id" in self.here.own.get(who.name, {}):
            its = self.here.own[who.name]["calendar_id"]
            asked.append(found(OWN, Thing(about=who.caller.person), NATIONAL, calendar_id=its))
        return asked

    def feeds(self, who: Principal) -> list[Found]:
        secrets = self.here.made["secret"].items()
        asked = [found(where, Thing(), NETWORKS[where], secret=secret) for where, secret in secrets]
        return [*asked, found("unknown", Thing(exists=False), secret="no-such-secret")]


def _member_of(who: Principal, path: str) -> str | None:
    return who.caller.person if path in who.caller.memberships else None
