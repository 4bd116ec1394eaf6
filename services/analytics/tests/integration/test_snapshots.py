"""What leaves its scope: suppressed and rounded, taken once, the same for everybody, not to be had by subtraction."""

from datetime import timedelta

import asyncpg
from analytics_house import (
    LONDON,
    MIDLANDS,
    NATIONAL,
    RJ1,
    RRK,
    RWP,
    House,
    a_registration,
    a_telling,
    an_event,
    arrive,
    event_id,
    members,
    named,
    network_id,
)
from analytics_tables import DAY, FIGURES, by_network, grown_midlands, published, snapshot

from analytics_contracts import EventFunnelCounted
from events_contracts import AttendanceRecorded, RegistrationConfirmed


async def test_a_reader_outside_gets_the_snapshot_through_disclosure_control(house: House) -> None:
    await grown_midlands(house)
    outsider = await house.lead(LONDON)
    await snapshot(house, MIDLANDS)

    report = (await house.get(outsider, "members", cell="midlands", network=network_id(MIDLANDS))).json()

    rows = by_network(report)
    assert not report["exact"]
    assert report["day"] == DAY.isoformat()
    assert report["suppressed"]
    assert (rows["Rwp"]["members"], rows["Rwp"]["suppressed"]) == (None, ["members"])
    assert (rows["Rrk"]["members"], rows["Rrk"]["suppressed"]) == (0, [])
    assert {rows[f"T{number}"]["members"] for number in range(10)} == {10}
    assert (rows["itself"]["members"], report["total"]["members"]) == (40, 155)
    assert (report["total"]["trusts"], report["total"]["trusts_with_members"], report["total"]["coverage"]) == (
        12,
        11,
        91.7,
    )


async def test_what_changes_after_the_snapshot_stays_inside(house: House) -> None:
    await grown_midlands(house)
    outsider = await house.lead(LONDON)
    await snapshot(house, MIDLANDS)
    before = (await house.get(outsider, "members", cell="midlands", network=network_id(MIDLANDS))).json()

    await arrive(house.worker, members(RRK, 20))

    after = (await house.get(outsider, "members", cell="midlands", network=network_id(MIDLANDS))).json()
    assert after == before


async def test_a_total_that_would_give_a_part_away_is_suppressed_too(house: House) -> None:
    await arrive(house.worker, members(RWP, 30), members(RRK, 3))
    outsider = await house.lead(LONDON)
    await snapshot(house, MIDLANDS)

    report = (await house.get(outsider, "members", cell="midlands", network=network_id(MIDLANDS))).json()

    rows = by_network(report)
    assert (rows["Rwp"]["members"], rows["Rrk"]["members"], report["total"]["members"]) == (30, None, None)


async def test_before_any_snapshot_there_is_nothing_for_others(house: House) -> None:
    await arrive(house.worker, members(RWP, 30), an_event(MIDLANDS))
    outsider = await house.lead(LONDON)

    of_members = await house.get(outsider, "members", cell="midlands", network=network_id(MIDLANDS))
    of_event = await house.get(outsider, f"events/{event_id(MIDLANDS)}/funnel", cell="midlands")
    over_time = await house.get(
        outsider, "coverage", cell="midlands", network=network_id(MIDLANDS), **{"from": "2026-01-01"}
    )

    assert of_members.status_code == of_event.status_code == 404
    assert of_members.json()["code"] == of_event.json()["code"] == "nothing-published"
    assert over_time.json()["rows"] == []


async def a_masterclass(house: House, *, guests: int) -> None:
    """Thirty Midlanders of two trusts register for their region's masterclass, and some Londoners."""
    await arrive(house.worker, members(RWP, 20), members(RRK, 18), members(RJ1, 5), an_event(MIDLANDS))
    masterclass = event_id(MIDLANDS)
    people = [named(RWP, number) for number in range(16)] + [named(RRK, number) for number in range(14)]
    guests_ = [named(RJ1, number) for number in range(guests)]
    for person in people + guests_:
        await arrive(house.worker, a_registration(masterclass, person, RegistrationConfirmed, AttendanceRecorded))
    await arrive(house.worker, [a_telling(masterclass, person) for person in people])


async def test_an_events_lead_sees_own_networks_exactly_and_others_as_published(house: House) -> None:
    await a_masterclass(house, guests=3)
    lead = await house.lead(MIDLANDS)
    await snapshot(house, MIDLANDS)

    report = (await house.get(lead, f"events/{event_id(MIDLANDS)}/funnel", cell="midlands")).json()

    rows = by_network(report)
    assert not report["exact"]
    assert (rows["Rwp"]["exact"], rows["Rwp"]["registered"], rows["Rwp"]["day"]) == (True, 16, None)
    assert rows["Rrk"]["attended"] == 14
    assert (rows["elsewhere"]["exact"], rows["elsewhere"]["day"]) == (False, DAY.isoformat())
    assert rows["elsewhere"]["suppressed"] == ["registered", "attended"]
    assert report["total"]["registered"] is None, "the total less the lead's own 30 would be the guests"
    assert report["total"]["eligible"] == 40


async def test_before_a_snapshot_an_events_lead_sees_own_networks_alone(house: House) -> None:
    await a_masterclass(house, guests=3)
    lead = await house.lead(MIDLANDS, role="organiser")

    report = (await house.get(lead, f"events/{event_id(MIDLANDS)}/funnel", cell="midlands")).json()

    assert set(by_network(report)) == {"Midlands", "Rwp", "Rrk"}
    assert report["total"] is None
    assert not report["exact"]


async def test_the_national_lead_sees_all_of_a_regions_event(house: House) -> None:
    await a_masterclass(house, guests=3)
    lead = await house.lead(NATIONAL)

    report = (await house.get(lead, f"events/{event_id(MIDLANDS)}/funnel", cell="midlands")).json()

    assert report["exact"]
    assert (by_network(report)["elsewhere"]["registered"], report["total"]["registered"]) == (3, 33)


async def test_a_regional_lead_reads_the_summit_as_published(house: House) -> None:
    await arrive(house.worker, members(RWP, 20), members(RJ1, 9), an_event())
    for person in [named(RWP, number) for number in range(14)]:
        await arrive(house.worker, a_registration(event_id(), person, RegistrationConfirmed))
    lead = await house.lead(MIDLANDS)
    await snapshot(house, NATIONAL)

    report = (await house.get(lead, f"events/{event_id()}/funnel")).json()

    assert not report["exact"]
    assert {name: tuple(row[figure] for figure in FIGURES) for name, row in by_network(report).items()} == {
        "Midlands": (20, 0, 15, 0, 0),
        "London": (10, 0, 0, 0, 0),
        "National": (0, 0, 0, 0, 0),
        "elsewhere": (0, 0, 0, 0, 0),
    }
    assert report["total"]["registered_of_eligible"] == 50.0, "of rounded figures"
    [told] = await published(house, EventFunnelCounted)
    assert {figure: told[figure] for figure in FIGURES} == dict(zip(FIGURES, (30, 0, 15, 0, 0), strict=True))


async def test_a_snapshot_of_a_past_day_counts_what_had_happened_by_then(house: House) -> None:
    await a_masterclass(house, guests=0)
    outsider = await house.lead(LONDON)

    await snapshot(house, MIDLANDS, DAY - timedelta(days=1))
    day_before = (await house.get(outsider, f"events/{event_id(MIDLANDS)}/funnel", cell="midlands")).json()
    await snapshot(house, MIDLANDS, DAY)
    day = (await house.get(outsider, f"events/{event_id(MIDLANDS)}/funnel", cell="midlands")).json()

    assert (day_before["total"]["registered"], day_before["total"]["attended"]) == (30, 0)
    assert (day["total"]["registered"], day["total"]["attended"]) == (30, 30)


async def test_a_rebuild_leaves_what_was_published(house: House) -> None:
    await grown_midlands(house)
    outsider = await house.lead(LONDON)
    await snapshot(house, MIDLANDS)
    before = (await house.get(outsider, "members", cell="midlands", network=network_id(MIDLANDS))).json()

    owner = await asyncpg.connect(house.database.owner)
    await owner.execute("TRUNCATE projection_a.membership_versions, projection_a.registrations, projection_a.tellings")
    await owner.close()

    after = (await house.get(outsider, "members", cell="midlands", network=network_id(MIDLANDS))).json()
    assert after == before
