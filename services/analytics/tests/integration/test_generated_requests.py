"""Requests made up from analytics' own description: each is answered as it is described, and nothing breaks."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from analytics_exports import work
from analytics_house import MIDLANDS, RRK, RWP, House, an_event, arrive, event_id, network_id
from analytics_tables import DAY, grown_midlands, published, snapshot
from figures import Figures
from generated_requests import World, generated, judge

from access.testing import Somebody
from analytics_contracts import ReportReady
from analytics_service.app import create_app
from analytics_service.schedules.loops import tell_due
from servicekit import clock

HERE = "/api/v1/cells/midlands/reports"
OF_MIDLANDS = {"network": str(network_id(MIDLANDS))}
CSV = {"report": "members", "parameters": OF_MIDLANDS, "format": "csv"}
WEEKLY = {"report": "members", "parameters": OF_MIDLANDS, "every": "week", "on": 1}


async def a_world(house: House) -> World:
    await grown_midlands(house)
    await arrive(house.worker, an_event(MIDLANDS))
    await snapshot(house, MIDLANDS)
    lead = await house.lead(MIDLANDS)
    exports = [await made(house, lead, "exports", CSV)]
    while await work(house):
        pass
    schedules = [await made(house, lead, "schedules", WEEKLY | {"on": day}) for day in range(1, 7)]
    return World(
        app=create_app(house.settings),
        bearer=house.directory.issuer.bearer(lead.subject, exp=int(time.time()) + 3000),
        heartbeat=house.directory.heartbeat,
        values={
            "path.person_id": [str(lead.person_id)],
            "path.cell": ["midlands"],
            "path.event_id": [str(event_id(MIDLANDS))],
            "path.network_id": [str(network_id(MIDLANDS))],
            "path.day": [DAY.isoformat()],
            "path.export_id": [one["id"] for one in exports],
            "path.schedule_id": [one["id"] for one in schedules[:3]],
            "path.link": [await a_link(house, schedules[0]["id"])],
            "query.from": ["2026-01-01"],
            "query.network": [str(network_id(MIDLANDS))],
            "header.if-match": ['"1"'],
            "body.network_id": [str(network_id(MIDLANDS))],
        },
        operations={
            "reports-peers": {"query.network": [str(network_id(path)) for path in (RWP, RRK)]},
            "schedules-end-schedule": {"path.schedule_id": [one["id"] for one in schedules[3:]]},
        },
        bodies={
            "snapshots-take": [{"network_id": str(network_id(MIDLANDS))}],
            "exports-ask-for-export": [CSV],
            "schedules-schedule-report": [WEEKLY | {"on": 7}],
            "schedules-change-schedule": [{"every": "month", "on": day} for day in (1, 2, 3)],
        },
    )


async def made(house: House, lead: Somebody, what: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await house.http.post(f"{HERE}/{what}", json=body, headers=lead.bearer)
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def a_link(house: House, schedule_id: str) -> str:
    """Of a report that was due today."""
    async with house.worker.transaction() as conn:
        await conn.execute(
            "UPDATE report_schedules SET next_on = $2 WHERE schedule_id = $1", schedule_id, clock.today()
        )
    noon = clock.now().astimezone(clock.LONDON).replace(hour=12)
    await house.directory.heartbeat(at=noon)
    assert await tell_due(house.worker, house.directory.cells, now=noon, bound=timedelta(seconds=60)) == 1
    await house.directory.heartbeat(at=clock.now())
    link: str = (await published(house, ReportReady))[-1]["link"]
    return link


async def test_what_is_there_is_answered_as_it_is_described(
    house: House, tmp_path: Path, unused_tcp_port: int, seed: int, figures: Figures
) -> None:
    """A sample: real values, one by one."""
    outcome = await generated(await a_world(house), tmp_path, unused_tcp_port, seed=seed, phases=["examples"])

    judge(outcome, "analytics, by example", figures, sample=True)


@pytest.mark.faults
async def test_every_request_is_answered_as_it_is_described(
    house: House, tmp_path: Path, unused_tcp_port: int, seed: int, figures: Figures
) -> None:
    outcome = await generated(await a_world(house), tmp_path, unused_tcp_port, seed=seed)

    judge(outcome, "analytics", figures)
