"""The signals of an AsyncAPI document: who owns each, where it travels, what it says, who listens."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from guildhall_local.catalogue.fields import Field, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalType:
    type: str
    owner: str
    topic: str
    about: str
    fields: list[Field]
    example: str
    schema: str


def signals(document: Mapping[str, Any]) -> list[SignalType]:
    """In the order of their types."""
    topics = {kind: name for name, channel in document["channels"].items() for kind in channel["messages"]}
    return [
        _signal(kind, message, topics[kind]) for kind, message in sorted(document["components"]["messages"].items())
    ]


def _signal(kind: str, message: Mapping[str, Any], topic: str) -> SignalType:
    data = message["payload"]["properties"]["data"]
    return SignalType(
        type=kind,
        owner=message["tags"][0]["name"],
        topic=f"<cell>.{topic}",
        about=message["summary"],
        fields=fields(data, {}),
        example=json.dumps(message["examples"][0]["payload"], indent=2, ensure_ascii=False),
        schema=json.dumps(data, indent=2, ensure_ascii=False),
    )


def listeners(document: Mapping[str, Any]) -> Mapping[str, list[str]]:
    """The services that listen to a type."""
    heard: dict[str, list[str]] = defaultdict(list)
    for name, operation in sorted(document["operations"].items()):
        if operation["action"] == "receive":
            for message in operation["messages"]:
                heard[message["$ref"].rpartition("/")[2]].append(name.partition(" ")[0])
    return heard
