"""What somebody has to be told of mail, webhooks and requests is told: out of a fault that is really there."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
from alarms import Scrape, fires, scraped
from notifications_bounces import Bouncing, a_report, heads_of
from notifications_house import House, network_id, published
from notifications_mail_server import running_mail_server
from notifications_partner import counted, made
from notifications_webhooks import later, running_receiver, send, subscribed

from notifications_service.webhooks.loop import look

SERVICE = "notifications"
TRUST = "national.midlands.rwp"
HERE = "/api/v1/cells/national/notifications"
IT = [{"service": SERVICE}]


async def announce(house: House) -> None:
    await house.hear(published(rule={"networks": [network_id(TRUST)]}))
    await house.announce_all()


async def mail_scraped(house: House) -> Scrape:
    await house.look()
    return scraped(SERVICE)


async def webhooks_scraped(house: House) -> Scrape:
    await look(house.work())
    return scraped(SERVICE)


async def test_mail_is_stuck_while_its_server_is_away_and_that_is_told_too(house: House) -> None:
    async with running_mail_server() as away:
        pass
    await house.person(TRUST)
    await announce(house)
    await house.send_all()
    before = await mail_scraped(house)
    await announce(house)
    there, house.mail.port = house.mail.port, away.port
    postman = house.postman()
    await postman.round()
    await postman.carrier.close()
    house.mail.port = there

    async with later(timedelta(minutes=31)):
        after = await mail_scraped(house)

    await announce(house)
    await house.send_all()  # it is back, and said to be: the next test asks the same figures

    assert fires("MailStuck", before, after) == [{}]
    assert fires("DependencyAway", before, after) == [{"service": SERVICE, "dependency": "mail"}]


async def test_an_address_that_is_missing_for_hours_is_told_of(house: House) -> None:
    await house.person(TRUST, address="")
    await announce(house)
    before = await mail_scraped(house)

    async with later(timedelta(hours=4, seconds=1)):
        after = await mail_scraped(house)

    assert fires("AddressesMissing", before, after) == [{}]


async def test_many_mails_that_come_back_are_told_of(house: House, tmp_path: Path) -> None:
    bouncing = Bouncing(house, tmp_path / "bounces")
    for _ in range(52):
        await house.person(TRUST)
    await announce(house)
    await house.send_all()
    first, *rest = house.mail.accepted
    await bouncing.come_back(a_report(to=first.to, returned=heads_of(first)))
    before = scraped(SERVICE)

    for number, mail in enumerate(rest):
        bouncing.put(a_report(to=mail.to, returned=heads_of(mail)), name=f"many-{number}.mail")
    await bouncing.read()

    assert fires("MailBounces", before, scraped(SERVICE)) == [{}]


async def test_webhooks_that_do_not_go_are_told_of(house: House) -> None:
    agreement = await made(house)
    async with running_receiver(house) as receiver:
        await subscribed(house, agreement, receiver.url)
        await house.hear(counted("national"))
        await send(house)
        before = await webhooks_scraped(house)
        await house.hear(counted("national"))

        async with later(timedelta(minutes=61)):
            after = await webhooks_scraped(house)

    assert fires("WebhooksStuck", before, after) == IT


async def test_endpoints_that_fail_together_are_told_of(house: House) -> None:
    async with running_receiver(house) as receiver:
        for _ in range(3):
            await subscribed(house, await made(house), receiver.url)
        await house.hear(counted("national"))
        await send(house)
        before = await webhooks_scraped(house)
        receiver.always = "500"
        await house.hear(counted("national"))
        await send(house)

        after = await webhooks_scraped(house)

    assert fires("EndpointsFail", before, after) == IT


async def asked(house: House, who: Any, times: int = 3) -> Scrape:
    """What is said of itself after so many requests for a person's own list."""
    answering = httpx.ASGITransport(house.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=answering, base_url="http://service.test") as http:
        for _ in range(times):
            await http.get(HERE, headers=who.bearer)
    return scraped(SERVICE, job="serve")


async def test_requests_that_fail_are_told_of(house: House) -> None:
    asha = await house.directory.person(TRUST)
    before = await asked(house, asha)
    owner = await asyncpg.connect(house.database.owner)
    try:
        await owner.execute("REVOKE ALL ON notifications FROM guildhall_api")

        failing = [await asked(house, asha) for _ in range(3)]
    finally:
        await owner.close()

    assert fires("RequestsFail", before, *failing) == IT


async def test_requests_that_take_long_are_told_of(house: House) -> None:
    asha = await house.directory.person(TRUST)
    before = await asked(house, asha)
    owner = await asyncpg.connect(house.database.owner)
    try:
        slow = [await asked_meanwhile(house, asha, owner) for _ in range(2)]
    finally:
        await owner.close()

    assert fires("RequestsSlow", before, *slow) == IT


async def asked_meanwhile(house: House, who: Any, owner: Any) -> Scrape:
    """As above, while somebody changes the table in broad daylight."""
    async with owner.transaction():
        await owner.execute("LOCK TABLE notifications IN ACCESS EXCLUSIVE MODE")
        asking = asyncio.create_task(asked(house, who, times=1))
        await owner.execute("SELECT pg_sleep(1.2)")
    return await asking
