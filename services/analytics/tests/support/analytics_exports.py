"""Exports as their readers ask for and fetch them, and as `work` writes them."""

import csv
import io
from typing import Any

import httpx
from analytics_house import MIDLANDS, RWP, House, event_id, network_id

from access.testing import Somebody
from analytics_service.exports.handlers import HANDLERS
from servicekit.jobs import JobRunner

ADDRESS = "/api/v1/cells/midlands/reports/exports"
OF_MIDLANDS = {"network": str(network_id(MIDLANDS))}
REPORTS: dict[str, dict[str, str]] = {
    "members": OF_MIDLANDS,
    "coverage": OF_MIDLANDS | {"from": "2026-01-01"},
    "active-members": OF_MIDLANDS,
    "retention": OF_MIDLANDS,
    "funnel": OF_MIDLANDS,
    "event-funnel": {"event": str(event_id(MIDLANDS)), "by": "sector"},
    "peers": {"network": str(network_id(RWP))},
}
"""Each report with what is asked of it."""


async def ask(house: House, who: Somebody, report: str = "members", **given: Any) -> httpx.Response:
    body = {"report": report, "parameters": REPORTS.get(report, OF_MIDLANDS), "format": "csv"} | given
    return await house.http.post(ADDRESS, json=body, headers=who.bearer)


async def work(house: House) -> bool:
    """What `work` does behind, once."""
    return await JobRunner(house.worker, HANDLERS).run_one()


async def fetch(house: House, who: Somebody, export_id: str) -> httpx.Response:
    return await house.http.get(f"{ADDRESS}/{export_id}/file", headers=who.bearer)


def rows_of(answer: httpx.Response) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
