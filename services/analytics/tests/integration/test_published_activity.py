"""Active members and retention as they leave their scope: suppressed, rounded, each period once."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from analytics_heard import figures_heard
from analytics_house import (
    LONDON,
    MIDLANDS,
    NATIONAL,
    RJ1,
    RRK,
    RWP,
    House,
    a_network,
    a_registration,
    an_event,
    arrive,
    event_id,
    members,
    named,
    network_id,
)
from analytics_tables import DAY, by_network, published, snapshot

from analytics_contracts import ActiveMembersCounted, MembersCounted, RetentionCounted
from analytics_service.snapshots.retention import month_before, month_end, points_due
from events_contracts import RegistrationConfirmed


async def busy_midlands(house: House) -> None:
    """Thirty of one trust's forty registered, three of another's thirty, and the one member of a third."""
    await arrive(house.worker, a_network(f"{MIDLANDS}.tiny"), members(f"{MIDLANDS}.tiny", 1))
    await arrive(house.worker, members(RWP, 40), members(RRK, 30), an_event(MIDLANDS))
    people = [named(RWP, n) for n in range(30)] + [named(RRK, n) for n in range(3)] + [named(f"{MIDLANDS}.tiny", 0)]
    for person in people:
        await arrive(house.worker, a_registration(event_id(MIDLANDS), person, RegistrationConfirmed))


async def test_others_see_the_active_suppressed_and_rounded(house: House) -> None:
    await busy_midlands(house)
    outsider = await house.lead(LONDON)
    await snapshot(house, MIDLANDS)

    report = (await house.get(outsider, "active-members", cell="midlands", network=network_id(MIDLANDS), on=DAY)).json()

    rows = by_network(report)
    assert not report["exact"]
    assert (rows["Rwp"]["members"], rows["Rwp"]["active"], rows["Rwp"]["active_of_members"]) == (40, 30, 75.0)
    assert (rows["Rrk"]["active"], rows["Rrk"]["suppressed"]) == (None, ["active"])
    assert (rows["Tiny"]["members"], rows["Tiny"]["active"]) == (None, None)
    assert report["day"] == DAY.isoformat()


async def test_of_a_trust_with_one_member_nothing_is_said_even_when_they_were_not_active(house: House) -> None:
    await arrive(house.worker, members(RWP, 1), members(RRK, 30))
    outsider = await house.lead(LONDON)
    await snapshot(house, MIDLANDS)

    report = (await house.get(outsider, "active-members", cell="midlands", network=network_id(MIDLANDS), on=DAY)).json()

    assert (by_network(report)["Rwp"]["active"], by_network(report)["Rrk"]["active"]) == (None, 0)
    assert report["total"]["active"] is None, "0 would tell that the one was not active"


async def test_before_any_snapshot_nothing_is_told_to_others(house: House) -> None:
    await busy_midlands(house)
    outsider = await house.lead(LONDON)

    for path in ("active-members", "retention", "peers"):
        answer = await house.get(outsider, path, cell="midlands", network=network_id(MIDLANDS))

        assert (answer.status_code, answer.json()["code"]) == (404, "nothing-published")


async def test_each_day_is_published_once_beside_the_members_and_versions_rise(house: House) -> None:
    await busy_midlands(house)

    for days in (1, 0):
        await snapshot(house, MIDLANDS, DAY - timedelta(days=days))
    await snapshot(house, NATIONAL, DAY)
    told = await published(house, ActiveMembersCounted)

    subjects = [(one["network_id"], one["day"]) for one in told]
    assert len(subjects) == len(set(subjects))
    assert {*subjects} == {(one["network_id"], one["day"]) for one in await published(house, MembersCounted)}
    mine = [one for one in told if one["network_id"] == str(network_id(RWP))]
    assert [(one["version"], one["active"]) for one in mine] == [(1, 30), (2, 30)]


async def retention(house: House, path: str) -> list[dict[str, Any]]:
    return [one for one in await published(house, RetentionCounted) if one["network_id"] == str(network_id(path))]


async def test_each_point_of_retention_is_published_once_and_stays(house: House) -> None:
    await arrive(house.worker, members(RWP, 12, since=date(2026, 6, 10)))
    await arrive(house.worker, members(RRK, 9, since=date(2026, 6, 20), until=date(2026, 8, 31)))
    await snapshot(house, MIDLANDS, date(2026, 8, 31))
    await snapshot(house, MIDLANDS, date(2026, 9, 1))
    await arrive(house.worker, members(RJ1, 30, since=date(2026, 6, 1)), members(RWP, 40, since=date(2026, 6, 1)))
    await snapshot(house, MIDLANDS, date(2026, 9, 30))

    june = [one for one in await retention(house, MIDLANDS) if one["month"] == "2026-06-01"]

    assert [(one["version"], one["joined"]) for one in june] == [(1, 20), (2, 20)], "9 and 12, whoever is told later"
    assert june[0]["stayed"] == [{"after": 1, "people": 20}, {"after": 2, "people": 20}]
    assert june[1]["stayed"][:2] == june[0]["stayed"]
    assert june[1]["stayed"][2]["after"] == 3


async def test_retention_is_published_of_regions_alone_and_the_nation_is_their_sum(house: House) -> None:
    await arrive(house.worker, members(RWP, 12, since=date(2026, 6, 10)), members(RJ1, 18, since=date(2026, 6, 10)))
    await snapshot(house, NATIONAL)
    outsider = await house.lead(RRK)

    told = {one["network_id"] for one in await published(house, RetentionCounted)}
    nation = await house.get(outsider, "retention", network=network_id(NATIONAL), **{"from": "2026-06-01"})
    trust = await house.get(await house.lead(LONDON), "retention", cell="midlands", network=network_id(RWP))

    assert told == {str(network_id(MIDLANDS)), str(network_id(LONDON))}
    [june] = [row for row in nation.json()["rows"] if row["month"] == "2026-06-01"]
    assert (june["joined"], june["points"][0]["still"]) == (30, 30), "10 and 20, as they are shown"
    assert (trust.status_code, trust.json()["code"]) == (404, "nothing-published")
    assert "too few join one trust" in trust.json()["detail"]


async def test_a_region_that_is_suppressed_suppresses_the_nations_sum(house: House) -> None:
    await arrive(house.worker, members(RWP, 12, since=date(2026, 6, 10)), members(RJ1, 3, since=date(2026, 6, 10)))
    await snapshot(house, NATIONAL)
    outsider = await house.lead(RRK)

    nation = (await house.get(outsider, "retention", network=network_id(NATIONAL), **{"from": "2026-06-01"})).json()

    [june] = [row for row in nation["rows"] if row["month"] == "2026-06-01"]
    assert (june["joined"], june["points"][0]["still"]) == (None, None)
    assert june["suppressed"][:2] == ["joined", "still_1"]


def test_a_point_is_due_once_its_last_day_is_over() -> None:
    due = points_due(date(2026, 11, 29))

    assert month_before(date(2026, 1, 31), 13) == date(2024, 12, 1)
    assert month_end(date(2026, 2, 1)) == date(2026, 2, 28)
    assert date(2026, 10, 1) not in due, "November is not over"
    assert due[date(2026, 9, 1)] == {0, 1}
    assert points_due(date(2026, 11, 30))[date(2026, 10, 1)] == {0, 1}
    assert max(due[min(due)]) == 60


async def test_a_trust_is_compared_with_others_of_its_region_or_sector(house: House) -> None:
    await arrive(house.worker, a_network(f"{MIDLANDS}.a1", sector="acute"), members(f"{MIDLANDS}.a1", 22))
    await arrive(house.worker, a_network(f"{MIDLANDS}.c1", sector="community"), members(f"{MIDLANDS}.c1", 3))
    await arrive(house.worker, a_network(f"{LONDON}.a2", sector="acute"), members(f"{LONDON}.a2", 14))
    await snapshot(house, MIDLANDS)
    await snapshot(house, LONDON)
    lead, asked = await house.lead(f"{MIDLANDS}.a1"), network_id(f"{MIDLANDS}.a1")

    region = (await house.get(lead, "peers", cell="midlands", network=asked, among="region")).json()
    sector = (await house.get(lead, "peers", cell="midlands", network=asked, among="sector")).json()

    assert [(row["network"]["name"], row["members"]) for row in region["rows"]] == [
        ("A1", 20),
        ("C1", None),
        ("Rrk", 0),
        ("Rwp", 0),
    ]
    assert [(row["network"]["name"], row["members"], row["is_own"]) for row in sector["rows"]] == [
        ("A1", 20, True),
        ("A2", 15, False),
    ]
    assert not region["exact"], "like is compared with like: its own figure is the published one"


async def test_the_nation_has_no_peers(house: House) -> None:
    lead = await house.lead(NATIONAL)

    answer = await house.get(lead, "peers", network=network_id(NATIONAL))

    assert (answer.status_code, answer.json()["code"]) == (422, "no-peers")
    assert answer.json()["detail"] == "National has no peers: ask for a region or a trust."


async def test_regions_are_compared_by_what_the_nation_published(midlands_alone: House) -> None:
    """The Midlands have heard of no other region's networks, only of the figures on the national cell."""
    house = midlands_alone
    await arrive(house.worker, map(a_network, (NATIONAL, MIDLANDS, RWP)), members(RWP, 40))
    await arrive(house.worker, figures_heard(MIDLANDS, day=DAY, people=40), figures_heard(LONDON, day=DAY, people=None))
    await arrive(house.worker, figures_heard(LONDON, day=DAY - timedelta(days=1), people=95))
    lead = await house.lead(MIDLANDS)

    report = (await house.get(lead, "peers", cell="midlands", network=network_id(MIDLANDS))).json()

    assert [(row["network"]["name"], row["members"], row["active"]) for row in report["rows"]] == [
        ("Midlands", 40, 40),
        ("London", None, None),
    ]
    assert (report["day"], report["among"]) == (DAY.isoformat(), "the other regions")


async def test_a_regions_own_publication_is_no_comparison(midlands_alone: House) -> None:
    """What travels on a region's own cell was decided by that region: it is not what others are compared with."""
    house = midlands_alone
    await arrive(house.worker, map(a_network, (NATIONAL, MIDLANDS, RWP)), members(RWP, 40))
    heard = figures_heard(MIDLANDS, day=DAY, people=40)
    await arrive(house.worker, [replace(record, topic="midlands.analytics") for record in heard])
    lead = await house.lead(MIDLANDS)

    answer = await house.get(lead, "peers", cell="midlands", network=network_id(MIDLANDS))

    assert answer.status_code == 404
