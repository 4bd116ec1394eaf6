"""A report that is ready, what opens it, and what became of telling of it."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from notifications_house import House, network_id

from access.testing import Somebody
from analytics_contracts import ReportReady
from notifications_service.reports import store
from servicekit import clock
from servicekit.ids import new_id

MIDLANDS = "national.midlands"
LINK = "4Wq0n3yJ2m5T8c1vXb7KfZ6hR9aEoLdU"
OPENS = f"https://guildhall.example/api/v1/cells/midlands/reports/shown/{LINK}"
LIST = "/api/v1/cells/midlands/notifications"


def ready(person_id: UUID, **given: Any) -> ReportReady:
    state = {
        "version": 1,
        "report_id": new_id(),
        "schedule_id": new_id(),
        "person_id": person_id,
        "network_id": network_id(MIDLANDS),
        "report": "active-members",
        "first": date(2026, 12, 1),
        "last": date(2026, 12, 31),
        "link": LINK,
        "expires_at": clock.now() + timedelta(days=14),
    }
    return ReportReady.model_validate(state | given)


async def listed(house: House, who: Somebody) -> list[dict[str, Any]]:
    answer = await house.http.get(LIST, headers=who.bearer)
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def states(house: House) -> dict[str, tuple[str, str | None]]:
    return {row["channel"]: (row["state"], row["failure"]) for row in await house.rows(kind="report-ready")}


async def forget_at(house: House, *, later: timedelta) -> None:
    async with house.worker.transaction() as conn:
        await store.forget_links(conn, now=clock.now() + later)


async def kept_anywhere(house: House) -> list[str]:
    """Tables of this database in which the link stands."""
    async with house.worker.reading() as conn:
        tables = await conn.fetch(
            """
            SELECT schemaname || '.' || tablename AS name
              FROM pg_tables
             WHERE schemaname !~ '^(pg_|information_schema)' AND has_table_privilege(schemaname || '.' || tablename,
                                                                                     'SELECT')
            """
        )
        found = [
            row["name"].partition(".")[2]
            for row in tables
            if await conn.fetchval(f"SELECT EXISTS (SELECT FROM {row['name']} t WHERE t::text LIKE '%{LINK}%')")
        ]
    return sorted(found)
