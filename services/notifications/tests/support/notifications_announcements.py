"""A lead who says something to the Midlands, and what became of it."""

from typing import Any
from uuid import UUID

import httpx
from notifications_house import House, network_id

from access.testing import Somebody

MIDLANDS = "national.midlands"
ADDRESS = "/api/v1/cells/midlands/announcements"
TEXT = "The theatres programme begins in May.\n\nMore on Monday."


async def say(house: House, lead: Somebody, *, cell: str = "midlands", key: str | None = None, **given: Any) -> Any:
    body = {"network_id": str(network_id(MIDLANDS)), "title": "Theatres in May", "text": TEXT} | given
    headers = lead.bearer | ({"Idempotency-Key": key} if key else {})
    return await house.http.post(f"/api/v1/cells/{cell}/announcements", json=body, headers=headers)


async def one(house: House, lead: Somebody, url: str) -> dict[str, Any]:
    answer = await house.http.get(url, headers=lead.bearer)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


async def steer(house: House, lead: Somebody, url: str, verb: str) -> httpx.Response:
    return await house.http.post(f"{url}/{verb}", headers=lead.bearer)


async def told(house: House) -> list[UUID]:
    return [row["person_id"] for row in await house.rows(kind="announcement", channel="in-app")]
