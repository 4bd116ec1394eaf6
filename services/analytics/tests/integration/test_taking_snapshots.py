"""Who takes a snapshot and when: once for each network and day, by `work`, when it is asked for or the day is over."""

from datetime import timedelta
from typing import Any

from analytics_house import (
    LONDON,
    MIDLANDS,
    NATIONAL,
    RRK,
    House,
    a_network,
    an_event,
    arrive,
    members,
    named,
    network_id,
)
from analytics_tables import DAY, grown_midlands, published, snapshot

from analytics_contracts import EventFunnelCounted, MembersCounted
from analytics_service.snapshots.loops import take_due
from servicekit import clock


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

    listed = [item["day"] for item in first["items"] + second["items"]]
    assert listed == [(DAY - timedelta(days=days)).isoformat() for days in range(3)]
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
