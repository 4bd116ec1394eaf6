"""A report by its link: published figures alone, while the right holds, and nothing is changed by looking."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from analytics_house import LONDON, MIDLANDS, RRK, House, arrive, members, network_id
from analytics_tables import grown_midlands, published, snapshot
from judges import at_both_widths, faults_of

from access.testing import Somebody
from analytics_contracts import ReportReady
from analytics_service.schedules.loops import forget_past, tell_due
from servicekit import clock

REPORTS = ("members", "coverage", "active-members", "retention", "funnel")
NOTHING = "This link leads to no report that can be shown."


@pytest.fixture
async def lead(house: House) -> Somebody:
    await grown_midlands(house)
    await snapshot(house, MIDLANDS)
    return await house.lead(MIDLANDS)


async def a_link(house: House, lead: Somebody, report: str = "members") -> str:
    """Of a report that was due today."""
    body = {"report": report, "parameters": {"network": str(network_id(MIDLANDS))}, "every": "week", "on": 1}
    asked = await house.http.post("/api/v1/cells/midlands/reports/schedules", json=body, headers=lead.bearer)
    now = clock.now()
    async with house.worker.transaction() as conn:
        await conn.execute(
            "UPDATE report_schedules SET next_on = $2, on_day = $3 WHERE schedule_id = $1",
            asked.json()["id"],
            clock.today(),
            clock.today().isoweekday(),
        )
    noon = now.astimezone(clock.LONDON).replace(hour=12)
    await house.directory.heartbeat(at=noon)
    assert await tell_due(house.worker, house.directory.cells, now=noon, bound=timedelta(seconds=60)) == 1
    await house.directory.heartbeat(at=now)
    link: str = (await published(house, ReportReady))[-1]["link"]
    return link


async def opened(house: House, link: str, *, cell: str = "midlands") -> httpx.Response:
    """By nobody in particular: no token is sent."""
    return await house.http.get(f"/api/v1/cells/{cell}/reports/shown/{link}")


@pytest.mark.parametrize("report", REPORTS)
async def test_every_report_opens_without_signing_in(house: House, lead: Somebody, report: str) -> None:
    answer = await opened(house, await a_link(house, lead, report))

    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"
    assert "it shows published figures only" in answer.text
    assert "Midlands" in answer.text


async def test_a_report_by_its_link_and_what_stands_in_its_place_can_be_read_by_everybody(
    house: House, lead: Somebody
) -> None:
    shown = await opened(house, await a_link(house, lead))
    missing = await opened(house, "4Wq0n3yJ2m5T8c1vXb7KfZ6hR9aEoLdU")
    pages = at_both_widths("shown-report", shown.text, shown.headers)
    pages += at_both_widths("shown-nothing", missing.text, missing.headers)

    assert await asyncio.to_thread(faults_of, pages) == {}


async def test_a_forwarded_link_gives_nobody_away(house: House, lead: Somebody) -> None:
    """Its owner would see that Rwp has three members; whoever has the link sees what anybody might."""
    answer = await opened(house, await a_link(house, lead))

    assert "fewer than 8" in answer.text
    assert '<td class="nhsuk-table__cell nhsuk-table__cell--numeric">3</td>' not in answer.text
    exact = await house.get(lead, "members", cell="midlands", network=network_id(MIDLANDS))
    assert 3 in [row["members"] for row in exact.json()["rows"]]


async def test_with_exact_figures_behind_the_link_it_would(house: House, lead: Somebody) -> None:
    """The wrong variant: the same page made as its owner may read it."""
    link = await a_link(house, lead)
    page = await house.http.get(
        "/api/v1/cells/midlands/reports/members",
        params={"network": str(network_id(MIDLANDS))},
        headers={**lead.bearer, "Accept": "text/html"},
    )

    assert '<td class="nhsuk-table__cell nhsuk-table__cell--numeric">3</td>' in page.text
    assert page.text != (await opened(house, link)).text


async def test_the_right_is_judged_when_the_link_is_opened(house: House, lead: Somebody) -> None:
    link = await a_link(house, lead)
    await house.directory.grant(lead.person_id, "lead", LONDON)
    assert (await opened(house, link)).status_code == 200

    await house.directory.revoke_all(lead.person_id, MIDLANDS)

    refused = await opened(house, link)
    assert refused.status_code == 404
    assert NOTHING in refused.text


async def test_a_role_that_does_not_suffice_opens_nothing(house: House, lead: Somebody) -> None:
    link = await a_link(house, lead)
    await house.directory.revoke_all(lead.person_id, MIDLANDS)
    await house.directory.grant(lead.person_id, "steward", MIDLANDS)

    assert (await opened(house, link)).status_code == 404


async def test_while_grants_are_too_old_to_decide_it_says_so(house: House, lead: Somebody) -> None:
    link = await a_link(house, lead)
    await house.directory.heartbeat(at=clock.now() - timedelta(minutes=10))

    answer = await opened(house, link)

    assert answer.status_code == 503
    assert "try again shortly" in answer.text


async def test_a_link_expires_after_two_weeks_and_is_forgotten_later(house: House, lead: Somebody) -> None:
    link = await a_link(house, lead)
    async with house.worker.transaction() as conn:
        await conn.execute("UPDATE ready_reports SET expires_at = now()")

    expired = await opened(house, link)
    await forget_past(house.worker, now=clock.now() + timedelta(days=29))
    still = await opened(house, link)
    await forget_past(house.worker, now=clock.now() + timedelta(days=31))
    forgotten = await opened(house, link)

    assert (expired.status_code, still.status_code, forgotten.status_code) == (410, 410, 404)
    assert "This link opened the report until" in expired.text


async def test_ending_the_schedule_closes_its_links(house: House, lead: Somebody) -> None:
    link = await a_link(house, lead)
    address = "/api/v1/cells/midlands/reports/schedules"
    [mine] = (await house.http.get(address, headers=lead.bearer)).json()["items"]
    tag = f'"{mine["version"]}"'
    await house.http.post(f"{address}/{mine['id']}/end", headers={**lead.bearer, "If-Match": tag})

    answer = await opened(house, link)

    assert answer.status_code == 410
    assert "has been stopped" in answer.text


async def test_what_is_no_link_of_ours_leads_nowhere(house: House, lead: Somebody) -> None:
    link = await a_link(house, lead)

    for wrong in (link[:-1], link.swapcase(), link + "A", "x", "..%2f..", "%F0%9F%8E%89"):
        answer = await opened(house, wrong)

        assert answer.status_code == 404, wrong
        assert link not in answer.text
    assert (await opened(house, link, cell="london")).status_code == 404
    assert (await opened(house, "x" * 500)).status_code == 422


async def test_looking_changes_nothing(house: House, lead: Somebody) -> None:
    link = await a_link(house, lead)

    async def everything() -> list[Any]:
        async with house.worker.reading() as conn:
            rows = [await conn.fetch(f"SELECT * FROM {table}") for table in ("ready_reports", "report_schedules")]
            return [*rows, await conn.fetchval("SELECT count(*) FROM servicekit.outbox")]

    before = await everything()
    for _ in range(3):
        assert (await opened(house, link)).status_code == 200

    assert await everything() == before


async def test_whoever_holds_a_link_sees_one_row_and_nobody_without(house: House, lead: Somebody) -> None:
    await a_link(house, lead)
    await a_link(house, lead, "retention")

    async with house.api.reading(_Nobody()) as conn:
        assert await conn.fetchval("SELECT count(*) FROM ready_reports") == 0
        assert await conn.fetchval("SELECT count(*) FROM report_schedules") == 0
        assert await conn.fetchval("SELECT count(*) FROM membership_versions") == 0


class _Nobody:
    identity = ""
    person_id = None
    email = None
    scopes: tuple[str, ...] = ()


async def test_a_network_of_which_nothing_is_published_says_so(house: House) -> None:
    await arrive(house.worker, members(RRK, 9))
    lead = await house.lead(MIDLANDS)

    answer = await opened(house, await a_link(house, lead))

    assert answer.status_code == 404
    assert "No figures of Midlands have been published" in answer.text
