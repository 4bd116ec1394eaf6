"""Signals as a release to come would publish them: with fields, extensions and types that nobody knows yet."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aiokafka import AIOKafkaProducer

from guildhall_local.checker.records import Record
from servicekit.ids import new_id


def with_more_in_it(record: Record, **changed: Any) -> tuple[str, bytes, dict[str, Any]]:
    """The same state, one version on, from a release that says more: topic, key and document."""
    document = record.document
    version = document["data"]["version"] + 1
    data = {**document["data"], **changed, "version": version, "mood": "hopeful", "weather": {"wind": [1, 2]}}
    newer = {**document, "id": str(new_id()), "version": version, "data": data, "tenant": "somebody", "sampled": True}
    return record.topic, record.key or b"", newer


def of_a_type_to_come(record: Record, type_: str) -> tuple[str, bytes, dict[str, Any]]:
    """Under the same key, so that it stands in line with what is known."""
    data = {"version": 1, "what": "nobody knows"}
    document = {
        **record.document,
        "id": str(new_id()),
        "type": type_,
        "dataschema": f"urn:guildhall:schema:{type_}",
        "subject": str(new_id()),
        "version": 1,
        "data": data,
    }
    return record.topic, record.key or b"", document


async def send(bootstrap: str, signals: Sequence[tuple[str, bytes, Mapping[str, Any]]]) -> list[tuple[str, str]]:
    """In this order; topic and id of each."""
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all")
    await producer.start()
    try:
        for topic, key, document in signals:
            headers = [
                ("id", document["id"].encode()),
                ("type", document["type"].encode()),
                ("version", str(document["version"]).encode()),
                ("content-type", b"application/cloudevents+json"),
                ("shard", b"7"),
            ]
            await producer.send_and_wait(topic, json.dumps(document).encode(), key=key, headers=headers)
    finally:
        await producer.stop()
    return [(topic, document["id"]) for topic, _, document in signals]
