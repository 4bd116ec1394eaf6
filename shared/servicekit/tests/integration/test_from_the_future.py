"""A newer release may publish fields and types that nobody here knows: they pass through, and hold nobody up."""

from typing import Any
from uuid import UUID

import orjson
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from notes_service import NOTES, NoteWritten
from notes_stack import MIDLANDS, TOPIC, Stack, has

from servicekit import clock
from servicekit.consumers.rebuild import Rebuild
from servicekit.envelope import encode
from servicekit.ids import new_id
from servicekit.testing import eventually


def a_signal(note: UUID, **changed: Any) -> dict[str, Any]:
    signal = NoteWritten(version=1, note_id=note, text="known")
    document: dict[str, Any] = orjson.loads(encode(signal, id=new_id(), time=clock.now(), origin=MIDLANDS))
    return document | changed


async def send(stack: Stack, *documents: dict[str, Any]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=stack.kafka)
    await producer.start()
    try:
        for document in documents:
            await producer.send_and_wait(
                stack.cells.prefix + TOPIC,
                orjson.dumps(document),
                key=document["partitionkey"].encode(),
                headers=[("a-header-of-tomorrow", b"1")],
            )
    finally:
        await producer.stop()


async def test_fields_and_types_that_nobody_knows_yet_pass_through(stack: Stack) -> None:
    note, last = new_id(), new_id()
    known = a_signal(note)
    with_new_fields = a_signal(
        note, hue="green", data=known["data"] | {"text": "with new fields", "mood": {"deep": [1, {"deeper": None}]}}
    )
    of_a_new_type = a_signal(note, type="guildhall.notes.note-sung.v1", data={"melody": ["c", "e"]})
    of_a_new_version = a_signal(note, type="guildhall.notes.note-written.v2", data={"note_id": 7})
    of_a_new_publisher = a_signal(note, type="guildhall.choir.choir-founded.v1", data={})
    consumption = await stack.consume()

    await send(stack, known, with_new_fields, of_a_new_type, of_a_new_version, of_a_new_publisher, a_signal(last))

    await eventually(lambda: has(stack, last, 1))
    assert await stack.texts(note) == ["known", "with new fields"]
    async with stack.db.transaction() as conn:
        assert await conn.fetchval("SELECT count(*) FROM servicekit.inbox") == 6
        assert await conn.fetchval("SELECT count(*) FROM servicekit.parked") == 0
        assert await conn.fetchval("SELECT count(*) FROM told") == 3
    await eventually(lambda: offset_is(stack, consumption.group, 6))

    rebuilt = await Rebuild(
        service="notes", consumers=[NOTES], cells=stack.cells, bootstrap=stack.kafka, db=stack.db
    ).run()
    assert rebuilt.records == 6
    assert await stack.texts(note) == ["known", "with new fields"]


async def offset_is(stack: Stack, group: str, offset: int) -> bool:
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka)
    await admin.start()
    try:
        offsets = await admin.list_consumer_group_offsets(group)
    finally:
        await admin.close()
    known = offsets.get(TopicPartition(stack.cells.prefix + TOPIC, 0))
    return known is not None and known.offset == offset
