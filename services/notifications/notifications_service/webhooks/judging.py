"""What a delivery holds, decided when it is sent: the agreement, its fields and a person's consent as they are now."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from notifications_service.streams.model import Agreement
from notifications_service.streams.store import Item
from notifications_service.streams.views import SignalView
from notifications_service.webhooks.store import Claimed

TEST = "guildhall.webhooks.test.v1"
"""The type of a delivery that stands for no signal."""


def body(claimed: Claimed, *, today: date) -> bytes | None:
    """What is sent; None where it must not be, or not any more."""
    if claimed.agreement is None:
        return None
    agreement = _agreement(claimed)
    ended = claimed.ends_on is not None and today > claimed.ends_on
    if ended or not agreement.starts_on <= today <= agreement.ends_on:
        return None
    if claimed.is_test:
        return _test(claimed, agreement)
    item = item_of(claimed.item)
    if item is None or item.withheld or not agreement.given_of(item.type, item.data):
        return None
    return pushed(agreement, item)


def pushed(agreement: Agreement, item: Item) -> bytes:
    """An item as it is read, and which agreement it is of."""
    view = SignalView.of(item, agreement).model_dump(mode="json")
    return orjson.dumps(
        {"type": view.pop("type"), "timestamp": view["time"], "agreement_id": str(agreement.agreement_id)} | view
    )


def _test(claimed: Claimed, agreement: Agreement) -> bytes:
    at = claimed.created_at.isoformat().replace("+00:00", "Z")
    return orjson.dumps(
        {
            "type": TEST,
            "timestamp": at,
            "agreement_id": str(agreement.agreement_id),
            "position": None,
            "id": claimed.webhook_id,
            "time": at,
            "data": {"subscription_id": str(claimed.subscription_id)},
        }
    )


def _agreement(claimed: Claimed) -> Agreement:
    assert claimed.agreement is not None
    row = claimed.agreement
    return Agreement(
        agreement_id=UUID(row["agreement_id"]),
        cell=row["cell"],
        body=row["body"],
        issuer=row["issuer"],
        client_id=row["client_id"],
        fields=row["fields"],
        consent_needed=row["consent_needed"],
        starts_on=date.fromisoformat(row["starts_on"]),
        ends_on=date.fromisoformat(row["ends_on"]),
    )


def item_of(row: Mapping[str, Any] | None) -> Item | None:
    """An item as the database tells it in JSON, with whether it is withheld."""
    if row is None:
        return None
    return Item(
        position=row["position"],
        signal_id=UUID(row["signal_id"]),
        type=row["type"],
        time=datetime.fromisoformat(row["time"]),
        network=row["network"],
        data=row["data"],
        sha256=row["sha256"],
        salt=row["salt"],
        withheld=row["withheld"],
    )
