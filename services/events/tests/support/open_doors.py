"""Doors that are open: an event that has begun, its steward, and somebody who shows a ticket."""

from uuid import UUID

import httpx
from events_house import House, Thing, in_days, thing

from access.testing import Somebody
from servicekit import clock


async def begun(house: House, **given: object) -> tuple[Somebody, Thing]:
    """A steward, and an event of the Midlands that has begun just now."""
    event = await house.published(await house.organiser(), starts=in_days(1), ends=in_days(1, hour=16), **given)
    async with house.worker.transaction() as conn:
        await conn.execute("UPDATE events SET starts_at = $2 WHERE id = $1", UUID(event["id"]), clock.now())
    return await house.organiser(role="steward"), event


async def ticket_of(house: House, registration: Thing, who: Somebody) -> str:
    answer = await house.get(f"{registration['url']}/ticket", who)
    assert answer.status_code == 200, answer.text
    return str(thing(answer)["ticket"])


async def scan(house: House, event: Thing, steward: Somebody, ticket: str, **headers: str) -> httpx.Response:
    return await house.post(f"{event['url']}/check-ins", steward, {"ticket": ticket}, **headers)
