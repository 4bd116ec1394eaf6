"""What leaves its scope: suppressed and rounded, taken once, the same for everybody, not to be had by subtraction."""

from datetime import date, timedelta
from typing import Any

import asyncpg
from analytics_house import (
    HELD,
    LONDON,
    MIDLANDS,
    NATIONAL,
    RJ1,
    RRK,
    RWP,
    House,
    a_network,
    a_registration,
    a_telling,
    an_event,
    arrive,
    event_id,
    members,
    named,
    network_id,
)

from analytics_contracts import EventFunnelCounted, MembersCounted
from analytics_service.snapshots.loops import take_due
from events_contracts import AttendanceRecorded, RegistrationConfirmed
from servicekit import clock
from servicekit.testing import signals_published

DAY = HELD.date()
FIGURES = ("eligible", "told", "registered", "waited", "attended")


def by_network(report: Any) -> dict[str, Any]:
    return {
        ("itself" if row.get("directly") else row["network"]["name"] if row["network"] else row["part"]): row
        for row in report["rows"]
    }


async def published(house: House, kind: type[Any]) -> list[dict[str, Any]]:
    async with house.worker.reading() as conn:
        return await signals_published(conn, kind.type)


async def snapshot(house: House, path: str, day: date = DAY) -> None:
    """Asked for by its lead, and taken by `work`."""
    lead = await house.lead(path)
    assert (await house.ask_for_snapshot(lead, path, day)).status_code == 202
    assert await house.take_snapshots() >= 1


async def grown_midlands(house: House) -> None:
    """Thirteen trusts: ten of ten people, one of three, one empty, and 42 people at the region itself."""
    await arrive(house.worker, members(RWP, 3), members(MIDLANDS, 42))
    for number in range(10):
        path = f"{MIDLANDS}.t{number}"
        await arrive(house.worker, a_network(path), members(path, 10 + number % 3))


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


async def test_a_snapshot_is_published_once_and_asked_for_again_stays_the_same(house: House) -> None:
    await grown_midlands(house)
    lead = await house.lead(MIDLANDS)

    first = await house.ask_for_snapshot(lead, MIDLANDS, DAY)
    waiting = await house.get(lead, f"snapshots/{network_id(MIDLANDS)}/{DAY}", cell="midlands")
    await house.take_snapshots()
    await arrive(house.worker, members(RRK, 20))
    signals = await published(house, MembersCounted)
    second = await house.ask_for_snapshot(lead, MIDLANDS, DAY)
    assert await house.take_snapshots() == 0
    taken = await house.get(lead, f"snapshots/{network_id(MIDLANDS)}/{DAY}", cell="midlands")

    assert (first.status_code, first.json()["state"]) == (202, "asked-for")
    assert first.headers["location"] == f"/api/v1/cells/midlands/reports/snapshots/{network_id(MIDLANDS)}/{DAY}"
    assert waiting.json()["state"] == "asked-for"
    assert (second.status_code, second.json()) == (200, taken.json())
    assert taken.json()["networks"] == 13
    assert await published(house, MembersCounted) == signals
    assert len({(one["network_id"], one["day"]) for one in signals}) == len(signals) == 13


async def test_the_nation_and_its_regions_publish_one_figure_for_a_region(house: House) -> None:
    await grown_midlands(house)

    await snapshot(house, NATIONAL)
    await snapshot(house, MIDLANDS)

    subjects = [(one["network_id"], one["day"]) for one in await published(house, MembersCounted)]
    assert len(subjects) == len(set(subjects))
    [midlands] = [
        one for one in await published(house, MembersCounted) if one["network_id"] == str(network_id(MIDLANDS))
    ]
    assert midlands == {
        "version": 1,
        "network_id": str(network_id(MIDLANDS)),
        "day": DAY.isoformat(),
        "members": 155,
        "trusts": 12,
        "trusts_with_members": 11,
    }


async def test_versions_of_a_network_rise_from_day_to_day(house: House) -> None:
    await grown_midlands(house)

    for days in (2, 1, 0):
        await snapshot(house, MIDLANDS, DAY - timedelta(days=days))

    told = [one for one in await published(house, MembersCounted) if one["network_id"] == str(network_id(MIDLANDS))]
    assert [one["version"] for one in told] == [1, 2, 3]
    assert [one["day"] for one in told] == [(DAY - timedelta(days=days)).isoformat() for days in (2, 1, 0)]


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


async def test_each_day_the_roots_are_counted_once_the_day_is_over(house: House) -> None:
    await grown_midlands(house)
    now = clock.now()

    assert await house.take_snapshots(now=now) == 3
    assert await house.take_snapshots(now=now + timedelta(minutes=5)) == 0

    async with house.worker.reading() as conn:
        taken = {(row["network_id"], row["day"]) for row in await conn.fetch("SELECT network_id, day FROM snapshots")}
    yesterday = clock.london_day(now) - timedelta(days=1)
    assert taken == {(network_id(path), yesterday) for path in (NATIONAL, MIDLANDS, LONDON)}


async def test_a_network_founded_today_has_no_snapshot_of_yesterday(empty_house: House) -> None:
    await arrive(empty_house.worker, a_network(NATIONAL, told_at=clock.now()))

    assert await empty_house.take_snapshots() == 0


async def test_nothing_is_published_while_work_lags_behind_the_topics(house: House) -> None:
    async def lagging() -> bool:
        return False

    taken = await take_due(house.worker, house.directory.cells, now=clock.now(), caught_up=lagging)

    assert taken == 0
    assert await published(house, MembersCounted) == []


async def test_only_a_lead_of_the_network_takes_its_snapshot(house: House) -> None:
    organiser, outsider = await house.lead(MIDLANDS, role="organiser"), await house.lead(LONDON)

    refused = await house.ask_for_snapshot(organiser, MIDLANDS)
    hidden = await house.ask_for_snapshot(outsider, MIDLANDS)

    assert refused.status_code == 403
    assert hidden.status_code == 404
    async with house.worker.reading() as conn:
        assert await conn.fetchval("SELECT count(*) FROM snapshot_requests") == 0


async def test_wrong_requests_for_a_snapshot_are_refused_and_leave_nothing(house: House) -> None:
    lead = await house.lead(NATIONAL)
    address = "/api/v1/cells/national/reports/snapshots"

    async def ask(body: dict[str, str]) -> Any:
        return await house.http.post(address, json=body, headers=lead.bearer)

    national = str(network_id(NATIONAL))
    ahead = await ask({"network_id": national, "day": (clock.today() + timedelta(days=1)).isoformat()})
    unknown = await ask({"network_id": str(named("nowhere"))})
    elsewhere = await ask({"network_id": str(network_id(MIDLANDS))})
    odd = await ask({"network_id": national, "colour": "red"})

    assert (ahead.status_code, ahead.json()["code"]) == (422, "day-ahead")
    assert unknown.status_code == elsewhere.status_code == 404
    assert odd.status_code == 422
    assert 'unknown field "colour"' in odd.json()["detail"]
    async with house.worker.reading() as conn:
        assert await conn.fetchval("SELECT count(*) FROM snapshot_requests") == 0


async def test_the_same_key_gives_the_same_answer_and_with_another_body_none(house: House) -> None:
    lead = await house.lead(NATIONAL)
    headers = {**lead.bearer, "Idempotency-Key": "0190b3a0-7c1e-7000-8000-000000000001"}
    address = "/api/v1/cells/national/reports/snapshots"
    body = {"network_id": str(network_id(NATIONAL)), "day": DAY.isoformat()}

    first = await house.http.post(address, json=body, headers=headers)
    await house.take_snapshots()
    again = await house.http.post(address, json=body, headers=headers)
    other = await house.http.post(address, json=body | {"day": "2026-11-01"}, headers=headers)

    assert (again.status_code, again.json()) == (first.status_code, first.json()) == (202, again.json())
    assert other.status_code == 422
    assert other.json()["code"] == "idempotency-key-reused"


async def test_snapshots_are_listed_newest_first_by_cursors_of_ours_alone(house: House) -> None:
    lead = await house.lead(LONDON)
    for days in range(3):
        await snapshot(house, MIDLANDS, DAY - timedelta(days=days))

    async def page(**query: Any) -> Any:
        return await house.get(lead, "snapshots", cell="midlands", network=network_id(MIDLANDS), limit=2, **query)

    first = (await page()).json()
    second = (await page(cursor=first["next"])).json()
    tampered = await page(cursor=first["next"][:-3] + "abc")
    of_another = await house.get(lead, "snapshots", cell="london", network=network_id(LONDON), cursor=first["next"])

    days = [item["day"] for item in first["items"] + second["items"]]
    assert days == [(DAY - timedelta(days=days)).isoformat() for days in range(3)]
    assert second["next"] is None
    assert tampered.status_code == of_another.status_code == 422
    assert tampered.json()["code"] == of_another.json()["code"] == "bad-cursor"


async def test_a_snapshot_that_nobody_asked_for_is_not_there(house: House) -> None:
    lead = await house.lead(NATIONAL)

    answer = await house.get(lead, f"snapshots/{network_id(NATIONAL)}/{DAY}")

    assert answer.status_code == 404
    assert answer.json()["code"] == "snapshot-not-taken"


async def test_an_event_is_reported_for_four_weeks_after_its_end(house: House) -> None:
    ended = clock.now() - timedelta(days=40)
    await arrive(house.worker, an_event(starts_at=ended, ends_at=ended, published_at=ended - timedelta(days=20)))

    await snapshot(house, NATIONAL, clock.london_day(ended) + timedelta(days=28))
    await snapshot(house, NATIONAL, clock.london_day(ended) + timedelta(days=29))

    assert len(await published(house, EventFunnelCounted)) == 1


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
