"""Who may come is known once our copy has applied what had been sent: told by the ends of the topics."""

import asyncio
from pathlib import Path
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from notifications_house import House

from access.projection import FACTS
from membership_contracts import IdentityLinked
from servicekit import clock
from servicekit.cells import Cells, topic
from servicekit.consumers import registry
from servicekit.consumers.apply import Applier
from servicekit.consumers.catching_up import CatchUp
from servicekit.consumers.runtime import Consumption
from servicekit.envelope import Origin, encode
from servicekit.ids import new_id
from servicekit.testing import eventually
from servicekit.testing.topics import cells_for_tests, created


async def test_it_is_reached_once_our_copy_has_applied_what_was_there(
    house: House, kafka: str, cells_file: Path
) -> None:
    cells = cells_for_tests(cells_file)
    facts = [topic(cell, "membership") for cell in cells.all]
    async with created(cells, kafka, only=facts):
        catching_up = CatchUp(service="notifications", cells=cells, bootstrap=kafka, db=house.worker, consumer=FACTS)
        empty = await catching_up.mark()
        await send(kafka, cells.prefix + "midlands.membership", 5)
        full = await catching_up.mark()

        at_first = (await catching_up.reached(empty), await catching_up.reached(full))
        reader = await our_copy(house, kafka, cells)
        running = asyncio.create_task(reader.run())
        await eventually(lambda: catching_up.reached(full), within=20)
        reader.stopping.set()
        await running
        await send(kafka, cells.prefix + "national.membership", 1)
        later = await catching_up.mark()

        assert at_first == (True, False)
        assert (sum(empty.values()), sum(full.values()), sum(later.values())) == (0, 5, 6)
        assert (await catching_up.reached(full), await catching_up.reached(later)) == (True, False)
        await catching_up.close()


async def send(kafka: str, name: str, count: int) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    for _ in range(count):
        linked = IdentityLinked(version=1, person_id=uuid4(), issuer="i", subject_hash="s")
        body = encode(linked, id=new_id(), time=clock.now(), origin=Origin("midlands", "national.midlands"))
        await producer.send_and_wait(name, body, key=linked.key.encode())
    await producer.stop()


async def our_copy(house: House, kafka: str, cells: Cells) -> Consumption:
    async with house.worker.pool.acquire() as conn:
        group = await registry.group_name(conn, "notifications", FACTS, prefix=cells.prefix)
    return Consumption(
        consumer=FACTS,
        cells=cells,
        bootstrap=kafka,
        group=group,
        db=house.worker,
        applier=Applier(consumer=FACTS, db=house.worker, epoch=1),
    )


async def test_a_broker_that_is_away_is_told_as_such_and_holds_nothing_open(house: House, cells_file: Path) -> None:
    catching_up = CatchUp(
        service="notifications",
        cells=cells_for_tests(cells_file),
        bootstrap="127.0.0.1:1",
        db=house.worker,
        consumer=FACTS,
    )

    with pytest.raises(KafkaError):
        await catching_up.mark()

    await catching_up.close()
