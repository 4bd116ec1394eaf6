"""A region stands alone: all else of Guildhall is stopped, its people go on, and afterwards everything agrees."""

import time
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from region_acts import (
    EVENTS,
    FORUM,
    HUDDLE,
    LATE,
    LEAD,
    STEWARD,
    Region,
    a_region,
    come_back,
    hold_membership_s_relay,
    names,
    stand_alone,
)
from region_checker import NATIONAL, OWN, READ_BY_A_REGION, differences
from region_evidence import SETTLED_WITHIN, Copies, Evidence, gather, rebuild
from signed_in import problem
from whole_stack import whole_stack

from guildhall_local.checker import databases
from guildhall_local.checker.databases import Databases
from guildhall_local.checker.mails import read_mails
from guildhall_local.checker.quiet import watching
from guildhall_local.checker.records import facts
from guildhall_local.instance import REGIONAL, Instance
from guildhall_local.provider.client import sign_in
from guildhall_local.story.asking import new_client
from servicekit.testing import eventually

ALONE_STACK = Path(__file__).parents[1] / "support" / "alone_stack.py"
WITHIN = 60.0

T = TypeVar("T")


@pytest.fixture
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    with whole_stack(tmp_path_factory.mktemp("alone"), own_cell="midlands", program=[str(ALONE_STACK)]) as standing:
        yield standing


@dataclass(slots=True)
class Scene:
    """The region, and whoever looks at it from outside."""

    instance: Instance
    region: Region
    http: httpx.AsyncClient
    opened: Databases

    async def answer(self, sub: str, method: str, path: str, **options: Any) -> httpx.Response:
        """What one request is answered, whatever it is."""
        token = await sign_in(self.http, self.instance.issuer, sub)
        headers = {"authorization": f"Bearer {token}"}
        return await self.http.request(method, self.instance.url("gateway", path), headers=headers, **options)

    async def refused(self, sub: str, method: str, path: str, **options: Any) -> tuple[int, str]:
        return problem(await self.answer(sub, method, path, **options))

    async def mailed(self, subs: list[str], kind: str) -> set[str]:
        """Who of these has a mail of this kind."""
        addresses = names(self.region).addresses
        got = {addresses.get(mail.to) for mail in await self.mails() if mail.kind == kind}
        return got & set(subs)

    async def mails(self) -> list[Any]:
        return await read_mails(self.http, self.instance.url("mail"))

    async def rest(self) -> None:
        """Until nothing is left to hear, to tell or to send."""
        async with watching(self.instance.kafka_bootstrap, self.opened) as watch:
            await watch.until_quiet(within=SETTLED_WITHIN)

    async def evidence(self) -> Evidence:
        return await gather(self.instance, self.opened)


@pytest.fixture
async def scene(instance: Instance) -> AsyncIterator[Scene]:
    """Its people and events are there, some have a place, and three with a place have moved to London."""
    async with databases.opened(instance) as opened, new_client() as http, a_region(instance, http) as region:
        yield Scene(instance, region, http, opened)


async def test_a_region_alone_goes_on_and_all_agrees_afterwards(scene: Scene) -> None:
    begun = time.monotonic()
    region, told = scene.region, scene.mailed
    await scene.rest()  # all are told of both events
    await region.move(region.movers)
    await scene.rest()  # the region has heard who left
    await hold_membership_s_relay(scene.opened, held=True)
    await region.move([region.unheard])
    await stand_alone(scene.instance)

    await _is_alone(scene)
    await region.register(FORUM, LATE)
    await region.give_up([*region.movers[:2], region.unheard])
    there = await _the_door_goes_on(scene)
    promoted = [sub for sub, kind, _ in region.expected if kind == "registration-promoted"]
    late = region.subs(LATE)
    await eventually(lambda: _is(told(promoted, "registration-promoted"), promoted), within=WITHIN)
    await eventually(lambda: _is(told([region.unheard], "registration-cancelled"), [region.unheard]), within=WITHIN)
    await eventually(lambda: _are_told_of_their_places(scene, late), within=WITHIN)
    await eventually(lambda: _are_handed_on(scene, 2), within=WITHIN)
    await _reports_go_on(scene, there)
    assert len(promoted) == 3
    assert await told(region.movers, "registration-cancelled") == set()

    await hold_membership_s_relay(scene.opened, held=False)
    await come_back(scene.instance)
    await eventually(lambda: _is(told(region.movers, "registration-cancelled"), region.movers[:2]), within=WITHIN)
    await region.change_the_room()

    evidence = await scene.evidence()
    assert differences(region.expected, evidence, names(region)) == {}
    _the_checker_can_differ(region, evidence)
    await _copies_agree(scene)
    print(f"\na region alone: {time.monotonic() - begun:.0f} s, {region.expected.total()} tellings")


async def _is(found: Any, wanted: list[str]) -> bool:
    return bool(await found == set(wanted))


async def _is_alone(scene: Scene) -> None:
    """Membership and the other cells do not answer, and say so."""
    member = scene.region.subs(LATE)[0]
    away = [
        await scene.refused(member, "GET", "/api/v1/me"),
        await scene.refused(member, "POST", "/api/v1/me/link"),
        await scene.refused(member, "GET", "/api/v1/cells/national/events"),
        await scene.refused(member, "GET", "/api/v1/cells/london/notifications"),
        await scene.refused(member, "GET", "/api/v1/cells/london/reports/members"),
    ]
    assert set(away) == {(503, "unavailable")}


async def _the_door_goes_on(scene: Scene) -> list[str]:
    """Grants are too old for anything new; the door of what has begun is held on those last known.

    Returns the registrations of those who came.
    """
    region = scene.region
    forum, huddle = f"{region.event(FORUM)}/registrations", f"{region.event(HUDDLE)}/registrations"
    await eventually(lambda: _answers(scene, forum, 503), within=WITHIN)
    await eventually(lambda: _answers(scene, huddle, 200), within=WITHIN)

    drafted = await scene.refused(LEAD, "PATCH", region.event(FORUM), json={"capacity": 99})
    there = await region.check_in()
    again = await scene.answer(STEWARD, "GET", huddle)
    read = await scene.answer(region.subs(LATE)[0], "GET", f"{EVENTS}?limit=5")

    attended = {entry["id"] for entry in again.json()["items"] if entry["attended_at"]}
    assert drafted == (503, "access-stale")
    assert attended == set(there)
    assert len(there) == 6
    assert {event["id"] for event in read.json()["items"]} == set(region.stage.events.values())
    return there


async def _reports_go_on(scene: Scene, there: Sequence[str]) -> None:
    """The region's own process answers, and counts what goes on; what it may tell exactly, old grants do not decide."""
    region = scene.region
    report = f"/api/v1/cells/midlands/reports/members?network={region.stage.networks['national.midlands']}"
    assert await scene.refused(LEAD, "GET", report) == (503, "access-stale")
    assert await scene.refused(STEWARD, "GET", report) == (404, "nothing-published")  # no day of it is over yet

    late = {region.places[sub]["id"] for sub in region.subs(LATE)}
    await eventually(lambda: _are_counted(scene, late, "registered_at"), within=WITHIN)
    await eventually(lambda: _are_counted(scene, there, "attended_at"), within=WITHIN)
    assert await _counted(scene, "analytics", late, "registered_at") == 0


async def _are_counted(scene: Scene, registrations: Collection[str], when: str) -> bool:
    return await _counted(scene, "analytics-midlands", registrations, when) == len(registrations)


async def _counted(scene: Scene, deployment: str, registrations: Collection[str], when: str) -> int:
    """How many of these its analytics knows at all, or as having come."""
    known = await scene.opened[deployment].fetch(
        "SELECT registered_at, attended_at FROM registrations WHERE registration_id = ANY ($1::uuid[])",
        list(registrations),
    )
    return sum(row[when] is not None for row in known)


async def _answers(scene: Scene, path: str, status: int) -> bool:
    return (await scene.answer(STEWARD, "GET", path)).status_code == status


async def _are_told_of_their_places(scene: Scene, subs: list[str]) -> bool:
    """By mail and in their lists."""
    by_mail = await scene.mailed(subs, "registration-confirmed") | await scene.mailed(subs, "registration-waitlisted")
    list_ = (await scene.answer(subs[0], "GET", "/api/v1/cells/midlands/notifications")).json()["items"]
    return by_mail == set(subs) and any(item["kind"].startswith("registration-") for item in list_)


async def _are_handed_on(scene: Scene, count: int) -> bool:
    states = "SELECT count(*) FROM notifications WHERE state = 'handed-on'"
    return bool(await scene.opened[OWN].fetchval(states) == count)


def _the_checker_can_differ(region: Region, evidence: Evidence) -> None:
    """Each of these would have been noticed."""
    own, nation = evidence.ledgers[OWN], evidence.ledgers[NATIONAL]
    taken = next(row for row in nation if row["cell"] == "midlands")
    entry = next(row for row in own if row["state"] == "shown")
    said = next(record for record in facts(evidence.records) if record.type == "notifications.notification-told")
    tampered = {
        "mails": replace(evidence, mails=[*evidence.mails, evidence.mails[-1]]),
        "lists": replace(evidence, ledgers={OWN: _without(own, entry), NATIONAL: nation}),
        "one ledger tells": replace(evidence, ledgers={OWN: [*own, taken], NATIONAL: nation}),
        "whatever was handed on was sent": replace(evidence, ledgers={OWN: own, NATIONAL: _without(nation, taken)}),
        "what was told is on the topics, once": replace(evidence, records=_without(evidence.records, said)),
        "everything was heard, once": replace(
            evidence, inboxes={OWN: {("notifications", "midlands.events"): frozenset[str]()}}
        ),
        "nothing is left": replace(evidence, unsettled={OWN: 1}),
    }
    for check, changed in tampered.items():
        assert check in differences(region.expected, changed, names(region)), check


def _without(items: Sequence[T], item: T) -> list[T]:
    return [one for one in items if one is not item]


async def _copies_agree(scene: Scene) -> None:
    """What the region keeps is what the others keep of the same, and what a rebuild would make of it."""
    for service in REGIONAL:
        own = f"{service}-midlands"
        region, nation = await Copies.read(scene.instance, own), await Copies.read(scene.instance, service)
        assert region.beyond(nation) == [], service
        assert nation.of_cells(READ_BY_A_REGION).beyond(region) == [], service
        await rebuild(scene.instance, own)
        assert (await Copies.read(scene.instance, own)).unlike(region) == [], service
