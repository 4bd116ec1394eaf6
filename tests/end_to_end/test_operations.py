"""Looking after a Guildhall in use from its console: how it is, what is parked, a rebuild while people go on."""

import json
import signal
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

import jsonschema
import pytest
from operations_acts import House, a_stage, refusing
from whole_stack import whole_stack

from guildhall_local import overview
from guildhall_local.checker import databases
from guildhall_local.instance import SERVICES, Instance
from guildhall_local.story import cast, journal
from guildhall_local.story.asking import Asker, new_client
from servicekit.testing import eventually

WITHIN = 60.0
NOT_TO_BE_HAD = "this one is not to be had"
GARBAGE_ON = "midlands.events"
WHO_READS_IT = ["analytics", "membership", "notifications"]


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    with whole_stack(tmp_path_factory.mktemp("operations")) as standing:
        yield standing


@pytest.fixture(scope="module")
async def house(instance: Instance) -> AsyncIterator[House]:
    file = instance.folder("story") / "log.jsonl"
    async with databases.opened(instance) as opened, new_client() as http:
        with journal.Journal(file) as log:
            asker = Asker(gateway=instance.url("gateway"), issuer=instance.issuer, journal=log, http=http)
            standing = House(instance, a_stage(instance, asker), opened, http)
            await standing.found()
            await standing.quiet()
            yield standing


def by_name(seen: Any) -> dict[str, Any]:
    return {one["name"]: one for one in seen["services"]}


async def items(house: House, *options: str) -> list[dict[str, Any]]:
    """What is parked, by whatever service, each with the service's name."""
    told = (await house.console("parked", "list", "--json", *options)).json()
    return [item | {"service": one["service"]} for one in told["services"] for item in one["items"]]


async def test_a_healthy_guildhall_is_shown_whole(house: House) -> None:
    said = await house.console("status", "--json")

    seen = said.json()
    jsonschema.validate(seen, json.loads(overview.SCHEMA.read_text()))
    assert (said.status, seen["troubles"]) == (0, [])
    assert set(by_name(seen)) == set(SERVICES)
    for name, one in by_name(seen).items():
        told = one["told"]
        assert (one["told_by"], told["service"], told["schema_current"]) == ("work", name, True)
        assert told["release"]
        assert {projection["epoch"] for projection in told["projections"]} == {1}
        assert (told["outbox"]["unsent"], told["parked_subjects"]) == (0, 0)
        assert all(consumer["lag"] is not None for consumer in told["consumers"])
    for columns in (160, 60):
        shown = await house.console("status", columns=columns)
        assert shown.status == 0
        assert [name for name in SERVICES if name not in shown.out] == []
        assert max(len(line) for line in shown.out.splitlines()) <= columns


async def test_a_process_that_rests_is_told_and_its_service_speaks_all_the_same(house: House) -> None:
    [sub, *_] = house.members
    assert (await house.console("pause", "events-work")).status == 0
    try:
        registration = await house.register(sub)
        said = await house.console("status", "--json")
    finally:
        assert (await house.console("resume", "events-work")).status == 0

    seen = said.json()
    jsonschema.validate(seen, json.loads(overview.SCHEMA.read_text()))
    assert (said.status, seen["troubles"]) == (1, ["events-work is paused"])
    assert {name: one["told_by"] for name, one in by_name(seen).items()} == {
        "membership": "work",
        "events": "command",
        "notifications": "work",
        "analytics": "work",
    }
    waiting = by_name(seen)["events"]["told"]["outbox"]
    assert (waiting["unsent"], waiting["by_cell"]) == (1, {"national": 1})
    assert waiting["oldest_unsent_seconds"] > 0
    await house.cancel(sub, registration)
    await house.quiet()
    await eventually(lambda: _is_well(house), within=WITHIN)


async def test_a_process_that_hangs_is_told(house: House) -> None:
    before = await house.status()
    house.send("analytics-work", signal.SIGSTOP, before)
    try:
        seen = await house.status()
    finally:
        house.send("analytics-work", signal.SIGCONT, before)

    assert seen["troubles"] == ["analytics-work did not answer within 3 s"]
    assert by_name(seen)["analytics"]["told_by"] == "command"
    await house.quiet()


async def test_what_cannot_be_applied_is_seen_looked_at_and_applied_once_it_can_be(house: House) -> None:
    sub = house.members[1]
    person = house.stage.people[sub]
    async with refusing(house, "analytics", "registrations", "person_id", person):
        registration = await house.register(sub)
        await house.cancel(sub, registration)
        await eventually(lambda: _parked(house, "analytics", 1), within=WITHIN)
        await eventually(lambda: _tells(house, "analytics: 1 subjects are parked: see parked list"), within=WITHIN)
        (first, second) = await items(house)
        shown = (await house.console("parked", "show", str(first["id"]), "--json")).json()
        too_early = await house.console("parked", "replay", registration["id"], "--json")

    assert (first["service"], first["subject"]) == ("analytics", registration["id"])
    assert NOT_TO_BE_HAD in first["cause"]
    assert second["waits_for_an_earlier_one"] is True
    assert shown["signal"]["data"]["person_id"] == person
    assert too_early.status == 1
    assert NOT_TO_BE_HAD in too_early.json()["services"][0]["failed"][0]["error"]

    replayed = await house.console("parked", "replay", registration["id"], "--json")

    assert replayed.status == 0
    [told] = replayed.json()["services"]
    assert (told["service"], told["failed"]) == ("analytics", [])
    assert told["replayed"] == [{"consumer": "analytics", "subject": registration["id"], "deliveries": 2}]
    assert (await house.console("parked", "list")).out == "Nothing is parked.\n"
    await eventually(lambda: _is_well(house), within=WITHIN)


async def test_what_can_never_be_applied_is_let_go_by_each_service_that_holds_it(house: House) -> None:
    await house.publish_garbage(GARBAGE_ON)
    for name in WHO_READS_IT:
        await eventually(partial(_parked, house, name, 1), within=WITHIN)
    found = await items(house)
    [subject] = {item["subject"] for item in found}
    because = ("--because", "a console's mistake", "--yes", "--json")

    both = await house.console("parked", "discard", subject, *because)
    each = {
        name: (await house.console("parked", "discard", subject, "--service", name, *because)).json()
        for name in WHO_READS_IT
    }

    assert sorted(item["service"] for item in found) == WHO_READS_IT
    assert both.status == 1
    assert both.err.startswith(f"{subject} is parked in several services; say which with --service: ")
    assert {one["discarded"]["topic"] for one in each.values()} == {GARBAGE_ON}
    assert await items(house) == []
    await eventually(lambda: _is_well(house), within=WITHIN)


async def _is_well(house: House) -> bool:
    """What is told may be some seconds old."""
    return (await house.console("status")).status == 0


async def _tells(house: House, trouble: str) -> bool:
    said = await house.console("status", "--json")
    return (said.status, said.json()["troubles"]) == (1, [trouble])


async def _parked(house: House, service: str, count: int) -> bool:
    parked = await house.opened[service].fetchval("SELECT count(DISTINCT subject) FROM servicekit.parked")
    return bool(parked == count)


@pytest.mark.parametrize(("service", "projection"), [("notifications", "projection"), ("analytics", "access")])
async def test_a_rebuild_while_people_go_on_loses_and_doubles_nothing(
    house: House, service: str, projection: str
) -> None:
    async with house.in_use(at_once=4) as done:
        before = len(done)
        said = await house.console("rebuild", service, projection, "--json")
        meanwhile = len(done) - before
        await eventually(lambda: _more(done, before + meanwhile), within=WITHIN)
    await house.quiet()
    live = await house.copies(service)
    mails = await house.mails_of_places()
    again = await house.console("rebuild", service, projection, "--json")
    anew = await house.copies(service)

    assert (said.status, again.status) == (0, 0), said.err + again.err
    for epoch, rebuilt in ((2, said), (3, again)):
        done_at_last = rebuilt.lines()[-1]
        assert (done_at_last["doing"], done_at_last["projection"]) == ("done", projection)
        assert done_at_last["epoch"] == epoch
    assert meanwhile > 0, "nobody went on while it was rebuilt"
    assert live.tables
    assert any(live.tables.values())
    assert live.unlike(anew) == []
    addresses = {cast.sub_of(person): person.email for person in house.stage.members}
    assert mails == {addresses[sub]: count for sub, count in house.confirmed.items()}
    await eventually(lambda: _epoch_is(house, service, projection, 3), within=WITHIN)


async def _epoch_is(house: House, service: str, projection: str, epoch: int) -> bool:
    told = by_name(await house.status())[service]["told"]
    return {one["name"]: one["epoch"] for one in told["projections"]}[projection] == epoch


async def _more(done: list[str], than: int) -> bool:
    return len(done) > than


async def test_a_topic_is_delivered_once_more_to_all_that_read_it_and_changes_nothing(house: House) -> None:
    before = {name: await house.copies(name) for name in SERVICES}
    mails = await house.mails_of_places()

    said = await house.console("replay", "--topic", "national.events", "--from", "0", "--json")
    await house.quiet()

    told = said.json()["services"]
    assert said.status == 0
    assert {"analytics", "notifications"} <= {one["service"] for one in told}
    readers = [reader for one in told for reader in one["consumers"]]
    assert all(reader["records"] > 0 and reader["applied"] == 0 for reader in readers)
    assert [name for name in SERVICES if before[name].unlike(await house.copies(name))] == []
    assert await house.mails_of_places() == mails


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (["rebuild", "payroll", "projection"], "There is no service payroll; there are: membership, events, "),
        (["rebuild", "events", "payroll"], "events has no projection 'payroll'; there are: "),
        (["parked", "list", "--service", "payroll"], "There is no service payroll; there are: membership, events, "),
        (["parked", "list", "--after", "3"], "Each service counts by itself: say --service with --after."),
        (["parked", "show", "4711"], "Nothing is parked under 4711; it may have been replayed or discarded."),
        (["parked", "show", "4711", "--service", "events"], "events has nothing parked under 4711; it may"),
        (["parked", "replay"], "Say which: a subject, --consumer, --cause, --since, or --all for everything "),
        (["parked", "replay", "nobody"], "Nothing is parked of the subject nobody."),
        (["parked", "discard", "nobody", "--because", "x", "--yes"], "Nothing is parked of the subject nobody."),
        (["replay", "--topic", "payroll", "--from", "0"], "Nobody reads the topic payroll; read are: "),
        (["run", "events", "dance"], "The services are membership, events, notifications, analytics; their commands "),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else "",
)
async def test_what_cannot_be_done_is_said_in_a_sentence(house: House, command: list[str], sentence: str) -> None:
    said = await house.console(*command)

    assert said.status == 1
    assert said.err.startswith(sentence)
    assert "Traceback" not in said.err
