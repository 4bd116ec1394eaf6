"""A partner body: its agreements, what is counted for it, and how it asks."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import httpx
from notifications_house import House, an_agreement, network_id

from analytics_contracts import MembersCounted
from events_contracts import EventPublished
from membership_contracts import AgreementMade

PUBLISHED, COUNTED = EventPublished.type, MembersCounted.type
DAY = date(2026, 11, 23)
FIELDS = {PUBLISHED: ["event_id", "title", "starts_at"], COUNTED: ["network_id", "day", "members"]}


async def made(
    house: House, fields: Mapping[str, Sequence[str]] = FIELDS, *, at: str = "national", **given: Any
) -> AgreementMade:
    agreement = an_agreement(fields, at=at, **({"issuer": house.directory.issuer.url} | given))
    await house.hear(agreement, at)
    return agreement


def counted(path: str, members: int | None = 40) -> MembersCounted:
    return MembersCounted(
        version=1, network_id=network_id(path), day=DAY, members=members, trusts=3, trusts_with_members=2
    )


async def ask(
    house: House, agreement: AgreementMade | UUID, *, client: str = "partner", cell: str = "national", **query: Any
) -> httpx.Response:
    agreement_id = agreement if isinstance(agreement, UUID) else agreement.agreement_id
    bearer = house.directory.issuer.bearer(client, client_id=client)
    return await house.http.get(
        f"/api/v1/cells/{cell}/subscriptions/{agreement_id}/signals", headers=bearer, params=query
    )


async def items(house: House, agreement: AgreementMade, **given: Any) -> list[dict[str, Any]]:
    answer = await ask(house, agreement, **given)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found
