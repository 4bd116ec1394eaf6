"""The rules of subscriptions: what a partner may have pushed where, and no two that are alike. Pure."""

import hashlib
import json
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from servicekit.problem import Conflict, Invalid, NotFound

MOST = 20
"""Subscriptions under one agreement."""
LONGEST_OVERLAP = timedelta(days=7)

ACTIVE, PAUSED, DISABLED, ENDED = "active", "paused", "disabled", "ended"

_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z0-9-]{2,63}")


class SubscriptionExists(Conflict):
    code = "subscription-exists"
    title = "There is such a subscription already"


class TooManySubscriptions(Conflict):
    code = "too-many-subscriptions"


class SubscriptionOver(Conflict):
    code = "subscription-ended"


class NotSwitchedOn(Conflict):
    code = "subscription-not-active"
    title = "Nothing is sent to this subscription now"


class FilterRefused(Invalid):
    code = "filter-refused"
    title = "Nothing could ever pass this filter"


class DayRefused(Invalid):
    code = "day-refused"


class ContactRefused(Invalid):
    code = "contact-refused"


class NoOldSecret(Conflict):
    code = "no-old-secret"
    title = "There is no secret to revoke"


class SecretBeingReplaced(Conflict):
    code = "secret-being-replaced"
    title = "The secret is being replaced already"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What passes: an empty list lets everything through."""

    types: Sequence[str] = ()
    networks: Sequence[UUID] = ()
    """These and all below them."""
    sectors: Sequence[str] = ()
    organisations: Sequence[str] = ()
    """ODS codes."""

    def in_order(self) -> "Filters":
        """The same, each once and sorted, so that what is alike looks alike."""
        return Filters(
            types=sorted(set(self.types)),
            networks=sorted(set(self.networks)),
            sectors=sorted(set(self.sectors)),
            organisations=sorted({code.strip().upper() for code in self.organisations}),
        )

    def refuse_unless_agreed(self, agreed: Collection[str]) -> None:
        strange = sorted(set(self.types) - set(agreed))
        if strange:
            raise FilterRefused(
                f"{', '.join(strange)}: not among what this agreement gives; there are {', '.join(sorted(agreed))}."
            )

    def fingerprint(self, url: str) -> str:
        """The same for subscriptions that would send the same to the same place."""
        told = [url, *(list(map(str, part)) for part in (self.types, self.networks, self.sectors, self.organisations))]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A secret of a subscription, without what it is."""

    id: UUID
    made_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    id: UUID
    agreement_id: UUID
    cell: str
    owner: str
    """The identity of the client that made it."""
    url: str
    filters: Filters
    contact_email: str
    ends_on: date | None
    """The last day that counts; None: as long as the agreement."""
    state: str = ACTIVE
    disabled_because: str | None = None
    failing_since: datetime | None = None
    last_failure: str | None = None
    last_success_at: datetime | None = None
    version: int = 1
    created_at: datetime

    def refuse_if_over(self) -> None:
        if self.state == ENDED:
            raise SubscriptionOver("This subscription has ended; make a new one.")

    def refuse_unless_active(self) -> None:
        self.refuse_if_over()
        if self.state != ACTIVE:
            raise NotSwitchedOn("Switch it on first: PATCH it with active: true.")


def checked_contact(address: str) -> str:
    """An address for mail about the running of it. Raises ContactRefused."""
    if len(address) > 254 or not _ADDRESS.fullmatch(address):
        raise ContactRefused("contact_email: expected an e-mail address such as integrations@example.org.")
    return address


def check_day(ends_on: date | None, *, today: date, agreement_ends_on: date) -> None:
    if ends_on is None:
        return
    if ends_on < today:
        raise DayRefused(f"It would have ended on {ends_on} already.")
    if ends_on > agreement_ends_on:
        raise DayRefused(f"The agreement ends on {agreement_ends_on}; a subscription can end on that day or earlier.")


def nothing_here() -> NotFound:
    """The same words whether there is no such subscription, or it is somebody else's."""
    return NotFound("There is no subscription of yours with this id here.")
