"""An item as its partner sees it, the same when it is read and when it is pushed: judged at that moment."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from notifications_service.streams.model import Agreement, agreed
from notifications_service.streams.store import Item


class SignalView(BaseModel):
    """A signal, as far as the agreement and the consent of whom it is about go."""

    position: int
    """Its place in the stream: 1 for the first, without a gap."""
    id: UUID
    type: str
    time: datetime
    network: str
    """Path of the network that it belongs to."""
    data: dict[str, Any]
    """Only the agreed fields."""
    sha256: str | None
    """Of `salt` and the data as it was appended, as canonical JSON: names sorted, no spaces, UTF-8."""
    salt: str
    whole: bool
    """Whether `data` is all that was appended; else something of it is no longer agreed or consented to."""

    @classmethod
    def of(cls, item: Item, agreement: Agreement) -> "SignalView":
        """What was agreed when it was appended and is agreed still; an item keeps its place with less in it."""
        fields = () if item.withheld else agreement.given_of(item.type, item.data)
        data = agreed(item.data, fields, harmless=fields)
        whole = not item.withheld and len(data) == len(item.data)
        return cls(
            position=item.position,
            id=item.signal_id,
            type=item.type,
            time=item.time,
            network=item.network,
            data=data,
            sha256=item.sha256,
            salt=item.salt if whole else "",
            whole=whole,
        )
