"""A member and what they say of what they want to be told."""

from typing import Any

import httpx
from notifications_house import House, address_of, network_id

from access.testing import Somebody

HERE = "/api/v1/cells/national/preferences"
MIDLANDS, TRUST = "national.midlands", "national.midlands.rwp"


def entry(
    kind: str = "event-announced", channel: str = "email", network: str | None = None, wanted: bool = False
) -> Any:
    return {
        "kind": kind,
        "channel": channel,
        "network_id": str(network_id(network)) if network else None,
        "wanted": wanted,
    }


async def put(house: House, who: Somebody, *entries: Any, version: int = 0) -> httpx.Response:
    headers = who.bearer | {"If-Match": f'"{version}"'}
    return await house.http.put(HERE, json={"entries": list(entries)}, headers=headers)


async def a_member(house: House, path: str = TRUST) -> Somebody:
    somebody = await house.directory.person(path)
    await house.profile(somebody.person_id, address_of(somebody.person_id))
    return somebody
