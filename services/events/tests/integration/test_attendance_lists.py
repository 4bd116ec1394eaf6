"""Attendance lists: for those who hold the event, page by page or as a file, and never beyond their own events."""

import csv
import io
from datetime import timedelta

import pytest
from events_house import LONDON, MIDLANDS, RRK, RWP, House, Thing, in_days, network_id, problem, thing

from access.testing import Somebody
from events_service.attendance import lists
from servicekit import clock


async def a_full_house(house: House) -> tuple[Somebody, Thing]:
    """Two were there, one stayed away, one waits and one has cancelled."""
    organiser = await house.organiser()
    event = await house.published(organiser, capacity=3, starts=in_days(1), ends=in_days(1, hour=16))
    people = [await house.named(*name) for name in (("Siobhán", "O'Brien"), ("Jane", "Okafor"), ("Amir", "Khan"))]
    registrations = [await house.registered(event, person) for person in people]
    waits, goes = await house.named("Jan", "Smyth"), await house.named("Ayo", "Ade")
    await house.registered(event, waits)
    await house.cancel(await house.registered(event, goes), goes)
    async with house.worker.transaction() as conn:
        await conn.execute("UPDATE events SET starts_at = $1", clock.now())
    for registration in registrations[:2]:
        answer = await house.post(f"{event['url']}/check-ins", organiser, {"registration_id": registration["id"]})
        assert answer.status_code == 200, answer.text
    return organiser, event


async def listed(house: House, event: Thing, who: Somebody, query: str = "") -> list[Thing]:
    answer = await house.get(f"{event['url']}/attendance{query}", who)
    assert answer.status_code == 200, answer.text
    items: list[Thing] = thing(answer)["items"]
    return items


async def test_it_tells_who_registered_and_who_was_there(house: House) -> None:
    organiser, event = await a_full_house(house)

    found = await listed(house, event, organiser)

    assert [(one["family_name"], one["status"], one["attended_at"] is not None) for one in found] == [
        ("Ade", "cancelled", False),
        ("Khan", "confirmed", False),
        ("O'Brien", "confirmed", True),
        ("Okafor", "confirmed", True),
        ("Smyth", "waiting", False),
    ]
    assert {one["network"] for one in found} == {"Rwp"}
    assert "code" not in found[0], "what opens the door stands on the door list only"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?attended=true", ["O'Brien", "Okafor"]),
        ("?attended=false&status=confirmed", ["Khan"]),
        ("?status=waiting", ["Smyth"]),
        ("?attended=true&status=waiting", []),
    ],
)
async def test_it_can_be_asked_for_some(house: House, query: str, names: list[str]) -> None:
    organiser, event = await a_full_house(house)

    assert [one["family_name"] for one in await listed(house, event, organiser, query)] == names


@pytest.mark.parametrize("query", ["?attended=perhaps", "?status=asleep", "?limit=0", "?cursor=mine"])
async def test_a_mistake_in_the_question_is_told(house: House, query: str) -> None:
    event = await house.published(await house.organiser())

    refusal = problem(await house.get(f"{event['url']}/attendance{query}", await house.organiser()))

    assert refusal[0] == 422


async def test_pages_meet_without_gap_or_repeat(house: House) -> None:
    organiser, event = await a_full_house(house)
    everybody = await listed(house, event, organiser)

    found, cursor = [], ""
    while True:
        page = thing(await house.get(f"{event['url']}/attendance?limit=2{cursor}", organiser))
        found += page["items"]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"

    assert found == everybody
    again = f"{event['url']}/attendance?attended=true{cursor}"
    assert problem(await house.get(again, organiser))[:2] == (422, "bad-cursor")


@pytest.mark.parametrize("what", ["attendance", "attendance.csv"])
async def test_it_is_for_those_who_hold_the_event(house: House, what: str) -> None:
    _, event = await a_full_house(house)
    url = f"{event['url']}/{what}"

    for role in ("lead", "organiser"):
        assert (await house.get(url, await house.organiser(role=role))).status_code == 200
    refusal = problem(await house.get(url, await house.organiser(role="steward")))
    assert refusal == (403, "forbidden", "Your role here does not include read attendance.")
    for somebody in (
        await house.member(),
        await house.organiser(RWP, role="lead"),
        await house.organiser(LONDON, role="lead"),
    ):
        assert problem(await house.get(url, somebody))[:2] == (404, "not-found")


async def test_a_co_host_is_not_told_who_came(house: House) -> None:
    event = await house.published(await house.organiser(), co_hosts=[str(network_id(RRK))])
    at_co_host = await house.organiser(RRK, role="lead")

    assert (await house.get(event["url"], at_co_host)).status_code == 200
    assert problem(await house.get(f"{event['url']}/attendance", at_co_host))[:2] == (404, "not-found")


async def test_where_visitors_belong_is_told_as_far_as_the_readers_networks_go(house: House) -> None:
    lead, visitor = await house.organiser(RWP, role="lead"), await house.member(RRK)
    wide = {"networks": [str(network_id(RRK)), str(network_id(RWP))]}
    event = await house.published(lead, path=RWP, rule=wide)
    await house.registered(event, visitor)

    assert [one["network"] for one in await listed(house, event, lead)] == [None]
    regional = await house.organiser(MIDLANDS, role="lead")
    assert [one["network"] for one in await listed(house, event, regional)] == ["Rrk"]


async def test_the_file_says_the_same(house: House) -> None:
    organiser, event = await a_full_house(house)
    mallory = await house.named("=HYPERLINK(1)", "＋Mallory")
    await house.registered(event, mallory)

    answer = await house.get(f"{event['url']}/attendance.csv", organiser)

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="attendance-{event["id"]}.csv"'
    assert answer.headers["cache-control"] == "private, no-store"
    header, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    assert header[4:] == ["registered (Europe/London)", "checked in (Europe/London)"]
    assert [(row[0], row[3], row[5] != "") for row in rows] == [
        ("Ade", "cancelled", False),
        ("Khan", "confirmed", False),
        ("'＋Mallory", "waiting", False),
        ("O'Brien", "confirmed", True),
        ("Okafor", "confirmed", True),
        ("Smyth", "waiting", False),
    ]
    assert rows[2][1] == "'=HYPERLINK(1)"
    some = await house.get(f"{event['url']}/attendance.csv?attended=true", organiser)
    assert len(some.content.splitlines()) == 3


async def test_a_file_is_of_bounded_length(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    organiser, event = await a_full_house(house)
    monkeypatch.setattr(lists, "MOST_IN_A_FILE", 4)

    assert problem(await house.get(f"{event['url']}/attendance.csv", organiser)) == (
        409,
        "too-many-for-one-file",
        "A file holds 4 people: ask for one status, for those who were there, or page by page.",
    )
    assert (await house.get(f"{event['url']}/attendance.csv?status=confirmed", organiser)).status_code == 200


async def test_while_grants_are_not_known_nobody_reads_it(house: House) -> None:
    organiser, event = await a_full_house(house)
    await house.directory.heartbeat(at=clock.now() - timedelta(seconds=house.settings.access_bound_seconds + 1))

    assert problem(await house.get(f"{event['url']}/attendance", organiser))[:2] == (503, "access-stale")
