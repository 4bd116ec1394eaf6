"""Addresses that mail does not reach, by a keyed hash: no signal holds an address."""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from servicekit.contract import Fact, PersonId, Pseudonym, Signal


class AddressState(Signal):
    """How one address of one person stands. Always travels on `national.notifications`."""

    person_id: PersonId
    address: Pseudonym[str]
    """`<key id>:<HMAC-SHA256 of the address in small letters, in hex>`, under a key that notifications alone has."""

    @property
    def key(self) -> str:
        return str(self.person_id)

    @property
    def subject(self) -> str:
        return f"{self.person_id}:{self.address}"


class AddressSuppressed(AddressState):
    """No mail of any network goes to this address until it is confirmed again."""

    type: ClassVar[str] = "guildhall.notifications.address-suppressed.v1"

    reason: Fact[str]
    """hard-bounce, soft-bounces or complaint; an open list."""
    notification_id: Fact[UUID | None] = None
    """The mail that came back."""
    suppressed_at: Fact[AwareDatetime]


class AddressConfirmed(AddressState):
    """The person followed a link that was mailed to this address: mail goes there again."""

    type: ClassVar[str] = "guildhall.notifications.address-confirmed.v1"

    confirmed_at: Fact[AwareDatetime]
