"""Joining links: shown to those with a place when it is nearly time, and to those who hold the event; sent nowhere."""

from typing import Any

import httpx
import pytest
from calendar_reading import an_address, asked
from events_house import LONDON, MIDLANDS, RWP, House, Thing, in_days, in_hours, network_id, problem, thing

from access.principal import HeldGrant, Principal
from access.testing import Somebody
from servicekit.ids import new_id

LINK = "https://meet.example.org/flow?room=7"


async def give(house: House, event: Thing, by: Somebody, link: str = LINK, *, seen: int = 0) -> httpx.Response:
    headers = by.bearer | {"If-Match": f'"{seen}"'}
    return await house.http.put(f"{event['url']}/joining-link", json={"link": link}, headers=headers)


async def shown(house: House, event: Thing, who: Somebody) -> httpx.Response:
    return await house.get(f"{event['url']}/joining-link", who)


async def online_event(house: House, by: Somebody, **given: Any) -> Thing:
    """One that begins in some hours, unless it is to begin later; with its link."""
    event = await house.published(by, mode="online", **(soon() | given))
    assert (await give(house, event, by)).status_code == 200
    return event


def soon() -> dict[str, str]:
    """Half a day from now, for two days."""
    return {"starts": in_hours(12), "ends": in_hours(60)}


async def test_it_is_shown_to_those_with_a_place_and_to_those_who_hold_the_event(house: House) -> None:
    organiser, steward = await house.organiser(), await house.organiser(role="steward")
    member = await house.member()
    event = await online_event(house, organiser)
    await house.registered(event, member)

    for somebody in (organiser, steward, member):
        answer = await shown(house, event, somebody)
        assert (thing(answer)["link"], answer.headers["etag"]) == (LINK, '"1"')


async def test_it_is_not_shown_too_early_except_to_those_who_hold_the_event(house: House) -> None:
    organiser, member = await house.organiser(), await house.member()
    event = await online_event(house, organiser, starts=in_days(20, hour=23), ends=in_days(22))
    await house.registered(event, member)

    early = await shown(house, event, member)

    assert problem(early) == (
        409,
        "link-not-shown-yet",
        f"The joining link is shown from 23:00 on {in_days(19)[:10]} (Europe/London).",
    )
    assert LINK not in early.text
    assert thing(await shown(house, event, organiser))["link"] == LINK


async def test_the_setting_says_how_early(house: House) -> None:
    organiser, member = await house.organiser(), await house.member()
    event = await online_event(house, organiser, starts=in_days(20), ends=in_days(22))
    await house.registered(event, member)
    before = house.settings.joining_link_shown_hours

    house.settings.joining_link_shown_hours = 24 * 30
    try:
        assert thing(await shown(house, event, member))["link"] == LINK
    finally:
        house.settings.joining_link_shown_hours = before


async def test_who_has_no_place_is_not_shown_it(house: House) -> None:
    organiser, first, waits = await house.organiser(), await house.member(), await house.member()
    gone = await house.member()
    event = await online_event(house, organiser, capacity=1)
    await house.cancel(await house.registered(event, gone), gone)
    await house.registered(event, first)
    await house.registered(event, waits)

    assert problem(await shown(house, event, waits)) == (
        409,
        "not-confirmed",
        "The joining link is for those with a place; you are on the waiting list.",
    )
    strangers = (gone, await house.member(), await house.organiser(LONDON, role="lead"), await house.directory.person())
    for somebody in strangers:
        answer = await shown(house, event, somebody)
        assert problem(answer) == (404, "not-found", "There is nothing here that you can see.")
    assert (await house.http.get(f"{event['url']}/joining-link")).status_code == 401


async def test_a_co_host_is_not_shown_it(house: House) -> None:
    organiser, of_co_host = await house.organiser(), await house.organiser(RWP, role="lead")
    event = await online_event(house, organiser, co_hosts=[str(network_id(RWP))])

    assert (await shown(house, event, of_co_host)).status_code == 404


async def test_an_event_that_is_cancelled_or_over_has_no_link_for_those_who_came(house: House) -> None:
    organiser, member = await house.organiser(), await house.member()
    cancelled, past = await online_event(house, organiser), await online_event(house, organiser)
    for event in (cancelled, past):
        await house.registered(event, member)
    await house.cancel(cancelled, organiser)
    await house.let_it_pass(past)

    assert problem(await shown(house, cancelled, member))[:2] == (409, "event-cancelled")
    assert problem(await shown(house, past, member))[:2] == (409, "event-past")


async def test_before_there_is_one_that_is_said(house: House) -> None:
    organiser, member = await house.organiser(), await house.member()
    event = await house.published(organiser, mode="mixed", **soon())
    await house.registered(event, member)

    assert problem(await shown(house, event, member)) == (
        409,
        "no-link-yet",
        "The organisers have not given the joining link yet; look again nearer the time.",
    )
    mine = await shown(house, event, organiser)
    assert (thing(mine)["link"], mine.headers["etag"]) == (None, '"0"')


async def test_two_who_give_a_link_do_not_overwrite_each_other(house: House) -> None:
    organiser = await house.organiser()
    event = await online_event(house, organiser)

    late = await give(house, event, organiser, "https://meet.example.org/other", seen=0)
    unsaid = await house.http.put(f"{event['url']}/joining-link", json={"link": LINK}, headers=organiser.bearer)
    another = await give(house, event, organiser, "https://meet.example.org/other", seen=1)

    assert problem(late)[:2] == (412, "changed-meanwhile")
    assert problem(unsaid)[:2] == (428, "version-required")
    assert (thing(another)["link"], thing(another)["version"]) == ("https://meet.example.org/other", 2)


@pytest.mark.parametrize(
    "link",
    [
        "http://meet.example.org",
        "javascript:alert(1)",
        "meet.example.org",
        "https://",
        "https:///path",
        "https://user:word@meet.example.org",
        "https://meet.example.org/a b",
        "https://meet.example.org/\u202etxt",
        "https://[meet",
        "https://meet.example.org:0x/",
    ],
)
async def test_what_is_no_link_is_refused_and_the_old_one_stays(house: House, link: str) -> None:
    organiser = await house.organiser()
    event = await online_event(house, organiser)
    before = await house.state()

    refusal = problem(await give(house, event, organiser, link, seen=1))

    assert refusal == (
        422,
        "not-a-link",
        "A joining link begins with https:// and names a host, such as https://meet.example.org/flow.",
    )
    assert await house.state() == before


async def test_only_those_who_may_change_the_event_give_one_and_only_where_people_join_online(house: House) -> None:
    organiser, steward = await house.organiser(), await house.organiser(role="steward")
    event, member = await house.published(organiser), await house.member()
    await house.registered(event, member)
    over = await house.published(organiser, mode="online")
    await house.let_it_pass(over)
    before = await house.state()

    assert problem(await give(house, event, organiser)) == (
        409,
        "not-online",
        '"Winter masterclass" takes place at its venue only: make it online or mixed first.',
    )
    assert problem(await give(house, over, organiser))[:2] == (409, "event-past")
    assert (await give(house, event, steward)).status_code == 403
    assert (await give(house, event, member)).status_code == 404
    too_long = await give(house, event, organiser, "https://meet.example.org/" + "a" * 2_000)
    assert problem(too_long)[:2] == (422, "invalid")
    assert await house.state() == before


async def test_it_stands_in_no_signal_no_view_and_no_calendar(house: House) -> None:
    organiser, member = await house.organiser(), await house.member()
    event = await online_event(house, organiser)
    registration = await house.registered(event, member)
    await house.change(event, organiser, title="Flow", starts=in_hours(13))
    calendars = [await an_address(house, member), await an_address(house, organiser, path=MIDLANDS)]

    written = [
        *[(await asked(house, calendar)).text for calendar in calendars],
        str(await house.read(event, organiser)),
        str(await house.read(registration, member)),
        (await house.get(f"{event['url']}/registrations", organiser)).text,
        str(await house.signals()),
    ]
    async with house.worker.reading() as conn:
        written += [
            row["row"] for row in await conn.fetch("SELECT convert_from(body, 'UTF8') AS row FROM servicekit.outbox")
        ]

    assert len(written) >= 9
    assert not any("meet.example.org" in text for text in written)
    assert any("Flow" in text for text in written), "the search would find it"


async def links_seen(house: House, by: Principal) -> int:
    async with house.api.reading(by) as conn:
        count: int = await conn.fetchval("SELECT count(*) FROM joining_links")
        return count


async def test_the_second_wall_shows_a_link_with_a_place_or_in_scope(house: House) -> None:
    organiser, confirmed, waits = await house.organiser(), await house.member(), await house.member()
    event = await online_event(house, organiser, capacity=1)
    await house.registered(event, confirmed)
    await house.registered(event, waits)

    def as_(somebody: Somebody, *paths: str) -> Principal:
        grants = tuple(HeldGrant(role="lead", path=path, network_id=new_id(), cell="midlands") for path in paths)
        return Principal(identity="test", issuer="test", person_id=somebody.person_id, grants=grants)

    assert await links_seen(house, as_(confirmed)) == 1
    assert await links_seen(house, as_(waits)) == 0
    assert await links_seen(house, as_(waits, MIDLANDS)) == 1
    assert await links_seen(house, as_(waits, RWP, LONDON)) == 0


async def test_without_the_second_wall_everybody_would_see_it(house_of_its_own: House) -> None:
    """The mechanism taken away: the same statement, without its policy."""
    house = house_of_its_own
    organiser, stranger = await house.organiser(), await house.member()
    await online_event(house, organiser)
    nobody = Principal(identity="test", issuer="test", person_id=stranger.person_id)
    assert await links_seen(house, nobody) == 0

    await house.as_owner("ALTER TABLE joining_links DISABLE ROW LEVEL SECURITY")

    assert await links_seen(house, nobody) == 1
