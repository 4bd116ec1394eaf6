"""People who would like to join, and leads who say how, as the tests of joining share them."""

from typing import Any

import httpx
from membership_house import House

from access.testing import Somebody
from membership_service.networks.model import network_id


def address_of(code: str) -> str:
    return f"/api/v1/networks/{network_id(code)}"


def newcomer(house: House, subject: str = "nora", **claims: Any) -> dict[str, str]:
    """The headers of somebody who signs in and is nobody yet."""
    return house.issuer.bearer(subject, **({"email": f"{subject}.bell@rwp.example"} | claims))


async def set_policy(house: House, lead: Somebody, code: str, policy: str, *domains: str, seen: int = 0) -> None:
    answer = await house.http.put(
        f"{address_of(code)}/joining",
        headers=lead.bearer | {"If-Match": f'"{seen}"'},
        json={"policy": policy, "domains": list(domains)},
    )
    assert answer.status_code == 200, answer.text


async def ask(house: House, headers: dict[str, str], code: str, **given: Any) -> httpx.Response:
    """Ask to join, with names, as somebody does who is nobody yet."""
    body = {"given_name": "Nora", "family_name": "Bell"} | given
    return await house.http.post(f"{address_of(code)}/join-requests", headers=headers, json=body)


async def invite(house: House, lead: Somebody, code: str, **given: Any) -> dict[str, Any]:
    answer = await house.http.post(f"{address_of(code)}/invitations", headers=lead.bearer, json=given)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def accept(house: House, headers: dict[str, str], secret: str, **given: Any) -> httpx.Response:
    body = {"secret": secret, "given_name": "Nora", "family_name": "Bell"} | given
    return await house.http.post("/api/v1/me/invitations/accept", headers=headers, json=body)


async def memberships_of(house: House, headers: dict[str, str]) -> list[str]:
    """Paths of the networks that whoever has these headers belongs to."""
    await house.settle()
    me = await house.http.get("/api/v1/me", headers=headers)
    assert me.status_code == 200, me.text
    return [membership["path"] for membership in me.json()["memberships"]]
