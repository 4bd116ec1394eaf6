"""`replay`: deliver a topic once more, from an offset to where the service is; what was applied is recognised."""

import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import orjson
import typer
from aiokafka import TopicPartition

from servicekit.consumers import marks, registry
from servicekit.consumers.apply import Applier
from servicekit.consumers.rereading import LANES, Rereading
from servicekit.consumers.subscription import Consumer
from servicekit.database import Database
from servicekit.operations.ground import Ground, NotKnown


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    consumer: str
    records: int
    applied: int
    """New to the consumer, after a restored backup for example."""
    repeated: int
    """Applied before, so passed over."""


def add(app: typer.Typer, ground: Callable[[], Ground], run: Callable[..., Any]) -> None:
    @app.command(name="replay")
    def replay(
        topic: str = typer.Option(..., "--topic", help="Without the broker's prefix, such as midlands.events."),
        from_: int = typer.Option(..., "--from", min=0, help="The first offset."),
        partition: int | None = typer.Option(None, "--partition", min=0, help="Only this partition."),
        consumer: str | None = typer.Option(None, "--consumer", help="Only to this consumer."),
        as_json: bool = typer.Option(False, "--json", help="JSON, for machines."),
    ) -> None:
        """Deliver a topic once more, up to where the service is. Nothing is applied, or told, a second time."""
        done: list[Replayed] = run(replay_topic(ground(), topic, from_, partition=partition, consumer=consumer))
        if as_json:
            print(orjson.dumps({"topic": topic, "from": from_, "consumers": [asdict(one) for one in done]}).decode())
        else:
            for one in done:
                print(f"{one.consumer}: {one.records} records, {one.applied} applied, {one.repeated} known already")
        sys.stdout.flush()


async def replay_topic(
    ground: Ground, topic: str, first: int, *, partition: int | None = None, consumer: str | None = None
) -> list[Replayed]:
    readers = [one for one in ground.consumers if topic in topics(ground, one)]
    if consumer is not None:
        readers = [one for one in readers if one is ground.consumer(consumer)]
    if not readers:
        known = sorted({name for one in ground.consumers for name in topics(ground, one)})
        raise NotKnown(f"nobody of {ground.name} reads the topic {topic!r}; read are: {', '.join(known)}")
    async with ground.database("replay", size=LANES + 2) as db:
        return [await _replay_to(ground, db, reader, topic, first, partition) for reader in readers]


def topics(ground: Ground, consumer: Consumer) -> list[str]:
    return [name for service, stream in consumer.streams for name in ground.cells.topics(service, stream)]


async def _replay_to(
    ground: Ground, db: Database, consumer: Consumer, topic: str, first: int, partition: int | None
) -> Replayed:
    async with db.pool.acquire() as conn:
        epoch = (await registry.active(conn, consumer.projection)).epoch
    prefix, bootstrap = ground.cells.prefix, ground.settings.kafka_bootstrap
    applied = await marks.applied(db, ground.name, consumer, epoch=epoch, prefix=prefix, bootstrap=bootstrap)
    upto = {
        place: mark
        for place, mark in applied.items()
        if place.topic == prefix + topic and partition in (None, place.partition)
    }
    applier = Applier(
        consumer=consumer, db=db, epoch=epoch, serves=ground.cells.serves, tell_from=ground.settings.tell_from
    )
    reading = Rereading(applier=applier, bootstrap=bootstrap, prefix=prefix, reached=_from(upto, first))
    try:
        await reading.read_up_to(upto)
    finally:
        await reading.close()
    return Replayed(consumer=consumer.name, records=reading.records, applied=applier.applied, repeated=applier.repeated)


def _from(upto: marks.Marks, first: int) -> dict[TopicPartition, int]:
    return dict.fromkeys(upto, first) if first else {}
