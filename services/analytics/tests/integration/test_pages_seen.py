"""The page of every report can be read by everybody: axe finds nothing, and only tables scroll, in a region of their
own that a keyboard reaches."""

import asyncio
from datetime import date
from typing import Any

import pytest
from analytics_heard import figures_heard
from analytics_house import (
    MIDLANDS,
    NATIONAL,
    House,
    a_membership,
    a_network,
    a_registration,
    an_event,
    arrive,
    event_id,
    members,
    named,
    network_id,
)
from analytics_tables import DAY, snapshot
from judges import Page, at_both_widths, faults_of

from access.testing import Somebody
from events_contracts import AttendanceRecorded, RegistrationConfirmed, RegistrationWaitlisted

LONGEST_NAME = "Wolverhampton and Sandwell Operational Improvement Collaborative"
PERIOD = {"from": "2026-01-01", "to": "2026-11-20"}
ASKED: dict[str, dict[str, Any]] = {
    "members": {"on": DAY},
    "coverage": PERIOD,
    "active-members": {"on": DAY},
    "retention": {"from": "2026-02-01", "to": "2026-11-20"},
    "funnel": PERIOD,
    "peers": {"on": DAY},
}


@pytest.fixture
async def lead(house: House) -> Somebody:
    """Of a region with trusts of every size, an event, and people who joined and left in every month."""
    for number in range(12):
        path = f"{MIDLANDS}.t{number}"
        name = LONGEST_NAME if number == 0 else f"Trust {number}"
        await arrive(house.worker, a_network(path, name=name), members(path, 1 + 4 * number))
    for month in range(2, 11):
        since = date(2026, month, 1)
        await arrive(
            house.worker,
            *(
                a_membership(
                    named("joined", month, number),
                    f"{MIDLANDS}.t{number % 12}",
                    since=since,
                    until=date(2026, min(month + number % 7, 11), 15) if number % 3 == 0 else None,
                )
                for number in range(4 * month)
            ),
        )
    await arrive(house.worker, an_event(MIDLANDS))
    held = event_id(MIDLANDS)
    came = (RegistrationConfirmed, AttendanceRecorded)
    for number in range(24):
        person = named(f"{MIDLANDS}.t11", number)
        await arrive(house.worker, a_registration(held, person, *(came if number % 2 else (RegistrationWaitlisted,))))
    return await house.lead(MIDLANDS)


async def page_of(house: House, who: Somebody, report: str, cell: str, name: str, **query: Any) -> list[Page]:
    answer = await house.http.get(
        f"/api/v1/cells/{cell}/reports/{report}", params=query, headers={**who.bearer, "Accept": "text/html"}
    )
    assert answer.status_code == 200, answer.text
    assert "<svg" in answer.text
    return at_both_widths(f"report-{name}", answer.text, answer.headers)


async def test_every_report_of_exact_figures_can_be_read_by_everybody(house: House, lead: Somebody) -> None:
    network = network_id(MIDLANDS)
    await snapshot(house, MIDLANDS)
    for path in (MIDLANDS, "national.london"):
        await arrive(house.worker, figures_heard(path, day=DAY, people=95))

    pages = [
        page
        for report, query in ASKED.items()
        for page in await page_of(house, lead, report, "midlands", report, network=network, **query)
    ]
    pages += await page_of(house, lead, f"events/{event_id(MIDLANDS)}/funnel", "midlands", "event-funnel")

    assert await asyncio.to_thread(faults_of, pages) == {}


async def test_published_figures_and_what_is_withheld_can_be_read_by_everybody(house: House, lead: Somebody) -> None:
    await snapshot(house, MIDLANDS)
    elsewhere = await house.lead("national.london")

    pages = [
        page
        for report in ("members", "active-members")
        for page in await page_of(
            house, elsewhere, report, "midlands", f"published-{report}", network=network_id(MIDLANDS)
        )
    ]

    assert await asyncio.to_thread(faults_of, pages) == {}


async def test_the_whole_nations_reports_can_be_read_by_everybody(house: House, lead: Somebody) -> None:
    national = await house.lead(NATIONAL)

    pages = [
        page
        for report in ("members", "retention")
        for page in await page_of(
            house, national, report, "national", f"nation-{report}", network=network_id(NATIONAL), **ASKED[report]
        )
    ]

    assert await asyncio.to_thread(faults_of, pages) == {}
