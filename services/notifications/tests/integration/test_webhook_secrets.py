"""A secret is shown once, kept sealed, and replaced without a moment in which nothing verifies."""

from datetime import timedelta

import pytest
from notifications_house import House
from notifications_partner import counted, made
from notifications_webhooks import (
    later,
    path,
    request,
    running_receiver,
    send,
    subscribe,
    subscribed,
)

from guildhall_kit import Forged, Webhooks
from servicekit import clock
from servicekit.web import write_keys


async def test_a_repeated_request_makes_one_and_shows_the_secret_once(house: House) -> None:
    agreement = await made(house)
    async with running_receiver(house) as receiver:
        first = await subscribe(house, agreement, receiver.url, headers={"idempotency-key": "k"})
        again = await subscribe(house, agreement, receiver.url, headers={"idempotency-key": "k"})
        other = await subscribe(house, agreement, receiver.url + "2", headers={"idempotency-key": "k"})

    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert (first.json()["id"], again.json()["secret"]) == (again.json()["id"], None)
    async with house.worker.reading() as conn:
        kept = await conn.fetchval("SELECT convert_from(body, 'UTF8') FROM servicekit.idempotency_keys")
        sealed = await conn.fetchval("SELECT sealed FROM webhook_secrets")
    assert first.json()["secret"] not in kept
    assert len((await request(house, "GET", path())).json()["items"]) == 1
    assert first.json()["secret"].encode() not in bytes(sealed)


async def test_a_secret_is_replaced_without_a_moment_in_which_nothing_verifies(house: House) -> None:
    agreement = await made(house)
    async with running_receiver(house) as receiver:
        subscription = await subscribed(house, agreement, receiver.url)
        rotated = (await request(house, "POST", path(subscription, "/secret/rotate"), json={"overlap_hours": 2})).json()
        twice = await request(house, "POST", path(subscription, "/secret/rotate"), json={})
        await house.hear(counted("national"))
        await send(house)
        async with later(timedelta(hours=3)):
            await house.hear(counted("national"))
            await send(house)

    old, new = subscription["secret"], rotated["secret"]
    during, after = receiver.received
    assert old != new
    assert len(rotated["secrets"]) == 2
    assert (twice.status_code, twice.json()["code"]) == (409, "secret-being-replaced")
    assert len(during.headers["webhook-signature"].split()) == 2
    for secret in (old, new):
        Webhooks([secret]).verify(during.headers, during.body)
    in_three_hours = (clock.now() + timedelta(hours=3)).timestamp()
    Webhooks([new], now=lambda: in_three_hours).verify(after.headers, after.body)
    with pytest.raises(Forged):
        Webhooks([old], now=lambda: in_three_hours).verify(after.headers, after.body)


async def test_an_old_secret_is_revoked_at_once_and_the_only_one_never(house: House) -> None:
    agreement = await made(house)
    async with running_receiver(house) as receiver:
        subscription = await subscribed(house, agreement, receiver.url)
        only = await request(house, "POST", path(subscription, "/secret/revoke"))
        new = (await request(house, "POST", path(subscription, "/secret/rotate"), json={})).json()["secret"]
        revoked = await request(house, "POST", path(subscription, "/secret/revoke"))
        await house.hear(counted("national"))
        await send(house)

    (received,) = receiver.received
    assert (only.status_code, only.json()["code"]) == (409, "no-old-secret")
    assert [one["expires_at"] for one in revoked.json()["secrets"]] == [None]
    Webhooks([new]).verify(received.headers, received.body)
    with pytest.raises(Forged):
        Webhooks([subscription["secret"]]).verify(received.headers, received.body)


async def test_a_secret_whose_key_is_gone_signs_nothing_and_says_so(house: House) -> None:
    agreement = await made(house)
    async with running_receiver(house) as receiver:
        subscription = await subscribed(house, agreement, receiver.url)
        await house.hear(counted("national"))
        (house.settings.secrets_dir / "webhooks.key").unlink()
        write_keys(house.settings.secrets_dir, "webhooks")
        await send(house)

    shown = (await request(house, "GET", path(subscription))).json()
    assert (receiver.received, shown["last_failure"]) == ([], "its secret cannot be opened here")
