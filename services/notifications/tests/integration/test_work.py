"""The loops of `work`: they wait for what is away, go on by themselves, and end when they are told to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import asyncpg
from notifications_house import House, a_registration, address_of, published
from notifications_mail_server import running_mail_server

from events_contracts import RegistrationConfirmed
from notifications_service.mail.loop import send_mail
from notifications_service.settings import NotificationsSettings
from servicekit import metrics
from servicekit.database import Database
from servicekit.process import Work
from servicekit.testing import end, eventually

POSTMEN = "postmen"
"""How the loop's sessions are called."""


@asynccontextmanager
async def sending(house: House, **settings: object) -> AsyncIterator[Work[NotificationsSettings]]:
    """The mail loop at work for as long as the block, on a pool of its own; then told to stop, and awaited."""
    db = await Database.open(house.database.worker, size=6, application_name=POSTMEN)
    work = Work(
        settings=house.settings.model_copy(update=settings),
        cells=house.directory.cells,
        db=db,
        stopping=asyncio.Event(),
    )
    loop = asyncio.create_task(send_mail(work))
    try:
        yield work
    finally:
        work.stopping.set()
        async with asyncio.timeout(5):
            await loop
        await db.close()


async def confirmed(house: House, count: int) -> list[str]:
    """So many people with a confirmation to be mailed; their addresses."""
    event = published()
    await house.hear(event)
    people = [await house.person() for _ in range(count)]
    for person in people:
        await house.hear(a_registration(RegistrationConfirmed, event, person))
    return sorted(map(address_of, people))


async def test_mails_go_out_over_several_connections_that_are_used_again(house: House) -> None:
    addresses = await confirmed(house, 60)

    async with sending(house):
        await eventually(lambda: sent(house, 60))

    assert sorted(mail.to for mail in house.mail.accepted) == addresses
    assert 1 <= house.mail.connections <= 4


async def sent(house: House, count: int) -> bool:
    rows = await house.rows(channel="email", state="sent")
    return len(rows) == count


async def test_a_server_that_comes_back_is_found_without_anybodys_help(house: House) -> None:
    addresses = await confirmed(house, 3)

    async with running_mail_server() as gone:
        port = gone.port
    async with sending(house, smtp_port=port):
        await eventually(lambda: tried(house))
        server = await asyncio.get_running_loop().create_server(house.mail.connection, "127.0.0.1", port)
        await eventually(lambda: sent(house, 3), within=15)
        server.close()

    assert sorted(mail.to for mail in house.mail.accepted) == addresses
    assert {row["attempts"] for row in await house.rows(channel="email")} == {0}


async def tried(house: House) -> bool:
    return any(row["failure"] for row in await house.rows(channel="email"))


async def test_a_database_connection_that_is_lost_is_opened_anew(house: House) -> None:
    await confirmed(house, 1)

    async with sending(house):
        await eventually(lambda: sent(house, 1))
        await cut_connections(house)
        addresses = await confirmed(house, 2)
        await eventually(lambda: sent(house, 3), within=15)

    assert sorted(mail.to for mail in house.mail.accepted if mail.to in addresses) == addresses


async def cut_connections(house: House) -> None:
    """End every session of the mail loop, the one that holds its numbers among them."""
    admin = await asyncpg.connect(house.database.admin)
    await admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = ANY ($1)",
        [POSTMEN, "mail watch"],
    )
    await admin.close()


async def test_no_mail_is_lost_or_doubled_while_connections_to_the_database_are_cut(house: House) -> None:
    addresses = await confirmed(house, 60)

    async with sending(house):
        for target in range(5, 60, 10):
            await eventually(partial(accepted, house, target), within=15)
            await cut_connections(house)
        await eventually(lambda: sent(house, 60), within=15)

    assert sorted(mail.to for mail in house.mail.accepted) == addresses


async def accepted(house: House, count: int) -> bool:
    return len(house.mail.accepted) >= count


async def test_what_a_killed_process_had_in_hand_is_picked_up_by_the_next(house: House) -> None:
    addresses = await confirmed(house, 1)
    house.mail.refusals[addresses[0]] = ["DATA hang"]
    work = Work(settings=house.settings, cells=house.directory.cells, db=house.worker, stopping=asyncio.Event())
    killed = asyncio.create_task(send_mail(work))
    await eventually(lambda: in_hand(house))

    await end(killed)
    async with sending(house):
        await eventually(lambda: given_up(house))

    assert [mail.to for mail in house.mail.accepted] == []


async def in_hand(house: House) -> bool:
    return bool(await house.rows(state="sending"))


async def given_up(house: House) -> bool:
    return [row["state"] for row in await house.rows(channel="email")] == ["unknown"]


async def test_who_has_no_address_yet_is_mailed_as_soon_as_it_arrives(house: House) -> None:
    person = await house.person(address="")
    event = published()
    await house.hear(event)
    await house.hear(a_registration(RegistrationConfirmed, event, person))

    async with sending(house):
        await eventually(lambda: counted("guildhall_mail_waiting_for_address 1.0"))
        await house.profile(person, "late@example.org")
        await eventually(lambda: sent(house, 1))

    assert [mail.to for mail in house.mail.accepted] == ["late@example.org"]


async def counted(line: str) -> bool:
    return line in metrics.text().decode()
