"""Make, change and remove subscriptions, and replace what signs them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from access.directory import networks as known_networks
from notifications_service.streams.model import Agreement
from notifications_service.subscriptions import model, store
from notifications_service.subscriptions.model import ACTIVE, DISABLED, PAUSED, Filters, Subscription
from notifications_service.webhooks import signing
from notifications_service.webhooks.signing import Vault
from servicekit.database import Conn


@dataclass(frozen=True, slots=True)
class Made:
    subscription: Subscription
    secret: bytes
    """What signs it: shown now, and never again."""


async def make(
    conn: Conn, subscription: Subscription, agreement: Agreement, *, secret_id: UUID, vault: Vault, today: date
) -> Made:
    """Raises a refusal that says what is wrong with it, or which one there is already."""
    subscription = replace(subscription, filters=subscription.filters.in_order())
    await store.take_turn(conn, subscription.agreement_id)
    await _check(conn, subscription, agreement, today=today)
    if await store.count(conn, subscription.agreement_id) >= model.MOST:
        raise model.TooManySubscriptions(f"An agreement may have {model.MOST} subscriptions; remove one first.")
    await store.add(conn, subscription)
    secret = await _new_secret(conn, subscription.id, secret_id, vault, now=subscription.created_at)
    return Made(subscription, secret)


async def change(
    conn: Conn, before: Subscription, agreement: Agreement, changes: Mapping[str, Any], *, today: date
) -> Subscription:
    """changes: url, contact_email, ends_on, active, types, networks, sectors, organisations; only those given."""
    before.refuse_if_over()
    await store.take_turn(conn, before.agreement_id)
    filters = {name: changes[name] for name in ("types", "networks", "sectors", "organisations") if name in changes}
    plain = {name: changes[name] for name in ("url", "contact_email", "ends_on") if name in changes}
    after = replace(before, **plain, filters=replace(before.filters, **filters).in_order(), version=before.version + 1)
    if "active" in changes:
        after = _switched(after, on=changes["active"])
    await _check(conn, after, agreement, today=today)
    await store.save(conn, after)
    return after


def _switched(subscription: Subscription, *, on: bool) -> Subscription:
    """Switched on, it begins with a clean record: whatever failed before counts no longer."""
    if on:
        return replace(subscription, state=ACTIVE, disabled_because=None, failing_since=None, last_failure=None)
    return replace(subscription, state=PAUSED) if subscription.state != DISABLED else subscription


async def _check(conn: Conn, subscription: Subscription, agreement: Agreement, *, today: date) -> None:
    model.checked_contact(subscription.contact_email)
    model.check_day(subscription.ends_on, today=today, agreement_ends_on=agreement.ends_on)
    subscription.filters.refuse_unless_agreed(agreement.fields)
    await _check_networks(conn, subscription.filters)
    if (other := await store.alike(conn, subscription)) is not None:
        raise model.SubscriptionExists(
            f"The subscription {other} sends the same to the same address.", subscription_id=str(other)
        )


async def _check_networks(conn: Conn, filters: Filters) -> None:
    known = await known_networks(conn, filters.networks) if filters.networks else {}
    strange = [str(network_id) for network_id in filters.networks if network_id not in known]
    if strange:
        raise model.FilterRefused(f"networks: there is no network {', '.join(strange)}.")


async def rotate(
    conn: Conn, subscription: Subscription, *, secret_id: UUID, overlap: timedelta, vault: Vault, now: datetime
) -> bytes:
    """A new secret; the old one signs beside it until the overlap is over. Raises SecretBeingReplaced."""
    subscription.refuse_if_over()
    valid = (await store.secrets_of(conn, [subscription.id], now=now))[subscription.id]
    if len(valid) > 1:
        raise model.SecretBeingReplaced(
            f"The old secret is valid until {valid[-1].expires_at}: revoke it first, or wait until then."
        )
    await store.drop_expiring_secrets(conn, subscription.id)
    await store.expire_secrets(conn, subscription.id, at=now + overlap)
    return await _new_secret(conn, subscription.id, secret_id, vault, now=now)


async def revoke(conn: Conn, subscription: Subscription, *, now: datetime) -> None:
    """The old secret signs no more. Raises NoOldSecret."""
    valid = (await store.secrets_of(conn, [subscription.id], now=now))[subscription.id]
    if len(valid) < 2:
        raise model.NoOldSecret("There is one secret only: rotate first, so that deliveries stay signed.")
    await store.drop_expiring_secrets(conn, subscription.id)


async def _new_secret(conn: Conn, subscription_id: UUID, secret_id: UUID, vault: Vault, *, now: datetime) -> bytes:
    secret = signing.draw()
    sealed = vault.seal(secret, subscription_id)
    await store.add_secret(conn, secret_id, subscription_id, key_id=sealed.key_id, sealed=sealed.box, now=now)
    return secret
