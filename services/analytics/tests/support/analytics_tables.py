"""Tables as tests read them, and snapshots as tests take them."""

from datetime import date
from typing import Any

from analytics_house import HELD, MIDLANDS, RWP, House, a_network, arrive, members

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
