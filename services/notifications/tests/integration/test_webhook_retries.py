"""A webhook is tried for days under one id; an endpoint that is dead delays nobody and is switched off in the end."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from httpcore import AnyIOBackend, AsyncNetworkStream
from notifications_house import House
from notifications_partner import counted, made
from notifications_webhooks import (
    arrived,
    deliveries,
    later,
    running_receiver,
    send,
    sender,
    states,
    subscribed,
)

from guildhall_kit import Webhooks
from notifications_service.webhooks import store
from notifications_service.webhooks.model import SCHEDULE
from notifications_service.webhooks.outward import Outward
from servicekit import clock
from servicekit.testing import eventually

MOMENT = timedelta(seconds=1)


async def test_every_try_has_the_same_id_and_a_signature_of_its_own_time(house: House) -> None:
    agreement = await made(house)
    async with running_receiver(house, answers=["500", "drop"]) as receiver:
        subscription = await subscribed(house, agreement, receiver.url)
        signal_id = await house.hear(counted("national"))
        await send(house)
        early = await send(house)
        async with later(SCHEDULE[0] + MOMENT):
            await send(house)
        async with later(SCHEDULE[0] + SCHEDULE[1] + 2 * MOMENT):
            await send(house)
            for received in receiver.received[2:]:
                signal = Webhooks([subscription["secret"]], now=lambda: clock.now().timestamp()).verify(
                    received.headers, received.body
                )

    (found,) = await deliveries(house, subscription)
    assert early == 0
    assert receiver.ids == [str(signal_id)] * 3
    assert len({one.headers["webhook-timestamp"] for one in receiver.received}) == 3
    assert (signal.id, found["state"]) == (str(signal_id), "delivered")
    assert [(one["status"], one["failure"]) for one in found["attempts"]] == [
        (500, "answered 500"),
        (None, "the connection ended without an answer in HTTP"),
        (204, None),
    ]


async def test_it_goes_on_for_five_days_and_is_then_missed_and_not_lost(house: House) -> None:
    agreement = await made(house)
    async with running_receiver(house, always="503") as receiver:
        subscription = await subscribed(house, agreement, receiver.url)
        await house.hear(counted("national"))
        await send(house)
        waited = timedelta(0)
        for wait in SCHEDULE:
            waited += wait + MOMENT
            async with later(waited):
                assert await send(house) == 1
        async with later(waited + timedelta(days=2)):
            assert await send(house) == 0

    assert timedelta(days=5) < waited < timedelta(days=6)
    assert len(receiver.received) == len(SCHEDULE) + 1
    assert await states(house, subscription) == ["missed"]


async def test_what_a_receiver_asks_for_is_honoured(house: House) -> None:
    agreement = await made(house)
    async with running_receiver(house, answers=["429 Retry-After: 900"]) as receiver:
        await subscribed(house, agreement, receiver.url)
        await house.hear(counted("national"))
        await send(house)
        await house.hear(counted("national"))
        async with later(timedelta(seconds=890)):
            before = await send(house)
        async with later(timedelta(seconds=905)):
            after = await send(house)

    assert (before, after) == (0, 2)


async def test_a_receiver_that_takes_too_long_has_failed_and_one_whose_body_does_has_not(house: House) -> None:
    agreement = await made(house)
    async with running_receiver(house, answers=["hang"]) as receiver:
        subscription = await subscribed(house, agreement, receiver.url)
        await house.hear(counted("national"))

        await send(house, outward=Outward(within=0.2))

    (found,) = await deliveries(house, subscription)
    assert found["attempts"][0]["failure"] == "no answer within 0.2 s"
    assert found["attempts"][0]["milliseconds"] >= 200


class Gone(AnyIOBackend):
    """As sockets are under uvloop when the other side resets the connection while httpcore looks at it."""

    async def connect_tcp(self, *arguments: Any, **options: Any) -> AsyncNetworkStream:
        stream = await super().connect_tcp(*arguments, **options)

        def get_extra_info(_info: str) -> Any:
            raise AttributeError("'NoneType' object has no attribute 'getpeername'")

        stream.get_extra_info = get_extra_info  # type: ignore[method-assign]
        return stream


async def test_what_a_library_stumbles_over_is_a_failed_try_and_ends_no_process(house: House) -> None:
    agreement = await made(house)
    async with running_receiver(house) as receiver:
        subscription = await subscribed(house, agreement, receiver.url)
        await house.hear(counted("national"))

        await send(house, outward=Outward(backend=lambda _target, _resolve: Gone()))
        (found,) = await deliveries(house, subscription)
        async with later(SCHEDULE[0] + MOMENT):
            await send(house)

    assert (found["state"], found["attempts"][0]["failure"]) == ("queued", "the connection broke")
    assert len(receiver.received) == 1


async def test_a_body_that_never_ends_takes_nothing_back_and_is_read_to_its_first_kilobyte(house: House) -> None:
    agreement = await made(house)

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + b"a\0" * 600)
        try:
            while True:
                writer.write(b"b" * 65536)
                await writer.drain()
        except ConnectionError:
            writer.close()

    server = await asyncio.start_server(endless, "127.0.0.1", 0)
    address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    house.settings.webhook_test_targets = address
    subscription = await subscribed(house, agreement, f"http://{address}/")
    await house.hear(counted("national"))
    await send(house)
    server.close()

    (found,) = await deliveries(house, subscription)
    assert found["state"] == "delivered"
    assert found["attempts"][0]["answer"] == "a\ufffd" * 512


async def test_what_a_killed_process_had_in_hand_goes_again_under_the_same_id(house: House) -> None:
    agreement = await made(house)
    async with running_receiver(house, answers=["hang"]) as receiver:
        subscription = await subscribed(house, agreement, receiver.url)
        signal_id = await house.hear(counted("national"))
        killed = sender(house)
        await killed.take_up()
        await eventually(lambda: arrived(receiver.received, 1))
        for task in killed._in_hand:
            task.cancel()
        at_once = await send(house)
        async with later(store.LEASE + MOMENT):
            again = await send(house)

    assert (at_once, again) == (0, 1)
    assert receiver.ids == [str(signal_id)] * 2
    assert await states(house, subscription) == ["delivered"]


async def test_without_a_lease_that_lapses_it_would_never_go_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "LEASE", timedelta(days=10_000))
    agreement = await made(house)
    async with running_receiver(house) as receiver:
        await subscribed(house, agreement, receiver.url)
        await house.hear(counted("national"))
        killed = sender(house)
        await killed.take_up()
        for task in killed._in_hand:
            task.cancel()
        async with later(timedelta(days=6)):
            await send(house)

    assert receiver.received == []


async def test_what_two_processes_claim_is_sent_by_one_of_them(house: House) -> None:
    agreement = await made(house)
    async with running_receiver(house) as receiver:
        await subscribed(house, agreement, receiver.url)
        for _ in range(12):
            await house.hear(counted("national"))
        await asyncio.gather(*(send(house) for _ in range(3)))

    assert len(receiver.received) == len(set(receiver.ids)) == 12
