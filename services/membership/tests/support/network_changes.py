"""Networks that change: reference data of another day, and the days on which planned changes are carried out."""

import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from membership_house import House

from membership_service.changes import carrying_out
from membership_service.changes.carrying_out import Hour
from membership_service.changes.model import Change
from membership_service.memberships import store as memberships
from membership_service.networks import store
from membership_service.networks.model import Network, network_id
from servicekit import clock
from servicekit.ids import new_id

CHANGES = "/api/v1/networks/changes"

AS_OF_2025 = {
    "RVJ,North Bristol NHS Trust,acute,Y58,QUY,1999-04-01,2026-06-30,RA7,closed": (
        "RVJ,North Bristol NHS Trust,acute,Y58,QUY,1999-04-01,,,open"
    ),
    "RY2,Bridgewater Community Healthcare NHS Foundation Trust,community,Y62,QYG,2010-11-01,2026-03-31,RWW,closed": (
        "RY2,Bridgewater Community Healthcare NHS Foundation Trust,community,Y62,QYG,2010-11-01,,,open"
    ),
    "RYV,Cambridgeshire Community Services NHS Trust,community,Y61,QUE,2010-04-01,,RY3,closed": (
        "RYV,Cambridgeshire Community Services NHS Trust,community,Y61,QUE,2010-04-01,,,open"
    ),
    "RA2,Royal Surrey NHS Foundation Trust,": "RA2,Royal Surrey County Hospital NHS Foundation Trust,",
}
"""What the reference data said before three trusts closed and one was renamed."""


def etr(house: House) -> bytes:
    return (house.settings.reference_dir / "etr.csv").read_bytes()


def edited(house: House, tmp_path: Path, *edits: tuple[str, str]) -> Path:
    """Reference data of another day, which count from now on; returns those that did."""
    before = house.settings.reference_dir
    other = tmp_path / f"other-{len(list(tmp_path.iterdir()))}"
    shutil.copytree(before, other, ignore=shutil.ignore_patterns("tests", "*.py"))
    file = other / "organisations.csv"
    text = file.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
    house.settings.reference_dir = other
    return before


def instant(day: date) -> datetime:
    """Noon of a day."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


async def carry_out_due(house: House, *, on: date | None = None) -> list[Change]:
    """All that is due on that day, as `work` carries it out: one after the other, each in its own transaction."""
    done = []
    hour = Hour(now=instant(on) if on else clock.now(), draw_id=new_id)
    while True:
        async with house.worker.transaction() as conn:
            change = await carrying_out.next_due(conn, hour)
        if change is None:
            await house.settle()
            return done
        done.append(change)


async def network(house: House, code: str) -> Network:
    async with house.worker.reading() as conn:
        return await store.get(conn, network_id(code))


def planned(report: dict[str, Any], heading: str = "planned") -> list[tuple[str, str, str, int]]:
    """Code, what, day and members of the changes under a heading of an import's report."""
    return [(one["code"], one["what"], one["day"], one["members"]) for one in report[heading]]


async def held(house: House, person_id: UUID) -> list[tuple[str, date, date | None, bool, str | None]]:
    """Path, first and last day, main and job role of a person's memberships."""
    async with house.worker.reading() as conn:
        found = await memberships.of_person(conn, person_id)
    return [(m.path, m.since, m.until, m.main, m.description.job_role) for m in found]
