"""The process `work` as it is deployed: it hears, announces, mails, says so on Kafka, and ends when it is told to."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from notifications_house import address_of, network_id, published
from notifications_mail_server import Accepted, MailServer, running_mail_server

from events_contracts import Rule
from membership_contracts import MembershipStarted, NetworkFounded, Profile
from notifications_service.consumers import CONSUMERS
from notifications_service.keys import PURPOSES
from notifications_service.schema import SCHEMA
from servicekit.cells import Cells, topic
from servicekit.contract import Signal
from servicekit.envelope import Origin
from servicekit.ids import new_id
from servicekit.testing import databases, eventually
from servicekit.testing.deliveries import as_record
from servicekit.testing.topics import cells_for_tests, created
from servicekit.web import write_keys

PATH = "national.midlands"
DAY = date(2020, 1, 1)


@asynccontextmanager
async def work(
    worker_dsn: str, kafka: str, cells: Cells, cells_file: Path, mail: MailServer, secrets: Path
) -> AsyncIterator[None]:
    """The process; after the block it is told to end, and must do so well within 10 s."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "notifications_service",
        "work",
        env={
            "PATH": os.environ["PATH"],
            "SERVICE_PROFILE": "local",
            "WORKER_DATABASE_URL": worker_dsn,
            "KAFKA_BOOTSTRAP": kafka,
            "TOPIC_PREFIX": cells.prefix,
            "CELLS": "midlands",
            "CELLS_FILE": str(cells_file),
            "WORK_PORT": "0",
            "PUBLIC_URL": "https://guildhall.example",
            "SECRETS_DIR": str(secrets),
            "SMTP_PORT": str(mail.port),
            "MAIL_FROM": "guildhall@guildhall.example",
        },
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        yield
        assert process.returncode is None, "it ended by itself"
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def send(kafka: str, cells: Cells, *signals: Signal) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    for one in signals:
        record = as_record(one, at=Origin("midlands", PATH))
        assert record.key is not None
        await producer.send_and_wait(cells.prefix + record.topic, record.value, key=record.key.encode())
    await producer.stop()


def somebody_of_a_network() -> tuple[NetworkFounded, MembershipStarted, Profile]:
    network = NetworkFounded(
        version=1, network_id=network_id(PATH), kind="region", name="Midlands", path=PATH, cell="midlands", since=DAY
    )
    member = MembershipStarted(
        version=1,
        membership_id=new_id(),
        person_id=new_id(),
        network_id=network.network_id,
        main=True,
        since=DAY,
        described_from=DAY,
    )
    profile = Profile(
        version=1,
        person_id=member.person_id,
        given_name="Asha",
        family_name="Patel",
        email=address_of(member.person_id),
    )
    return network, member, profile


async def test_an_event_on_kafka_becomes_a_mail_and_a_word_on_kafka(
    postgres: str, kafka: str, cells_file: Path, tmp_path: Path
) -> None:
    cells = cells_for_tests(cells_file, serve="midlands")
    names = [topic(cell, *stream.split(".")) for cell in ("midlands", "national") for stream in cells.partitions]
    for purpose in PURPOSES:
        write_keys(tmp_path, purpose)
    network, member, profile = somebody_of_a_network()
    event = published(at=PATH, rule=Rule(networks=[network.network_id]))

    async with (
        databases.fresh(postgres, "notifications", SCHEMA, CONSUMERS) as database,
        created(cells, kafka, only=names),
        running_mail_server() as mail,
        work(database.worker, kafka, cells, cells_file, mail, tmp_path),
    ):
        await send(kafka, cells, event, profile, network, member)
        told = AIOKafkaConsumer(
            f"{cells.prefix}midlands.notifications", bootstrap_servers=kafka, auto_offset_reset="earliest"
        )
        await told.start()
        try:
            async with asyncio.timeout(40):
                said = [orjson.loads((await told.getone()).value) for _ in range(2)]
        finally:
            await told.stop()
        (arrived,) = await eventually(lambda: accepted(mail))

    assert arrived.to == profile.email
    assert arrived.subject == "You are invited: Summit of operational managers"
    assert "Held by: Midlands" in arrived.part("plain")
    shown, mailed = sorted(said, key=lambda one: one["data"]["channel"], reverse=True)
    assert (shown["data"]["channel"], shown["network"]) == ("in-app", PATH)
    assert shown["data"]["people"] == [str(member.person_id)]
    assert (mailed["data"]["channel"], mailed["network"]) == ("email", PATH)
    assert mailed["partitionkey"] == str(member.person_id)
    assert shown["partitionkey"] == mailed["data"]["cause"]


async def accepted(mail: MailServer) -> list[Accepted]:
    return list(mail.accepted)
