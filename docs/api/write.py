"""Write what Guildhall promises to programs, from the code that keeps it: openapi.json and asyncapi.json beside this.

python docs/api/write.py            writes both
python docs/api/write.py --check    says which is no longer true, and ends with 1
"""

import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import orjson

from servicekit import cells as cell_files
from servicekit.contract import GRANTS, PROFILES, Signal, tags
from servicekit.envelope import CONTENT_TYPE
from servicekit.process import Service
from servicekit.testing.contracts import schema_of
from servicekit.web.openapi import description

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SERVICES = ("membership", "events", "notifications", "analytics")
PRETTY = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE

ABOUT_HTTP = (
    "Everything is asked of the gateway. Errors are application/problem+json; lists are paged by a signed cursor; "
    "edits name the version that they edit. Who may do what stands in docs/rights.md."
)
ABOUT_SIGNALS = (
    "Facts that the services tell of, as CloudEvents 1.0 in structured JSON. A signal travels on the cell of the "
    "network that it belongs to; order is kept within one topic and key. Fields are added within a version and never "
    "changed: ignore what you do not know. Every field says how sensitive it is (x-tag)."
)
ENVELOPE = {
    "specversion": {"const": "1.0"},
    "id": {"type": "string", "format": "uuid", "description": "UUIDv7: the same each time that it is delivered."},
    "source": {"type": "string"},
    "subject": {"type": "string", "description": "What the signal describes."},
    "time": {"type": "string", "format": "date-time"},
    "datacontenttype": {"const": "application/json"},
    "dataschema": {"type": "string"},
    "network": {"type": "string", "description": "Path of the network that it belongs to, as it was when it was sent."},
    "version": {"type": "integer", "description": "The subject's: the highest seen is the truth."},
    "partitionkey": {"type": "string", "description": "The record's key: signals with one key keep their order."},
    "traceparent": {"type": "string"},
}
WHAT_TRAVELS = {
    "": "Facts; everything is kept, so that one can read from the first offset at any time.",
    PROFILES: "Names and addresses, compacted: the newest of each person, or that it is gone.",
    GRANTS: "All that a person holds, compacted: the newest record is the whole truth.",
}


def openapi() -> dict[str, Any]:
    """The four services' descriptions as one; each one's schemas under its name."""
    whole: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Guildhall", "version": "v1", "description": ABOUT_HTTP},
        "servers": [{"url": "/"}],
        "tags": [],
        "paths": {},
        "components": {"schemas": {}},
        "security": [{"token": []}],
    }
    for name in SERVICES:
        service = _service(name)
        described = _under_its_name(name, description(service.create_app(service.settings(service_profile="local"))))
        whole["paths"] |= {path: _by(name, operations) for path, operations in described["paths"].items()}
        whole["components"]["schemas"] |= described["components"]["schemas"]
        whole["components"]["securitySchemes"] = described["components"]["securitySchemes"]
        whole["tags"].append({"name": name})
    return whole


def _by(name: str, operations: dict[str, Any]) -> dict[str, Any]:
    return {method: operation | {"tags": [name]} for method, operation in operations.items()}


def _under_its_name(name: str, document: dict[str, Any]) -> dict[str, Any]:
    schemas = document["components"]["schemas"]
    renamed = {schema: schema if schema == "Problem" else f"{name}.{schema}" for schema in schemas}
    text = re.sub(
        r'"#/components/schemas/([^"]+)"',
        lambda found: f'"#/components/schemas/{renamed[found[1]]}"',
        orjson.dumps(document).decode(),
    )
    changed: dict[str, Any] = orjson.loads(text)
    changed["components"]["schemas"] = {
        renamed[schema]: content for schema, content in changed["components"]["schemas"].items()
    }
    return changed


def asyncapi() -> dict[str, Any]:
    """Every topic, what travels on it, who publishes it and who listens."""
    cells = cell_files.load(ROOT / "deploy/kafka/cells.toml")
    channels: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for topic, signals in sorted(_by_topic().items()):
        channels[topic] = {
            "address": f"{{cell}}.{topic}",
            "title": topic,
            "description": WHAT_TRAVELS[topic.partition(".")[2]],
            "parameters": {"cell": {"enum": list(cells.all), "description": "The national cell, or a region's."}},
            "messages": {signal.type: {"$ref": f"#/components/messages/{signal.type}"} for signal in signals},
            "bindings": {"kafka": {"partitions": cells.partitions[topic], "bindingVersion": "0.5.0"}},
        }
        messages |= {signal.type: _message(signal) for signal in signals}
    return {
        "asyncapi": "3.0.0",
        "id": "urn:guildhall:signals",
        "info": {"title": "Guildhall's signals", "version": "1.0.0", "description": ABOUT_SIGNALS},
        "defaultContentType": "application/cloudevents+json",
        "channels": channels,
        "operations": dict(_operations()),
        "components": {"messages": messages},
    }


def _message(signal: type[Signal]) -> dict[str, Any]:
    summary = " ".join((signal.__doc__ or signal.__name__).split("\n\n")[0].split())
    example = sorted((_contracts(signal) / "examples" / signal.type).glob("*.json"))[0]
    return {
        "name": signal.type,
        "title": signal.__name__,
        "summary": summary,
        "contentType": CONTENT_TYPE.partition(";")[0],
        "tags": [{"name": signal.service()}],
        "payload": {
            "type": "object",
            "required": ["specversion", "id", "source", "type", "subject", "time", "network", "version", "data"],
            "properties": ENVELOPE | {"type": {"const": signal.type}, "data": _tagged(signal)},
        },
        "examples": [{"name": example.stem, "payload": orjson.loads(example.read_bytes())}],
        "bindings": {"kafka": {"key": {"type": "string"}, "bindingVersion": "0.5.0"}},
    }


def _tagged(signal: type[Signal]) -> dict[str, Any]:
    """The schema of its data, with each field's tag; a part inside says its own in its own words."""
    schema = schema_of(signal)
    for name, tag in tags(signal):
        if name in schema["properties"] and tag is not None:
            schema["properties"][name]["x-tag"] = str(tag)
    return _without_references(schema)


def _without_references(schema: dict[str, Any]) -> dict[str, Any]:
    """Definitions written where they are used: a reference would point outside of the message."""
    definitions = schema.pop("$defs", {})

    def written(part: Any) -> Any:
        if isinstance(part, dict):
            if "$ref" in part:
                beside = {name: written(inner) for name, inner in part.items() if name != "$ref"}
                return written(definitions[part["$ref"].rpartition("/")[2]]) | beside
            return {name: written(inner) for name, inner in part.items()}
        return [written(inner) for inner in part] if isinstance(part, list) else part

    result: dict[str, Any] = written(schema)
    return result


def _operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for topic, signals in sorted(_by_topic().items()):
        publisher = topic.partition(".")[0]
        yield f"{publisher} publishes {topic}", _operation("send", topic, [signal.type for signal in signals])
    for name in SERVICES:
        heard: dict[str, set[str]] = defaultdict(set)
        for consumer in _service(name).consumers:
            for subscription in consumer.subscriptions:
                heard[_topic(subscription.signal)].add(subscription.signal.type)
        for topic, types in sorted(heard.items()):
            yield f"{name} listens to {topic}", _operation("receive", topic, sorted(types))


def _operation(action: str, topic: str, types: list[str]) -> dict[str, Any]:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{topic}"},
        "messages": [{"$ref": f"#/channels/{topic}/messages/{kind}"} for kind in types],
    }


def _by_topic() -> dict[str, list[type[Signal]]]:
    found: dict[str, list[type[Signal]]] = defaultdict(list)
    for name in SERVICES:
        for signal in import_module(f"{name}_contracts").SIGNALS:
            found[_topic(signal)].append(signal)
    return found


def _topic(signal: type[Signal]) -> str:
    return f"{signal.service()}.{signal.stream}" if signal.stream else signal.service()


def _contracts(signal: type[Signal]) -> Path:
    return ROOT / "services" / signal.service() / "contracts"


def _service(name: str) -> Service[Any]:
    found: Service[Any] = import_module(f"{name}_service.__main__").SERVICE
    return found


def main(arguments: list[str]) -> int:
    made = {"openapi.json": openapi(), "asyncapi.json": asyncapi()}
    stale = []
    for name, document in made.items():
        content = orjson.dumps(document, option=PRETTY)
        file = HERE / name
        if not file.exists() or file.read_bytes() != content:
            stale.append(name)
            if "--check" not in arguments:
                file.write_bytes(content)
    print(", ".join(stale) or "nothing", "to write" if "--check" in arguments else "written")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
