"""How the tests read a calendar address: as a calendar program does, without a token, and by another's parser."""

from typing import Any
from urllib.parse import urlsplit

import httpx
from events_house import House, Thing, network_id, thing
from icalendar import Calendar, Event

from access.testing import Somebody

CALENDARS = "/api/v1/cells/midlands/calendars"


async def an_address(house: House, who: Somebody, *, path: str | None = None, cell: str = "midlands") -> Thing:
    """A calendar address of one's own, or of the network at this path."""
    body = None if path is None else {"network_id": str(network_id(path))}
    answer = await house.post(f"/api/v1/cells/{cell}/calendars", who, body)
    assert answer.status_code == 201, answer.text
    return thing(answer)


def secret_of(calendar: Thing) -> str:
    return urlsplit(calendar["address"]).path.rsplit("/", 1)[1].removesuffix(".ics")


async def asked(house: House, calendar: Thing, **headers: str) -> httpx.Response:
    """What the address answers to whoever knows it."""
    return await house.http.get(urlsplit(calendar["address"]).path, headers=headers)


async def read(house: House, calendar: Thing) -> Calendar:
    answer = await asked(house, calendar)
    assert answer.status_code == 200, answer.text
    parsed = Calendar.from_ical(answer.content)
    assert isinstance(parsed, Calendar)
    assert not any(component.errors for component in parsed.walk())
    return parsed


async def entries(house: House, calendar: Thing) -> dict[str, Event]:
    """By UID, which is the event's id."""
    found: list[Any] = (await read(house, calendar)).walk("VEVENT")
    return {str(entry["uid"]): entry for entry in found}


async def entry(house: House, calendar: Thing, event: Thing) -> Event:
    return (await entries(house, calendar))[event["id"]]
