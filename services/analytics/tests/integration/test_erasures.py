"""Somebody is erased: what was made for them is gone, and what they are counted in stays as it was."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from analytics_exports import ask, fetch, work
from analytics_house import LONDON, MIDLANDS, NATIONAL, House, network_id
from analytics_tables import grown_midlands, published, snapshot

from access.testing import Somebody
from analytics_contracts import ErasureCarriedOut, ReportReady
from analytics_service.consumers import CONSUMERS
from analytics_service.erasures import handlers
from analytics_service.schedules.loops import tell_due
from membership_contracts import PersonErased
from servicekit import clock
from servicekit.envelope import Origin
from servicekit.ids import new_id
from servicekit.testing import deliver
from servicekit.testing.deliveries import as_record

CELLS = {"national": NATIONAL, "midlands": MIDLANDS, "london": LONDON}
MADE_FOR_SOMEBODY = ("report_schedules", "ready_reports", "export_files", "servicekit.jobs")


async def erase(house: House, person_id: UUID, *cells: str, version: int = 1, **given: Any) -> UUID:
    """As membership tells it, on these cells; on all where none is named."""
    erasure_id = given.pop("erasure_id", new_id())
    for cell in cells or CELLS:
        signal = PersonErased(version=version, erasure_id=erasure_id, person_id=person_id, at=clock.now())
        await deliver(house.worker, CONSUMERS, as_record(signal, at=Origin(cell, CELLS[cell])), **given)
    return erasure_id


async def counts(house: House) -> dict[str, int]:
    async with house.worker.reading() as conn:
        return {name: await conn.fetchval(f"SELECT count(*) FROM {name}") for name in MADE_FOR_SOMEBODY}


async def with_everything(house: House) -> tuple[Somebody, str, str]:
    """A lead with an export, a schedule, a report that is ready, and a stored answer; its export's id and its link."""
    await grown_midlands(house)
    await snapshot(house, MIDLANDS)
    lead = await house.lead(MIDLANDS)
    export_id = (await ask(house, lead)).json()["id"]
    assert await work(house)
    body = {"report": "members", "parameters": {"network": str(network_id(MIDLANDS))}, "every": "week", "on": 1}
    headers = lead.bearer | {"Idempotency-Key": "schedule"}
    asked = await house.http.post("/api/v1/cells/midlands/reports/schedules", json=body, headers=headers)
    assert asked.status_code == 201, asked.text
    async with house.worker.transaction() as conn:  # as if its day had come
        await conn.execute(
            "UPDATE report_schedules SET next_on = $1, on_day = $2", clock.today(), clock.today().isoweekday()
        )
    noon = clock.now().astimezone(clock.LONDON).replace(hour=12)
    await house.directory.heartbeat(at=noon)
    assert await tell_due(house.worker, house.directory.cells, now=noon, bound=timedelta(seconds=60)) == 1
    await house.directory.heartbeat(at=clock.now())
    return lead, export_id, (await published(house, ReportReady))[-1]["link"]


async def opened(house: House, link: str) -> httpx.Response:
    return await house.http.get(f"/api/v1/cells/midlands/reports/shown/{link}")


async def test_schedules_reports_exports_and_answers_are_gone(house: House) -> None:
    lead, export_id, link = await with_everything(house)
    assert (await opened(house, link)).status_code == 200
    assert all((await counts(house)).values())

    await erase(house, lead.person_id)

    assert await counts(house) == dict.fromkeys(MADE_FOR_SOMEBODY, 0)
    assert (await opened(house, link)).status_code == 404
    assert (await fetch(house, lead, export_id)).status_code == 403
    async with house.worker.reading() as conn:
        assert await conn.fetchval("SELECT count(*) FROM servicekit.idempotency_keys") == 0
        linked = await conn.fetchval("SELECT count(*) FROM access_identities WHERE person_id = $1", lead.person_id)
    assert linked == 0


async def test_without_what_is_listed_as_held_they_stay(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the one before: each is forgotten because it is named."""
    lead, _, _ = await with_everything(house)
    monkeypatch.setattr(handlers, "HELD", [held for held in handlers.HELD if held.table != "export_files"])

    await erase(house, lead.person_id)

    left = await counts(house)
    assert (left["export_files"], left["report_schedules"]) == (1, 0)


async def test_counts_stay_as_they_were(house: House) -> None:
    await grown_midlands(house)
    lead = await house.lead(MIDLANDS)
    path, query = "members", {"network": str(network_id(MIDLANDS))}
    before = (await house.get(lead, path, cell="midlands", **query)).json()
    async with house.worker.reading() as conn:
        somebody = await conn.fetchval("SELECT person_id FROM membership_versions ORDER BY person_id LIMIT 1")

    await erase(house, somebody)

    after = (await house.get(lead, path, cell="midlands", **query)).json()
    assert after["total"] == before["total"]


async def test_each_cell_is_answered_by_the_deployment_that_serves_it(house: House) -> None:
    lead = await house.lead(MIDLANDS)

    erasure_id = await erase(house, lead.person_id, serves=lambda cell: cell == "midlands")
    await erase(house, lead.person_id, version=2, erasure_id=erasure_id, serves=lambda cell: cell == "midlands")

    receipts = await published(house, ErasureCarriedOut)
    assert [(one["erasure_id"], one["version"]) for one in receipts] == [(str(erasure_id), 1), (str(erasure_id), 2)]
    async with house.worker.reading() as conn:
        topics = await conn.fetch("SELECT topic FROM servicekit.outbox WHERE type = $1", ErasureCarriedOut.type)
    assert {row["topic"] for row in topics} == {"midlands.analytics"}


async def test_everything_that_is_held_is_shown_to_the_person_and_to_privacy_officers(house: House) -> None:
    lead, _, _ = await with_everything(house)
    officer, stranger = await house.lead(NATIONAL, role="privacy-officer"), await house.lead(LONDON)

    own = await house.get(lead, "held", cell="midlands", limit=200)
    by_officer = await house.get(officer, f"held/{lead.person_id}", cell="midlands", limit=200)

    assert own.status_code == by_officer.status_code == 200, own.text
    assert own.json() == by_officer.json()
    assert (await house.get(stranger, f"held/{lead.person_id}", cell="midlands")).status_code == 404
    tables = {row["table"] for row in own.json()["items"]}
    assert {"report_schedules", "ready_reports", "export_files", "servicekit.jobs", "access_identities"} <= tables
