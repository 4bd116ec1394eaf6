"""Analytics with everybody in it, and what its routes are asked about: own things, those of others, and none."""

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from analytics_house import House, a_network, a_registration, an_event, arrive, event_id, members, named
from analytics_places import PLACES
from cast import Opened, by_name, introduce, opened, partners, strangers, unlinked
from places import ERASED, MIDLANDS, NO_OBJECT, OWN, PEOPLE, RWP, UNKNOWN, Found, Principal, Things, World
from rights_model import Thing
from things import NEAR_AND_FAR, NETWORKS, PATHS, at, cell_of, found, id_at, people, unknown

from access.testing import Issuer
from analytics_contracts import ReportReady
from analytics_service.exports.handlers import HANDLERS
from analytics_service.schedules.loops import tell_due
from events_contracts import RegistrationConfirmed
from servicekit import clock
from servicekit.jobs import JobRunner
from servicekit.testing import signals_published

NO_SECRETS = frozenset({"network", "report", "snapshot", "peers", "export of"})

SUBJECTS_HERE = {where: named(path, 0) for where, path in NEAR_AND_FAR.items()} | {ERASED: named(RWP, 8)}


@dataclass
class Analytics:
    opened: Opened
    house: House
    principals: dict[str, Principal] = field(default_factory=dict)
    own: dict[str, dict[str, str]] = field(default_factory=dict)
    """By principal: an export and a schedule, where they may ask for one."""
    link: str = ""
    version: int = 0
    """Of every schedule."""


@asynccontextmanager
async def analytics(postgres: str, cells_file: Path, issuer: Issuer, secrets: Path) -> AsyncIterator[World]:
    async with opened("analytics", postgres=postgres, cells_file=cells_file, issuer=issuer, secrets=secrets) as service:
        house = House(service.http, service.directory, service.worker, service.api, service.database, service.settings)
        here = Analytics(service, house)
        await _counted(here)
        here.principals = await introduce(service.directory)
        await _snapshots(here)
        await _own(here)
        await _linked(here)
        here.principals |= by_name(*strangers(issuer), unlinked(issuer), *partners(issuer, {}))
        await service.directory.heartbeat(at=clock.now())
        async with service.with_nothing_lasting() as database:
            yield World(service, database, here.principals, things(here), PLACES, NO_SECRETS)


async def _counted(here: Analytics) -> None:
    db = here.house.worker
    await arrive(db, map(a_network, PATHS))
    for path in NETWORKS.values():
        people = [named(path, number) for number in range(9)]
        came = [a_registration(event_id(path), one, RegistrationConfirmed) for one in people[:8]]
        await arrive(db, members(path, 9), an_event(path), *came)
    await here.opened.erase(SUBJECTS_HERE[ERASED])


async def _snapshots(here: Analytics) -> None:
    lead = here.principals["national lead"]
    for path in NETWORKS.values():
        where = f"/api/v1/cells/{cell_of(path)}/reports/snapshots"
        for day in (clock.today(), clock.today() - timedelta(days=1)):
            body = {"network_id": id_at(path), "day": str(day)}
            await here.opened.told("POST", where, lead.headers, json=body)
    assert await here.house.take_snapshots() >= 1


async def _own(here: Analytics) -> None:
    """An export of each who holds a grant, and a schedule of each who may have one."""
    asked = {"report": "members", "parameters": {"network": id_at(MIDLANDS)}}
    address = "/api/v1/cells/midlands/reports"
    for name, (_, grant) in PEOPLE.items():
        headers = here.principals[name].headers
        if grant is not None:
            body = asked | {"format": "csv"}
            told = await here.opened.told("POST", f"{address}/exports", headers, json=body)
            here.own[name] = {"export_id": told["id"]}
        if grant is not None and grant[0] in {"lead", "analyst"} and MIDLANDS.startswith(grant[1]):
            body = asked | {"every": "week", "on": clock.today().isoweekday()}
            told = await here.opened.told("POST", f"{address}/schedules", headers, json=body)
            here.own[name]["schedule_id"] = told["id"]
    while await JobRunner(here.house.worker, HANDLERS).run_one():
        pass


async def _linked(here: Analytics) -> None:
    """A report that was due at noon."""
    async with here.house.worker.transaction() as conn:
        await conn.execute("UPDATE report_schedules SET next_on = $1", clock.today())
    now = clock.now()
    noon = now.astimezone(clock.LONDON).replace(hour=12)
    await here.opened.directory.heartbeat(at=noon)
    assert await tell_due(here.house.worker, here.opened.directory.cells, now=noon, bound=timedelta(minutes=1)) >= 1
    async with here.house.worker.reading() as conn:
        [here.version] = {row["version"] for row in await conn.fetch("SELECT version FROM report_schedules")}
        here.link = (await signals_published(conn, ReportReady.type))[-1]["link"]


def things(here: Analytics) -> Mapping[str, Things]:
    known = _Known(here)
    return {
        NO_OBJECT: lambda who: [found(NO_OBJECT, Thing(about=who.caller.person))],
        "person": lambda who: people(who, SUBJECTS_HERE),
        "network": lambda who: list(known.networks()),
        "report": lambda who: list(known.networks()),
        "peers": lambda who: [one for one in known.networks() if "the " not in one.where],
        "event": lambda who: list(known.events()),
        "export of": lambda who: list(known.networks()),
        "export": lambda who: known.own(who, "export_id"),
        "schedule": lambda who: known.own(who, "schedule_id"),
        "link": lambda who: known.links(),
    }


@dataclass(frozen=True, slots=True)
class _Known:
    here: Analytics

    def networks(self) -> Iterable[Found]:
        today = str(clock.today())
        for where, path in NETWORKS.items():
            yield found(where, at(path), path, network_id=id_at(path), day=today)
        yield unknown("network_id", day=today)

    def events(self) -> Iterable[Found]:
        for where, path in NETWORKS.items():
            its = str(event_id(path))
            yield found(where, at(path), path, [its], event_id=its)
        yield unknown("event_id")

    def own(self, who: Principal, name: str) -> list[Found]:
        """One's own, and somebody else's: of a lead of the same region, near enough."""
        fill = {"etag": f'"{self.here.version}"'}
        theirs = "national lead" if who.name == "regional lead" else "regional lead"
        whose = str(self.here.principals[theirs].person_id)
        its = self.here.own[theirs][name]
        asked = [
            found("somebody else's", Thing(about=whose), marks=[its], **{name: its}, **fill),
            unknown(name, **fill),
        ]
        if name in self.here.own.get(who.name, {}):
            mine = self.here.own[who.name][name]
            asked.append(found(OWN, Thing(about=who.caller.person), **{name: mine}, **fill))
        return asked

    def links(self) -> list[Found]:
        return [
            found("somebody's", Thing(), link=self.here.link),
            found(UNKNOWN, Thing(exists=False), link="4Wq0n3yJ2m5T8c1vXb7KfZ6hR9aEoLdU"),
        ]
