"""Events over HTTP: from draft to cancellation, and every refusal in the words that people read."""

from typing import Any

import pytest
from events_house import LONDON, MIDLANDS, NATIONAL, RWP, House, a_plan, in_days, network_id, problem, thing

NOTHING = (404, "not-found", "There is nothing here that you can see.")


async def test_a_draft_is_open_to_its_own_network_and_seen_by_those_who_prepare_it(house: House) -> None:
    organiser, steward, member = await house.organiser(), await house.organiser(role="steward"), await house.member()

    draft = await house.draft(organiser)

    assert draft["status"] == "draft"
    assert draft["rule"] == {"networks": [str(network_id(MIDLANDS))], "sectors": [], "job_roles": []}
    assert draft["url"] == f"/api/v1/cells/midlands/events/{draft['id']}"
    assert await house.read(draft, organiser) == draft
    assert problem(await house.get(draft["url"], steward))[:2] == (403, "forbidden")
    assert problem(await house.get(draft["url"], member)) == NOTHING
    assert await house.signals() == []


async def test_publishing_says_so_with_the_whole_state(house: House) -> None:
    organiser = await house.organiser()
    draft = await house.draft(organiser, rule={"networks": [str(network_id(RWP))], "sectors": ["acute"]})

    answer = await house.post(f"{draft['url']}/publish", organiser)

    event = thing(answer)
    (published,) = await house.signals()
    assert (event["status"], event["version"], answer.headers["etag"]) == ("published", 2, '"2"')
    assert published == {
        "type": "event-published",
        "event_id": event["id"],
        "network_id": str(network_id(MIDLANDS)),
        "kind": "masterclass",
        "title": "Winter masterclass",
        "summary": "Beds, flow and winter.",
        "venue": "Room 4, Birmingham",
        "starts": event["starts"],
        "ends": event["ends"],
        "zone": "Europe/London",
        "starts_at": event["starts_at"],
        "ends_at": event["ends_at"],
        "capacity": 30,
        "rule": {"networks": [str(network_id(RWP))], "sectors": ["acute"], "job_roles": []},
        "published_at": event["published_at"],
        "revision": 1,
        "version": 2,
        "mode": "offline",
        "sessions": [],
        "co_hosts": [],
        "partners": [],
        "opens": None,
        "closes": None,
        "opens_at": None,
        "closes_at": None,
    }
    assert answer.headers["guildhall-signal"].startswith("midlands.events:")


async def test_a_change_is_told_with_what_changed(house: House) -> None:
    organiser = await house.organiser()
    event = await house.published(organiser)

    moved = thing(await house.change(event, organiser, venue="Room 5", title="Winter masterclass 2"))
    dearer = thing(await house.change(moved, organiser, summary="Beds."))

    signals = await house.signals("event-changed")
    assert [(s["changed"], s["version"], s["revision"]) for s in signals] == [
        (["title", "venue"], 3, 2),
        (["summary"], 4, 2),
    ]
    assert (dearer["venue"], dearer["summary"], dearer["version"]) == ("Room 5", "Beds.", 4)
    assert await house.read(event, organiser) == dearer


async def test_changing_a_draft_is_told_to_nobody(house: House) -> None:
    organiser = await house.organiser()

    changed = thing(await house.change(await house.draft(organiser), organiser, venue="Room 5"))

    assert (changed["version"], changed["revision"]) == (2, 1)
    assert await house.signals() == []


async def test_a_change_that_changes_nothing_is_none(house: House) -> None:
    organiser = await house.organiser()
    event = await house.published(organiser)
    before = await house.state()

    answer = await house.change(event, organiser, venue=event["venue"], title=None)

    assert thing(answer) == event
    assert await house.state() == before


async def test_two_who_change_the_same_version_do_not_overwrite_each_other(house: House) -> None:
    organiser = await house.organiser()
    event = await house.published(organiser)
    await house.change(event, organiser, venue="Room 5")

    late = await house.change(event, organiser, venue="Room 6")
    unsaid = await house.http.patch(event["url"], json={"venue": "Room 6"}, headers=organiser.bearer)

    assert problem(late) == (
        412,
        "changed-meanwhile",
        "You have changed version 2, but version 3 is there by now: read it again.",
    )
    assert problem(unsaid)[:2] == (428, "version-required")
    assert (await house.read(event, organiser))["venue"] == "Room 5"


async def test_cancelling_is_told_once_and_final(house: House) -> None:
    organiser = await house.organiser()
    event = await house.published(organiser)

    cancelled = thing(await house.cancel(event, organiser))
    before = await house.state()

    assert (cancelled["status"], cancelled["version"], cancelled["revision"]) == ("cancelled", 3, 2)
    assert [(s["type"], s["revision"]) for s in await house.signals()][1:] == [("event-cancelled", 2)]
    refused = (409, "event-cancelled", '"Winter masterclass" has been cancelled.')
    assert problem(await house.cancel(event, organiser)) == refused
    assert problem(await house.post(f"{event['url']}/publish", organiser)) == refused
    assert problem(await house.change(cancelled, organiser, venue="Room 5")) == refused
    assert await house.state() == before


async def test_a_draft_given_up_is_told_to_nobody(house: House) -> None:
    organiser = await house.organiser()

    cancelled = thing(await house.cancel(await house.draft(organiser), organiser))

    assert cancelled["status"] == "cancelled"
    assert await house.signals() == []


async def test_what_is_over_is_not_changed_or_cancelled(house: House) -> None:
    organiser = await house.organiser()
    event = await house.published(organiser)
    await house.let_it_pass(event)
    before = await house.state()

    for answer in (await house.cancel(event, organiser), await house.change(event, organiser, venue="Room 5")):
        assert problem(answer)[:2] == (409, "event-past")
    assert await house.state() == before


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"ends": in_days(30, hour=9)}, (422, "ends-before-start", "An event ends after it starts")),
        ({"starts": in_days(31)}, (422, "ends-before-start", "An event ends after it starts")),
        (
            {"starts": "2027-03-28T01:30:00", "ends": "2027-03-28T04:00:00"},
            (422, "no-such-time", "01:30 on 2027-03-28 does not exist in Europe/London"),
        ),
        ({"zone": "Europe/Londn"}, (422, "unknown-zone", '"Europe/Londn" is not a time zone')),
        ({"starts": "9999-12-31T23:59:59"}, (422, "unlikely-year", "9999 is not a year")),
        ({"starts": "2027-03-01T09:00:00Z"}, (422, "invalid", "starts:")),
        ({"starts": "next Tuesday"}, (422, "invalid", "starts:")),
        ({"capacity": 0}, (422, "invalid", "capacity: expected 1 or more")),
        ({"title": "  "}, (422, "invalid", "title: expected at least 1 characters")),
        (
            {"seats": 3},
            (422, "invalid", 'unknown field "seats"; known: capacity, co_hosts, ends, kind, mode, network_id'),
        ),
        ({"rule": {"network": []}}, (422, "invalid", 'unknown field "network"; known: job_roles, networks, sectors')),
        ({"rule": {"networks": ["x"]}}, (422, "invalid", "rule.networks[0]: expected an id such as")),
        (
            {"rule": {"networks": [str(network_id(LONDON))]}},
            (422, "wider-than-cell", "An event of midlands can be open to networks of midlands only, not to London"),
        ),
        (
            {"rule": {"networks": [str(network_id("national.midlands.new"))]}},
            (409, "not-yet-known", f"Not known here yet: {network_id('national.midlands.new')}"),
        ),
    ],
)
async def test_a_mistake_in_a_draft_is_told_in_words(
    house: House, given: dict[str, Any], refusal: tuple[int, str, str]
) -> None:
    organiser = await house.organiser()

    status, code, words = problem(await house.post("/api/v1/cells/midlands/events", organiser, a_plan(**given)))

    assert (status, code) == refusal[:2]
    assert words.startswith(refusal[2])
    assert await house.state() == []


async def test_each_mistake_is_told_once(house: House) -> None:
    """The rule of the route reads the body as well, to learn where the event is to be held."""
    answer = await house.post("/api/v1/cells/midlands/events", await house.organiser(), a_plan(capacity=0, title=""))

    assert [error["field"] for error in thing(answer)["errors"]] == ["title", "capacity"]


async def test_a_national_event_may_be_open_to_any_network(house: House) -> None:
    lead = await house.organiser(NATIONAL, role="lead")
    wide = {"networks": [str(network_id(LONDON)), str(network_id(RWP))]}

    event = await house.published(lead, path=NATIONAL, rule=wide)

    assert event["cell"] == "national"
    assert event["rule"]["networks"] == wide["networks"]


async def test_an_event_that_would_have_started_is_not_published(house: House) -> None:
    organiser = await house.organiser()
    draft = await house.draft(organiser, starts=in_days(-2), ends=in_days(-1))
    before = await house.state()

    status, code, words = problem(await house.post(f"{draft['url']}/publish", organiser))

    assert (status, code) == (422, "starts-in-the-past")
    assert words.startswith("It would have started already, at 09:00 on ")
    assert await house.state() == before


async def test_publishing_twice_is_refused(house: House) -> None:
    organiser = await house.organiser()
    event = await house.published(organiser)

    refusal = problem(await house.post(f"{event['url']}/publish", organiser))

    assert refusal == (409, "already-published", "This event has been published before.")
    assert len(await house.signals()) == 1


async def test_a_network_of_another_cell_drafts_there(house: House) -> None:
    lead = await house.organiser(NATIONAL, role="lead")

    refusal = problem(await house.post("/api/v1/cells/midlands/events", lead, a_plan(LONDON)))

    assert refusal == (422, "wrong-cell", "London belongs to the cell london: its events are drafted there.")
