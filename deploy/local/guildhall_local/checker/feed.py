"""The partner body's stream, read from its beginning with the partner's own key, as nobody else could."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from guildhall_local.checker import patience
from guildhall_local.checker.told import Told
from guildhall_local.instance import Instance
from guildhall_local.provider.client import client_token
from guildhall_local.story.partner import PAGE, SUBSCRIPTIONS, read_key, stream
from guildhall_local.story.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the partner gets now."""

    items: Sequence[dict[str, Any]]
    strangers: dict[str, int]
    """How the stream answers to others: who asks, and the status."""
    dead: Sequence[str] = ()
    """What became of what was to go to the endpoint that never answers."""


async def read_feed(http: httpx.AsyncClient, instance: Instance, plan: Plan, told: Told) -> Reading:
    agreement_id = told.only("make-agreement")["id"]
    url = instance.url("gateway", stream(agreement_id))
    token = await client_token(http, instance.issuer, plan.agreement.client_id, read_key(instance))
    bearer = {"authorization": f"Bearer {token}"}
    items: list[dict[str, Any]] = []
    after: dict[str, str] = {}
    while True:
        page = patience.said(await patience.get(http, url, params={"limit": str(PAGE), **after}, headers=bearer))
        if not page["items"]:
            break
        items += page["items"]
        after = {"after": page["next"]}
    nobody = await patience.get(http, url)
    endpoint = told.only("subscribe", "dead endpoint")["id"]
    log = instance.url("gateway", f"{SUBSCRIPTIONS}/{endpoint}/deliveries")
    deliveries = patience.said(await patience.get(http, log, params={"limit": str(PAGE)}, headers=bearer))["items"]
    return Reading(
        items=items,
        strangers={"nobody": nobody.status_code},
        dead=[delivery["state"] for delivery in deliveries],
    )
