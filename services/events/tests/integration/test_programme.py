"""What an event is made of: sessions, how people attend, who holds it with whom, and how many places."""

from typing import Any
from uuid import UUID

import pytest
from events_house import (
    LONDON,
    MIDLANDS,
    NATIONAL,
    RRK,
    RWP,
    House,
    Thing,
    a_plan,
    in_days,
    network_id,
    problem,
    thing,
)

from access.testing import Somebody
from servicekit.ids import new_id

DRAFTS = "/api/v1/cells/midlands/events"
SESSIONS = [
    {"title": "Flow", "starts": in_days(30, hour=11), "ends": in_days(30, hour=12), "room": "Hall 1"},
    {"title": "Beds", "starts": in_days(30, hour=9), "ends": in_days(30, hour=10)},
    {"title": "Staff", "starts": in_days(30, hour=11), "ends": in_days(30, hour=12), "room": "Hall 2"},
]


def titles(event: Thing) -> list[str]:
    return [session["title"] for session in event["sessions"]]


async def test_an_event_has_sessions_in_order_of_their_starts(house: House) -> None:
    organiser, member = await house.organiser(), await house.member()

    event = await house.published(organiser, sessions=SESSIONS)

    assert titles(event) == ["Beds", "Flow", "Staff"]
    assert event["sessions"][1] == SESSIONS[0] | {
        "starts_at": event["sessions"][2]["starts_at"],
        "ends_at": event["sessions"][2]["ends_at"],
    }
    assert (await house.read(event, member))["sessions"] == event["sessions"]
    (published,) = await house.signals()
    assert published["sessions"] == event["sessions"]


async def test_a_session_that_moves_is_news_and_its_room_is_not(house: House) -> None:
    organiser = await house.organiser()
    event = await house.published(organiser, sessions=SESSIONS)
    roomier = [SESSIONS[0] | {"room": "Hall 3"}, *SESSIONS[1:]]
    later = [SESSIONS[0] | {"ends": in_days(30, hour=13)}, *SESSIONS[1:]]

    event = thing(await house.change(event, organiser, sessions=roomier))
    event = thing(await house.change(event, organiser, sessions=later))
    await house.change(event, organiser, sessions=[])

    told = [(s["changed"], s["revision"], len(s["sessions"])) for s in await house.signals("event-changed")]
    assert told == [(["sessions"], 1, 3), (["sessions"], 2, 3), (["sessions"], 3, 0)]


async def test_an_event_that_moves_takes_its_sessions_with_it_or_is_refused(house: House) -> None:
    organiser = await house.organiser()
    event = await house.published(organiser, sessions=SESSIONS[:1])
    before = await house.state()
    moved = {"starts": in_days(40), "ends": in_days(40, hour=16)}

    status, code, words = problem(await house.change(event, organiser, **moved))

    assert (status, code) == (422, "session-outside-event")
    assert words.startswith('"Flow" is from 11:00 on ')
    assert words.endswith(": move them together.")
    assert await house.state() == before
    session = SESSIONS[0] | {"starts": in_days(40, hour=11), "ends": in_days(40, hour=12)}
    together = thing(await house.change(event, organiser, **moved, sessions=[session]))
    assert (together["revision"], together["sessions"][0]["starts"]) == (2, in_days(40, hour=11))


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        (
            {"sessions": [SESSIONS[0] | {"starts": in_days(30, hour=8)}]},
            (422, "session-outside-event", '"Flow" is from 08:00 on'),
        ),
        (
            {"sessions": [SESSIONS[0] | {"ends": in_days(30, hour=11)}]},
            (422, "ends-before-start", 'A session ends after it starts; "Flow"'),
        ),
        ({"sessions": [SESSIONS[0]] * 51}, (422, "invalid", "sessions: expected at most 50")),
        ({"sessions": [SESSIONS[0] | {"title": " "}]}, (422, "invalid", "sessions[0].title: expected at least 1")),
        (
            {"sessions": [SESSIONS[0] | {"link": "https://x"}]},
            (422, "invalid", 'unknown field "link"; known: ends, room, starts, title'),
        ),
        (
            {
                "starts": "2027-03-28T00:00:00",
                "ends": "2027-03-28T08:00:00",
                "sessions": [{"title": "Night", "starts": "2027-03-28T01:30:00", "ends": "2027-03-28T03:00:00"}],
            },
            (422, "no-such-time", "01:30 on 2027-03-28 does not exist"),
        ),
        ({"mode": "hybrid"}, (422, "invalid", "mode:")),
        ({"venue": ""}, (422, "no-venue", "Say where it takes place, or that it is online.")),
        ({"venue": " ", "mode": "mixed"}, (422, "no-venue", "Say where it takes place")),
        ({"partners": [""]}, (422, "invalid", "partners[0]: expected at least 1")),
        ({"co_hosts": ["rwp"]}, (422, "invalid", "co_hosts[0]: expected an id such as")),
        (
            {"co_hosts": [str(network_id(LONDON))]},
            (
                422,
                "wider-than-cell",
                "An event of midlands can be held with networks of midlands only, not with London",
            ),
        ),
        (
            {"co_hosts": [str(UUID(int=9))]},
            (409, "not-yet-known", f"Not known here yet: {UUID(int=9)}"),
        ),
        (
            {"window": {"opens": in_days(20), "closes": in_days(20)}},
            (422, "window-never-open", "Registration would open at 09:00 on"),
        ),
        ({"window": {"opens": in_days(31)}}, (422, "window-never-open", "Registration would open at 09:00 on")),
        ({"window": {"opens": "2027-01-01T09:00:00Z"}}, (422, "invalid", "window.opens:")),
        ({"window": {"until": None}}, (422, "invalid", 'unknown field "until"; known: closes, opens')),
        ({"kind": "Summit!"}, (422, "invalid", "kind:")),
    ],
)
async def test_a_mistake_in_what_it_is_made_of_is_told_in_words(
    house: House, given: dict[str, Any], refusal: tuple[int, str, str]
) -> None:
    organiser = await house.organiser()

    status, code, words = problem(await house.post(DRAFTS, organiser, a_plan(**given)))

    assert (status, code) == refusal[:2]
    assert words.startswith(refusal[2])
    assert await house.state() == []


async def test_an_online_event_needs_no_venue(house: House) -> None:
    organiser = await house.organiser()
    plan = a_plan(mode="online")
    del plan["venue"]

    event = thing(await house.post(DRAFTS, organiser, plan))

    assert (event["mode"], event["venue"]) == ("online", "Online")


async def test_how_people_attend_is_news(house: House) -> None:
    organiser = await house.organiser()
    event = await house.published(organiser)

    await house.change(event, organiser, mode="mixed")

    (changed,) = await house.signals("event-changed")
    assert (changed["changed"], changed["mode"], changed["revision"]) == (["mode"], "mixed", 2)


async def test_those_who_work_at_a_co_host_see_the_event_and_nobody_who_comes_to_it(house: House) -> None:
    organiser, of_co_host = await house.organiser(), await house.organiser(RWP, role="lead")
    elsewhere, member = await house.organiser(RRK, role="lead"), await house.member(RWP)
    for_midlands_alone = {"networks": [str(network_id(RRK))]}
    event = await house.published(
        organiser, co_hosts=[str(network_id(RWP)), str(network_id(MIDLANDS))], rule=for_midlands_alone
    )
    draft = await house.draft(organiser, co_hosts=[str(network_id(RWP))])

    assert event["co_hosts"] == [str(network_id(RWP))], "nobody is a co-host of their own event"
    seen = await house.read(event, of_co_host)
    assert (seen["co_hosts"], seen["confirmed"], seen["waiting"]) == ([str(network_id(RWP))], None, None)
    assert await listed(house, of_co_host) == [event["id"]]
    assert await listed(house, of_co_host, f"?network={network_id(RWP)}") == [event["id"]]
    assert (await house.get(f"{event['url']}/registrations", of_co_host)).status_code == 404
    assert (await house.change(event, of_co_host, venue="Room 5")).status_code == 404
    assert (await house.get(draft["url"], of_co_host)).status_code == 404
    drafts = await house.get(f"/api/v1/cells/midlands/drafts?network={network_id(RWP)}", of_co_host)
    assert thing(drafts)["items"] == []
    assert (await house.get(event["url"], member)).status_code == 404
    assert (await house.get(event["url"], elsewhere)).status_code == 200, "it is open to their members"


async def test_a_national_event_is_held_with_regions_and_partner_bodies(house: House) -> None:
    national, london = await house.organiser(NATIONAL), await house.organiser(LONDON)
    event = await house.published(
        national,
        path=NATIONAL,
        co_hosts=[str(network_id(LONDON))],
        partners=["NHS Providers", "NHS Providers", "NHS Confederation"],
        rule={"networks": [str(network_id(MIDLANDS))]},
    )

    assert event["partners"] == ["NHS Providers", "NHS Confederation"]
    assert (await house.read(event, london))["id"] == event["id"]


async def test_a_co_hosts_grants_that_may_be_stale_show_nothing(house: House) -> None:
    organiser, of_co_host = await house.organiser(), await house.organiser(RWP, role="lead")
    event = await house.published(organiser, co_hosts=[str(network_id(RWP))], rule={"networks": [str(network_id(RRK))]})
    async with house.worker.transaction() as conn:
        await conn.execute("UPDATE access_heartbeats SET at = at - interval '10 minutes'")

    assert problem(await house.get(event["url"], of_co_host))[:2] == (503, "access-stale")
    assert await listed(house, of_co_host) == []


async def test_another_zone_keeps_wall_times_and_moves_what_they_mean(house: House) -> None:
    organiser = await house.organiser()
    event = await house.published(
        organiser, mode="online", sessions=SESSIONS[:1], window={"closes": in_days(20)}, zone="Europe/London"
    )

    moved = thing(await house.change(event, organiser, zone="America/New_York"))

    assert moved["sessions"][0]["starts"] == event["sessions"][0]["starts"]
    assert moved["sessions"][0]["starts_at"] != event["sessions"][0]["starts_at"]
    assert moved["window"]["closes"] == event["window"]["closes"]
    assert moved["window"]["closes_at"] != event["window"]["closes_at"]


async def listed(house: House, who: Somebody, query: str = "") -> list[str]:
    return [event["id"] for event in thing(await house.get(f"{DRAFTS}{query}", who))["items"]]


async def test_the_release_before_this_one_goes_on_writing_beside_it(house: House) -> None:
    """It names none of the new columns: its events are such as people come to, without sessions or a window."""
    event_id = new_id()
    async with house.worker.transaction() as conn:
        await conn.execute(
            """
            INSERT INTO events (id, cell, network_id, kind, title, summary, venue, starts, ends, zone, starts_at,
                                ends_at, capacity, open_to, sectors, job_roles, status, published_at, revision, version)
            VALUES ($1, 'midlands', $2::uuid, 'meeting', 'Huddle', '', 'Room 1', now()::timestamp, now()::timestamp,
                    'Europe/London', now(), now() + interval '1 hour', 5, ARRAY[$2::uuid], '{}', '{}', 'published',
                    now(), 1, 2)
            """,
            event_id,
            network_id(MIDLANDS),
        )

    event = await house.read({"url": f"{DRAFTS}/{event_id}"}, await house.member())

    assert (event["mode"], event["sessions"], event["co_hosts"], event["partners"]) == ("offline", [], [], [])
    assert set(event["window"].values()) == {None}


async def test_places_are_lowered_to_the_confirmed_and_raised_for_those_in_line(house: House) -> None:
    organiser = await house.organiser()
    people = [await house.member() for _ in range(4)]
    event = await house.published(organiser, capacity=2)
    registrations = [await house.registered(event, one) for one in people]
    event = await house.read(event, organiser)
    before = await house.state()

    refusal = problem(await house.change(event, organiser, capacity=1))

    assert refusal == (
        409,
        "capacity-below-confirmed",
        "2 people are confirmed: there cannot be fewer places than that.",
    )
    assert await house.state() == before
    event = thing(await house.change(event, organiser, capacity=3))
    assert (event["confirmed"], event["waiting"], event["is_full"]) == (3, 1, True)
    standings = [(await house.read(one, who))["status"] for one, who in zip(registrations, people, strict=True)]
    assert standings == ["confirmed", "confirmed", "confirmed", "waiting"]
