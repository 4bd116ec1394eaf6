"""Lists of events: upcoming first, page by page, nobody sees what is not theirs to see."""

from typing import Any

import pytest
from events_house import LONDON, MIDLANDS, NATIONAL, RRK, RWP, House, Thing, in_days, network_id, problem, thing

from access.testing import Somebody

EVENTS = "/api/v1/cells/midlands/events"


async def titles(house: House, who: Somebody, url: str = EVENTS) -> list[str]:
    answer = await house.get(url, who)
    assert answer.status_code == 200, answer.text
    return [event["title"] for event in thing(answer)["items"]]


async def on_day(house: House, by: Somebody, title: str, day: int, **given: Any) -> Thing:
    return await house.published(by, title=title, starts=in_days(day), ends=in_days(day, hour=12), **given)


async def test_upcoming_ones_come_first_by_start_then_past_ones_the_latest_first(house: House) -> None:
    organiser = await house.organiser()
    await on_day(house, organiser, "in May", 170)
    past = {day: await on_day(house, organiser, f"{60 - day} days ago", day) for day in (20, 50)}
    await on_day(house, organiser, "next week", 7)
    for event in past.values():
        await house.let_it_pass(event)

    assert await titles(house, organiser) == ["next week", "in May", "10 days ago", "40 days ago"]


async def test_pages_meet_without_gap_or_repeat(house: House) -> None:
    organiser = await house.organiser()
    for number in range(5):
        await on_day(house, organiser, f"event {number}", 10 + number // 2)
    everything = await titles(house, organiser)

    found, url = [], f"{EVENTS}?limit=2"
    while True:
        page = thing(await house.get(url, organiser))
        found += [event["title"] for event in page["items"]]
        if page["next"] is None:
            break
        url = f"{EVENTS}?limit=2&cursor={page['next']}"

    assert len(found) == 5
    assert found == everything


async def test_a_cursor_tampered_with_is_refused_as_is_one_of_another_list(house: House) -> None:
    organiser = await house.organiser()
    for number in range(3):
        await on_day(house, organiser, f"event {number}", 10)
    cursor: str = thing(await house.get(f"{EVENTS}?limit=1", organiser))["next"]
    changed = cursor[:-1] + ("A" if cursor[-1] != "A" else "B")
    changed = changed[:20] + ("A" if changed[20] != "A" else "B") + changed[21:]

    for url in (
        f"{EVENTS}?limit=1&cursor={changed}",
        f"{EVENTS}?limit=1&network={network_id(RWP)}&cursor={cursor}",
        f"/api/v1/cells/london/events?cursor={cursor}",
        f"{EVENTS}?cursor=nonsense",
    ):
        refusal = problem(await house.get(url, organiser))
        assert refusal == (
            422,
            "bad-cursor",
            "The cursor is damaged, or belongs to another list or filter: start again without it.",
        )


async def test_members_see_what_is_open_to_their_networks_and_holders_what_their_networks_hold(house: House) -> None:
    midlands, rwp = await house.organiser(), await house.organiser(RWP)
    await on_day(house, midlands, "for all", 7)
    await on_day(house, midlands, "for rrk", 8, rule={"networks": [str(network_id(RRK))]})
    await on_day(house, rwp, "of rwp", 9, path=RWP)

    assert await titles(house, midlands) == ["for all", "for rrk", "of rwp"]
    assert await titles(house, await house.member(RWP)) == ["for all", "of rwp"]
    assert await titles(house, await house.member(RRK)) == ["for all", "for rrk"]
    assert await titles(house, await house.organiser(LONDON, role="lead")) == []
    assert await titles(house, await house.directory.person()) == []


async def test_a_list_of_a_network_holds_its_own_events_and_those_below(house: House) -> None:
    national, rwp = await house.organiser(NATIONAL), await house.organiser(RWP)
    await on_day(house, national, "of the region", 7)
    await on_day(house, rwp, "of rwp", 9, path=RWP)

    assert await titles(house, national, f"{EVENTS}?network={network_id(RWP)}") == ["of rwp"]
    assert await titles(house, national, f"{EVENTS}?network={network_id(MIDLANDS)}") == ["of the region", "of rwp"]
    assert await titles(house, national, f"{EVENTS}?network={network_id(LONDON)}") == []
    assert problem(await house.get(f"{EVENTS}?netwrk={network_id(RWP)}", national))[:2] == (422, "invalid")


async def test_drafts_have_a_list_of_their_own_for_those_who_prepare_them(house: House) -> None:
    organiser, rwp = await house.organiser(), await house.organiser(RWP)
    steward, member = await house.organiser(role="steward"), await house.member()
    await house.draft(organiser, title="of the region")
    await house.draft(rwp, path=RWP, title="of rwp")
    await house.published(organiser, title="published")
    region, trust = (f"/api/v1/cells/midlands/drafts?network={network_id(path)}" for path in (MIDLANDS, RWP))

    assert sorted(await titles(house, organiser, region)) == ["of rwp", "of the region"]
    assert await titles(house, organiser, trust) == ["of rwp"]
    assert await titles(house, rwp, trust) == ["of rwp"]
    assert await titles(house, organiser) == ["published"]
    assert (await house.get(region, rwp)).status_code == 404
    assert (await house.get(region, steward)).status_code == 403
    assert (await house.get(region, member)).status_code == 404


async def test_grants_that_may_be_stale_show_nothing_in_lists(house: House) -> None:
    organiser, member = await house.organiser(), await house.member()
    await on_day(house, organiser, "for rrk", 8, rule={"networks": [str(network_id(RRK))]})
    await on_day(house, organiser, "for all", 9)
    async with house.worker.transaction() as conn:
        await conn.execute("UPDATE access_heartbeats SET at = at - interval '10 minutes'")

    assert await titles(house, organiser) == ["for all"]
    assert await titles(house, member) == ["for all"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["webinar", "summit", "course"]),
        ("?kind=summit", ["summit"]),
        ("?mode=online", ["webinar"]),
        ("?mode=mixed&kind=course", ["course"]),
        ("?mode=mixed&kind=summit", []),
        (f"?from={in_days(15)}Z", ["summit", "course"]),
        (f"?to={in_days(15)}Z", ["webinar"]),
        (f"?from={in_days(15)}Z&to={in_days(25)}Z", ["summit"]),
    ],
)
async def test_a_list_can_be_asked_for_a_kind_a_mode_and_a_time(house: House, query: str, found: list[str]) -> None:
    organiser, member = await house.organiser(), await house.member()
    for day, kind, mode in ((10, "webinar", "online"), (20, "summit", "offline"), (30, "course", "mixed")):
        await house.published(organiser, kind=kind, mode=mode, starts=in_days(day), ends=in_days(day, hour=16))

    items = thing(await house.get(f"{EVENTS}{query}", member))["items"]

    assert [event["kind"] for event in items] == found


@pytest.mark.parametrize(
    "query", ["?mode=hybrid", "?kind=A B", "?from=tomorrow", "?to=2027-01-01T00:00:00", "?where=x"]
)
async def test_a_filter_that_is_none_is_refused(house: House, query: str) -> None:
    assert problem(await house.get(f"{EVENTS}{query}", await house.member()))[:2] == (422, "invalid")


async def test_a_filtered_list_is_paged_and_its_cursor_belongs_to_the_filter(house: House) -> None:
    organiser, member = await house.organiser(), await house.member()
    made = [await house.published(organiser, starts=in_days(10 + day), mode="mixed") for day in range(3)]
    await house.published(organiser, starts=in_days(9))

    first = thing(await house.get(f"{EVENTS}?mode=mixed&limit=2", member))
    second = thing(await house.get(f"{EVENTS}?mode=mixed&limit=2&cursor={first['next']}", member))

    assert [one["id"] for one in first["items"] + second["items"]] == [one["id"] for one in made]
    strayed = await house.get(f"{EVENTS}?mode=online&cursor={first['next']}", member)
    assert problem(strayed)[:2] == (422, "bad-cursor")
