"""The loop that sends webhooks: it waits for what is away, loses nothing, and ends when it is told to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from time import monotonic

import asyncpg
import pytest
from notifications_house import House
from notifications_partner import counted, made
from notifications_webhooks import arrived, deliveries, later, path, request, running_receiver, states, subscribed

from notifications_service.manifests.loop import sign_manifests
from notifications_service.settings import NotificationsSettings
from notifications_service.webhooks import judging
from notifications_service.webhooks.loop import send_webhooks
from notifications_service.webhooks.operational_mail import carry_operational_mail
from servicekit.database import Database
from servicekit.process import Work
from servicekit.testing import eventually

NAME = "webhooks at work"
"""How the loop's sessions are called."""


@asynccontextmanager
async def sending(house: House) -> AsyncIterator[Work[NotificationsSettings]]:
    """All loops of webhooks at work for as long as the block; then told to stop, and awaited."""
    db = await Database.open(house.database.worker, size=6, application_name=NAME)
    work = Work(settings=house.settings, cells=house.directory.cells, db=db, stopping=asyncio.Event())
    loops = [asyncio.create_task(loop(work)) for loop in (send_webhooks, carry_operational_mail, sign_manifests)]
    try:
        yield work
    finally:
        work.stopping.set()
        async with asyncio.timeout(9):
            await asyncio.gather(*loops)
        await db.close()


async def delivered(house: House, count: int) -> bool:
    async with house.worker.reading() as conn:
        many: int = await conn.fetchval("SELECT count(*) FROM webhook_deliveries WHERE state = 'delivered'")
    return many == count


async def test_no_webhook_is_lost_while_connections_to_the_database_are_cut(house: House) -> None:
    agreement = await made(house)
    sent = []
    async with running_receiver(house) as receiver:
        await subscribed(house, agreement, receiver.url)
        async with sending(house):
            for round_ in range(4):
                sent += [str(await house.hear(counted("national"))) for _ in range(10)]
                await eventually(lambda seen=round_ * 10 + 1: arrived(receiver.received, seen), within=20)
                await cut_connections(house)
            await eventually(lambda: delivered(house, 40), within=100)

    assert set(receiver.ids) == set(sent)


@pytest.mark.parametrize(("days", "closed"), [(1, 1), (0, 0)])
async def test_a_day_is_signed_without_anybodys_help_once_it_is_over(house: House, days: int, closed: int) -> None:
    agreement = await made(house)
    async with running_receiver(house) as receiver:
        await subscribed(house, agreement, receiver.url)
        await house.hear(counted("national"))
        # A delivery says that the loops have begun; they end only after the look that they are at.
        async with later(timedelta(days=days)), sending(house):
            await eventually(lambda: delivered(house, 1))
            await eventually(lambda: signed(house, closed))

    assert await signed(house, closed)


async def signed(house: House, count: int) -> bool:
    """Whether that many days of streams are closed."""
    async with house.worker.reading() as conn:
        many: int = await conn.fetchval("SELECT count(*) FROM stream_manifests")
    return many == count


async def cut_connections(house: House) -> None:
    admin = await asyncpg.connect(house.database.admin)
    await admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = $1",
        NAME,
    )
    await admin.close()


async def test_it_ends_within_seconds_although_an_endpoint_answers_nothing(house: House) -> None:
    agreement = await made(house)
    async with running_receiver(house, always="hang") as receiver:
        await subscribed(house, agreement, receiver.url)
        await house.hear(counted("national"))
        async with sending(house):
            await eventually(lambda: arrived(receiver.received, 1))
            told = monotonic()

    assert monotonic() - told < 9


async def test_a_delivery_that_cannot_be_written_holds_nobody_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    agreement, other = await made(house), await made(house, client_id="other-partner")
    real = judging.pushed

    def broken(agreement_: judging.Agreement, item: judging.Item) -> bytes:
        if agreement_.agreement_id == agreement.agreement_id:
            raise KeyError("a mistake of ours")
        return real(agreement_, item)

    monkeypatch.setattr(judging, "pushed", broken)
    async with running_receiver(house) as receiver:
        subscription = await subscribed(house, agreement, receiver.url)
        await subscribed(house, other, receiver.url, client="other-partner")
        async with sending(house):
            await house.hear(counted("national"))
            await eventually(lambda: delivered(house, 1))
            await eventually(lambda: tried(house, subscription))

    ((attempt,),) = [one["attempts"] for one in await deliveries(house, subscription)]
    assert (attempt["status"], attempt["failure"]) == (None, "it could not be written here")
    assert await states(house, subscription) == ["queued"]


async def tried(house: House, subscription: dict[str, object]) -> bool:
    return bool((await request(house, "GET", path(subscription))).json()["last_failure"])
