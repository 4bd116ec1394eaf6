"""`erasures replay`: after a restore, before serving: whoever was erased is erased again, here and everywhere."""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import typer
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from membership_contracts import PersonErased
from membership_service.erasures import actions
from membership_service.settings import MembershipSettings
from servicekit import cells as cell_files
from servicekit import clock
from servicekit.cells import NATIONAL, Cells, topic
from servicekit.consumers import marks
from servicekit.database import Database
from servicekit.envelope import decode_whole
from servicekit.problem import CannotStart, Problem

app = typer.Typer(no_args_is_help=True, help="The ledger of erasures.")


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay did."""

    erased_again: int
    learnt: int
    """Erasures that only the topics knew of: they were made after the backup that is running now."""


class BrokerAway(CannotStart):
    """Without the broker it is not known who was erased since the backup was made."""


@app.callback()
def _group() -> None: ...


@app.command("replay")
def replay() -> None:
    """Erase again whoever was erased, by this database's ledger and by what was told; everybody answers anew."""

    async def run() -> Replayed:
        settings = MembershipSettings()
        cells = cell_files.load(settings.cells_file, serve=settings.cells, prefix=settings.topic_prefix)
        db = await Database.open(settings.worker_database_url, size=1, application_name="erasures replay")
        try:
            return await replay_all(db, cells, await told(settings.kafka_bootstrap, cells), now=clock.now())
        finally:
            await db.close()

    try:
        done = asyncio.run(run())
    except (CannotStart, Problem) as refusal:
        sys.exit(str(refusal))
    print(
        f"{done.erased_again} people were erased again, {done.learnt} of whom this database did not know to be erased"
    )


async def replay_all(db: Database, cells: Cells, told: dict[UUID, PersonErased], *, now: datetime) -> Replayed:
    """told: by person, the newest of what was told. One transaction for each: a second run goes on where one ended."""
    async with db.transaction() as conn:
        learnt = await actions.learn(conn, told.values())
    async with db.reading() as conn:
        ledger = await actions.ledger(conn)
    for erasure_id in ledger:
        async with db.transaction() as conn:
            await actions.carry_out_again(conn, erasure_id, cells.all, told=told, now=now)
    return Replayed(len(ledger), learnt)


async def told(bootstrap: str, cells: Cells) -> dict[UUID, PersonErased]:
    """Everybody of whom the national topic says that they were erased. Raises BrokerAway."""
    name = cells.prefix + topic(NATIONAL, PersonErased.service(), PersonErased.stream)
    try:
        async with marks.asking(bootstrap) as broker:
            there = set(await broker.admin.list_topics()) & {name}
            partitions = [
                TopicPartition(name, partition["partition"])
                for described in await broker.admin.describe_topics(sorted(there))
                for partition in described["partitions"]
            ]
            return await _read(broker.kafka, partitions) if there else {}
    except (KafkaError, OSError) as error:
        raise BrokerAway(
            f"Kafka does not answer ({type(error).__name__}), and only it knows who was erased since the backup"
        ) from None


async def _read(kafka: AIOKafkaConsumer, partitions: Sequence[TopicPartition]) -> dict[UUID, PersonErased]:
    found: dict[UUID, PersonErased] = {}
    kafka.assign(partitions)
    ends = await kafka.end_offsets(partitions)
    for partition in partitions:
        await kafka.seek_to_beginning(partition)
        while await kafka.position(partition) < ends[partition]:
            for record in (await kafka.getmany(partition, timeout_ms=500)).get(partition, []):
                if dict(record.headers).get("type") == PersonErased.type.encode():
                    erased = decode_whole(record.value, PersonErased)["data"]
                    known = found.get(erased.person_id)
                    if known is None or known.version < erased.version:
                        found[erased.person_id] = erased
    return found
