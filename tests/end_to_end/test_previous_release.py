"""Releases live side by side: the one before serves beside today's, and what one to come says is passed over."""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from newer_signals import of_a_type_to_come, send, with_more_in_it
from previous_release import SERVICE, port
from region_acts import AT_THE_HUDDLE, EARLY, EVENTS, FORUM, HUDDLE, LATE, LEAD, Region, a_region, names
from region_checker import differences
from region_evidence import Evidence, gather
from whole_stack import whole_stack

from guildhall_local import pauses
from guildhall_local.checker import databases
from guildhall_local.checker.databases import Databases
from guildhall_local.checker.records import Record
from guildhall_local.environment import SERVE, WORK
from guildhall_local.instance import HOST, SERVICES, Instance
from guildhall_local.story import journal
from guildhall_local.story.asking import new_client
from servicekit.testing import eventually

TWO_RELEASES = Path(__file__).parents[1] / "support" / "two_releases_stack.py"
WITHIN = 60.0
SERVED = re.compile(r'^guildhall_http_requests_total{method="(\w+)",route="(/api[^"]+)",status="(\d+)"} (\d+)', re.M)
SENT = re.compile(r"^guildhall_relay_sent_total{[^}]*} (\d+)", re.M)


@dataclass(slots=True)
class Scene:
    instance: Instance
    region: Region
    http: httpx.AsyncClient
    opened: Databases

    async def metrics(self, at: int) -> str:
        return (await self.http.get(f"http://{HOST}:{at}/metrics")).text

    async def evidence(self) -> Evidence:
        return await gather(self.instance, self.opened)


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    with whole_stack(tmp_path_factory.mktemp("releases"), program=[str(TWO_RELEASES)]) as standing:
        yield standing


@pytest.fixture(scope="module")
async def scene(instance: Instance) -> AsyncIterator[Scene]:
    """A region's events, with people who have places; whichever release answered them."""
    async with databases.opened(instance) as opened, new_client() as http, a_region(instance, http) as region:
        yield Scene(instance, region, http, opened)


async def test_the_release_before_serves_beside_today_s(scene: Scene) -> None:
    """One database, one gateway, requests by turns: whoever asks cannot tell which of the two answered."""
    region, instance = scene.region, scene.instance
    await region.give_up(region.subs(EARLY)[:2])
    await region.register(FORUM, LATE)
    await region.give_up(region.subs(EARLY)[2:4])
    await region.check_in()
    await region.change_the_room()
    repeated = await _asked_again_and_again(scene)
    for _ in range(8):
        await region.stage.asker.ask(LEAD, "GET", EVENTS, deed="read")

    told = journal.read(instance.state / "story" / "log.jsonl")
    answered = [wish.last.status for wish in told if wish.last.path.startswith(EVENTS)]
    assert [(wish.last.path, wish.last.status) for wish in told if not wish.done] == []
    assert len(answered) > 30
    assert len(set(repeated)) == 1
    for at in (instance.ports[f"{SERVICE}-serve"], port(instance, SERVE)):
        served = SERVED.findall(await scene.metrics(at))
        assert {method for method, _, status, _ in served if status < "400"} >= {"GET", "POST"}, at
        assert sum(int(count) for *_, status, count in served if status < "400") > 10, at
        assert [found for found in served if found[2] == "500"] == [], at


async def test_it_is_really_another_release(scene: Scene) -> None:
    documents = [
        (await scene.http.get(f"http://{HOST}:{at}/openapi.json")).json()["paths"].keys()
        for at in (port(scene.instance, SERVE), scene.instance.ports[f"{SERVICE}-serve"])
    ]

    before, today = documents
    assert before < today


async def test_the_release_before_relays_for_both(scene: Scene) -> None:
    """Today's `work` rests: what either release has written down is sent by the other, and heard by all."""
    region, instance = scene.region, scene.instance
    pauses.pause(instance, f"{SERVICE}-work")
    later = slice(AT_THE_HUDDLE.stop, AT_THE_HUDDLE.stop + 4)

    await region.sign_in(later)
    await region.register(HUDDLE, later)
    await eventually(lambda: _relays(scene), within=WITHIN)
    pauses.resume(instance, f"{SERVICE}-work")

    evidence = await scene.evidence()
    assert differences(region.expected, evidence, names(region)) == {}


async def _relays(scene: Scene) -> bool:
    sent = sum(int(count) for count in SENT.findall(await scene.metrics(port(scene.instance, WORK))))
    unsent = await scene.opened[SERVICE].fetchval("SELECT count(*) FROM servicekit.outbox WHERE sent_at IS NULL")
    return sent > 0 and unsent == 0


async def _asked_again_and_again(scene: Scene) -> list[str]:
    """With one key: the answer that one release stored is given by the other."""
    body = {
        "network_id": scene.region.stage.networks["national.midlands"],
        "kind": "meeting",
        "title": "Asked once",
        "venue": "Anywhere",
        "starts": "2027-05-05T10:00:00",
        "ends": "2027-05-05T11:00:00",
        "capacity": 10,
    }
    asker = scene.region.stage.asker
    answers = [await asker.ask(LEAD, "POST", EVENTS, deed="draft", body=body, key="the-same") for _ in range(8)]
    return [answer.body["id"] for answer in answers]


async def test_what_a_release_to_come_says_is_passed_over_where_it_is_not_known(scene: Scene) -> None:
    before = await scene.evidence()
    started = _one(before, "midlands.membership", "membership.membership-started")
    types_to_come = {
        "midlands.membership": "guildhall.membership.mentor-found.v1",
        "midlands.membership.grants": "guildhall.membership.grants-held.v2",
        "midlands.membership.profiles": "guildhall.membership.profile.v2",
        "midlands.events": "guildhall.events.event-postponed.v1",
        "midlands.notifications": "guildhall.notifications.read-aloud.v1",
    }

    sent = await send(
        scene.instance.kafka_bootstrap,
        [
            *(of_a_type_to_come(_one(before, topic), type_) for topic, type_ in types_to_come.items()),
            with_more_in_it(started, job_role="theatres-manager"),
        ],
    )
    after = await scene.evidence()

    assert differences(scene.region.expected, after, names(scene.region)) == {}
    for topic, id_ in sent:
        readers = [(who, whose) for who, inboxes in after.inboxes.items() for whose, of in inboxes if of == topic]
        heard = [(who, whose) for who, whose in readers if id_ in after.inboxes[who][whose, topic]]
        assert readers
        assert heard == readers
    for service in SERVICES:
        assert await _job_role(scene, service, started.data["membership_id"]) == "theatres-manager", service


async def _job_role(scene: Scene, service: str, membership_id: str) -> str:
    found: str = await scene.opened[service].fetchval(
        "SELECT job_role FROM access_memberships WHERE membership_id = $1::uuid", membership_id
    )
    return found


async def test_what_lacks_a_field_that_was_promised_is_noticed(scene: Scene) -> None:
    """The check of the test before can fail: this is no newer signal, it is a broken one."""
    published = _one(await scene.evidence(), "midlands.events", "events.event-published")
    topic, key, document = of_a_type_to_come(published, "guildhall.events.event-published.v1")

    await send(scene.instance.kafka_bootstrap, [(topic, key, document)])

    assert "nothing is left" in differences(scene.region.expected, await scene.evidence(), names(scene.region))


def _one(evidence: Evidence, topic: str, type_: str = "") -> Record:
    return next(
        record
        for record in evidence.records
        if record.topic == topic and not record.is_heartbeat and record.value and type_ in record.type
    )
