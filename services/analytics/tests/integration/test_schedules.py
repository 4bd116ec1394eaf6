"""Scheduled reports: asked for by a lead, told of when due, once for each period, while the right holds."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from analytics_house import LONDON, MIDLANDS, NATIONAL, RWP, House, arrive, members, named, network_id
from analytics_tables import published, snapshot

from access.testing import Somebody
from analytics_contracts import ReportReady
from analytics_service.schedules.loops import tell_due
from analytics_service.schedules.model import MOST_AT_A_TIME, hash_of
from servicekit import clock

ADDRESS = "/api/v1/cells/midlands/reports/schedules"
BOUND = timedelta(seconds=60)


async def ask(house: House, who: Somebody, **given: Any) -> httpx.Response:
    body = {
        "report": "members",
        "parameters": {"network": str(network_id(MIDLANDS))},
        "every": "week",
        "on": 1,
    } | given
    return await house.http.post(ADDRESS, json=body, headers=who.bearer)


def next_monday(*, hour: int = 12, weeks: int = 0) -> datetime:
    """The first Monday after today, as an instant."""
    today = clock.today()
    day = today + timedelta(days=7 - today.weekday() + 7 * weeks)
    return datetime(day.year, day.month, day.day, hour, tzinfo=clock.LONDON).astimezone(UTC)


async def tell(house: House, now: datetime) -> int:
    """What `work` does at that time, with grants known up to then."""
    await house.directory.heartbeat(at=now)
    told = await tell_due(house.worker, house.directory.cells, now=now, bound=BOUND)
    await house.directory.heartbeat()
    return told


async def test_a_report_is_told_of_once_for_each_period(house: House) -> None:
    lead = await house.lead(MIDLANDS)
    asked = await ask(house, lead)

    assert asked.status_code == 201, asked.text
    assert await tell(house, next_monday() - timedelta(days=1)) == 0
    assert await tell(house, next_monday()) == 1
    assert await tell(house, next_monday() + timedelta(minutes=1)) == 0
    assert await tell(house, next_monday(weeks=1)) == 1

    first, second = await published(house, ReportReady)
    due = next_monday().date()
    assert (first["first"], first["last"]) == (str(due - timedelta(days=7)), str(due - timedelta(days=1)))
    assert second["first"] == str(due)
    assert first["person_id"] == str(lead.person_id)
    assert (first["report"], first["network_id"]) == ("members", str(network_id(MIDLANDS)))
    assert first["link"] != second["link"]
    assert first["report_id"] != second["report_id"]
    told = (await house.http.get(asked.headers["location"], headers=lead.bearer)).json()
    assert (told["reports"], told["next_on"]) == (2, str(due + timedelta(days=14)))


async def test_the_signal_holds_no_figure_and_the_database_no_link(house: House) -> None:
    await arrive(house.worker, members(RWP, 30))
    lead = await house.lead(MIDLANDS)
    await ask(house, lead)
    await tell(house, next_monday())

    [told] = await published(house, ReportReady)

    assert set(told) == {
        "version", "report_id", "schedule_id", "person_id", "network_id", "report", "first", "last", "link",
        "expires_at",
    }  # fmt: skip
    assert datetime.fromisoformat(told["expires_at"]) == next_monday() + timedelta(days=14)
    async with house.worker.reading() as conn:
        row = await conn.fetchrow("SELECT * FROM ready_reports")
        topics = [row["topic"] for row in await conn.fetch("SELECT topic FROM servicekit.outbox")]
    assert row is not None
    assert row["link_hash"] == hash_of(told["link"])
    assert told["link"] not in str(dict(row))
    assert topics == ["midlands.analytics"]


async def test_before_six_and_before_yesterdays_figures_it_waits_but_not_beyond_noon(house: House) -> None:
    lead = await house.lead(MIDLANDS)
    await ask(house, lead)

    assert await tell(house, next_monday(hour=5)) == 0
    assert await tell(house, next_monday(hour=7)) == 0, "yesterday is not published"
    await snapshot(house, MIDLANDS, clock.today())
    async with house.worker.transaction() as conn:
        await conn.execute("UPDATE published_members SET day = $1", next_monday().date() - timedelta(days=1))
    assert await tell(house, next_monday(hour=7)) == 1


async def test_two_processes_at_once_tell_of_it_once(house: House) -> None:
    lead = await house.lead(MIDLANDS)
    await ask(house, lead)
    now, cells = next_monday(), house.directory.cells
    await house.directory.heartbeat(at=now)

    told = await asyncio.gather(*(tell_due(house.worker, cells, now=now, bound=BOUND) for _ in range(3)))

    assert sum(told) == 1
    assert len(await published(house, ReportReady)) == 1


async def test_what_was_missed_is_told_of_once(house: House) -> None:
    lead = await house.lead(MIDLANDS)
    await ask(house, lead)

    assert await tell(house, next_monday(weeks=5)) == 1
    assert await tell(house, next_monday(weeks=5) + timedelta(hours=1)) == 0
    [told] = await published(house, ReportReady)

    assert told["last"] == str(next_monday(weeks=5).date() - timedelta(days=1))


async def test_without_the_right_nothing_is_told_and_the_schedule_ends(house: House) -> None:
    lead = await house.lead(MIDLANDS)
    asked = await ask(house, lead)
    await house.directory.revoke_all(lead.person_id, MIDLANDS)

    await tell(house, next_monday())
    ended = (await house.http.get(asked.headers["location"], headers=lead.bearer)).json()

    assert await published(house, ReportReady) == []
    assert (ended["ended_because"], ended["next_on"]) == ("right-lost", None)


async def test_while_grants_are_not_known_well_enough_it_waits(house: House) -> None:
    lead = await house.lead(MIDLANDS)
    await ask(house, lead)
    await house.directory.heartbeat(at=next_monday() - timedelta(minutes=10))

    stale = await tell_due(house.worker, house.directory.cells, now=next_monday(), bound=BOUND)

    assert stale == 0
    assert await published(house, ReportReady) == []
    assert await tell(house, next_monday()) == 1


async def test_a_schedule_is_changed_and_ended_by_its_owner_with_the_version_they_saw(house: House) -> None:
    lead = await house.lead(MIDLANDS)
    asked = await ask(house, lead)
    address, tag = asked.headers["location"], asked.headers["etag"]

    async def change(body: dict[str, Any], **headers: str) -> httpx.Response:
        return await house.http.patch(address, json=body, headers={**lead.bearer, **headers})

    blind = await change({"every": "month", "on": 5})
    changed = await change({"every": "month", "on": 5}, **{"If-Match": tag})
    late = await change({"every": "week", "on": 5}, **{"If-Match": tag})
    ended = await house.http.post(f"{address}/end", headers={**lead.bearer, "If-Match": changed.headers["etag"]})
    after = await change({"every": "week", "on": 5}, **{"If-Match": ended.headers["etag"]})
    twice = await house.http.post(f"{address}/end", headers={**lead.bearer, "If-Match": ended.headers["etag"]})

    assert [blind.status_code, changed.status_code, late.status_code] == [428, 200, 412]
    assert (changed.json()["every"], changed.json()["on"], changed.json()["version"]) == ("month", 5, 2)
    assert date.fromisoformat(changed.json()["next_on"]).day == 5
    assert (ended.status_code, ended.json()["ended_because"]) == (200, "asked-for")
    assert (after.status_code, after.json()["code"]) == (409, "schedule-ended")
    assert twice.status_code == 409
    assert await tell(house, next_monday(weeks=8)) == 0


async def test_others_neither_see_nor_change_a_schedule(house: House) -> None:
    lead, colleague = await house.lead(MIDLANDS), await house.lead(MIDLANDS)
    asked = await ask(house, lead)
    address = asked.headers["location"]
    headers = {**colleague.bearer, "If-Match": asked.headers["etag"]}

    read = await house.http.get(address, headers=headers)
    changed = await house.http.patch(address, json={"every": "week", "on": 2}, headers=headers)
    ended = await house.http.post(f"{address}/end", headers=headers)
    listed = (await house.http.get(ADDRESS, headers=colleague.bearer)).json()

    assert {answer.status_code for answer in (read, changed, ended)} == {404}
    assert read.json()["code"] == "schedule-not-found"
    assert listed["items"] == []
    mine = (await house.http.get(ADDRESS, headers=lead.bearer)).json()
    assert [item["version"] for item in mine["items"]] == [1]


async def test_only_who_may_read_the_report_exactly_schedules_it(house: House) -> None:
    organiser, outsider = await house.lead(MIDLANDS, role="organiser"), await house.lead(LONDON)
    analyst = await house.lead(MIDLANDS, role="analyst")

    assert (await ask(house, organiser)).status_code == 403
    assert (await ask(house, outsider)).status_code == 404
    assert (await ask(house, analyst)).status_code == 201


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"report": "salaries"}, "report"),
        ({"every": "day"}, "every"),
        ({"on": 0}, "on"),
        ({"on": 29, "every": "month"}, "on"),
        ({"on": 8}, "a week is told of on one of its days 1 to 7, not on 8"),
        ({"parameters": {"network": str(network_id(MIDLANDS)), "on": "2026-01-01"}}, 'unknown field "on"'),
        ({"parameters": {}}, "network"),
        ({"colour": "red"}, 'unknown field "colour"'),
    ],
)
async def test_wrong_requests_are_refused_in_words_and_leave_nothing(
    house: House, given: dict[str, Any], said: str
) -> None:
    lead = await house.lead(MIDLANDS)

    answer = await ask(house, lead, **given)

    assert answer.status_code == 422
    assert said in answer.json()["detail"]
    async with house.worker.reading() as conn:
        assert await conn.fetchval("SELECT count(*) FROM report_schedules") == 0


async def test_networks_of_other_cells_and_unknown_ones_are_not_there(house: House) -> None:
    lead = await house.lead(NATIONAL)

    for network in (network_id(NATIONAL), named("nowhere")):
        assert (await ask(house, lead, parameters={"network": str(network)})).status_code == 404


async def test_nobody_asks_twice_and_not_for_too_much(house: House) -> None:
    lead = await house.lead(MIDLANDS)
    await ask(house, lead)
    twice = await ask(house, lead)
    for number in range(MOST_AT_A_TIME - 1):
        given = {"report": "retention", "every": "month", "on": number + 1}
        assert (await ask(house, lead, **given)).status_code == 201
    too_many = await ask(house, lead, every="month", on=28)

    assert (twice.status_code, twice.json()["code"]) == (409, "already-scheduled")
    assert (too_many.status_code, too_many.json()["code"]) == (409, "too-many-schedules")


async def test_the_same_key_schedules_once(house: House) -> None:
    lead = await house.lead(MIDLANDS)
    body = {"report": "members", "parameters": {"network": str(network_id(MIDLANDS))}, "every": "week", "on": 3}
    headers = {**lead.bearer, "Idempotency-Key": "0190b3a0-7c1e-7000-8000-000000000008"}

    first = await house.http.post(ADDRESS, json=body, headers=headers)
    again = await house.http.post(ADDRESS, json=body, headers=headers)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["etag"] == first.headers["etag"]


async def test_own_schedules_are_listed_page_by_page(house: House) -> None:
    lead = await house.lead(MIDLANDS)
    ids = [(await ask(house, lead, on=day)).json()["id"] for day in (1, 2, 3)]

    first = (await house.http.get(ADDRESS, params={"limit": 2}, headers=lead.bearer)).json()
    rest = (await house.http.get(ADDRESS, params={"limit": 2, "cursor": first["next"]}, headers=lead.bearer)).json()

    assert [item["id"] for item in first["items"] + rest["items"]] == ids[::-1]
    assert rest["next"] is None
