"""Whatever the API takes has an end, and takes nothing that it does not know: every body, path, query and header."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from house import ROOT

Schema = Mapping[str, Any]

REPORTS = "/api/v1/cells/{cell}/reports"
DAYS_OF_REPORTS = (
    *(f"GET {REPORTS}/{one}" for one in ("members query on", "active-members query on", "peers query on")),
    *(f"GET {REPORTS}/{one} query {end}" for one in ("coverage", "retention", "funnel") for end in ("from", "to")),
    *(f"POST {REPORTS}/exports body.parameters.{one}" for one in ("on", "from", "to")),
)
UNBOUNDED: dict[str, str] = {
    **dict.fromkeys(
        (f"{one}: a day without end" for one in DAYS_OF_REPORTS),
        "a report tells of no day ahead and of none too long ago, whatever asks for it: its own model refuses them",
    ),
    "POST /api/v1/agreements body.fields: takes unknown fields": (
        "its names are signal types, at most 50 of them; each is looked up, and refused where there is none"
    ),
    **dict.fromkeys(
        (
            "POST /api/v1/cells/{cell}/unsubscribe/{token} body: takes unknown fields",
            "POST /api/v1/cells/{cell}/preferences/confirm/{token} body: takes unknown fields",
        ),
        "mail programs post what they like besides; at most 4,096 bytes of it are read, and a page's own field counts",
    ),
    "POST /api/v1/imports body: a text without end": (
        "a file, which no schema of JSON describes; 10 MiB is its limit, and every row is read by its own rules"
    ),
}
"""What cannot say its bounds where everything else does, and what bounds it."""


def test_everything_that_is_sent_is_bounded_and_known() -> None:
    document = json.loads((ROOT / "docs" / "api" / "openapi.json").read_text())

    assert set(faults(document)) == set(UNBOUNDED)


@pytest.mark.parametrize(
    ("schema", "fault"),
    [
        ({"type": "string"}, "a: a text without end"),
        ({"type": "string", "description": "A name.", "default": ""}, "a: a text without end"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "a: a text without end"),
        ({"type": "string", "format": "date"}, "a: a day without end"),
        ({"type": "string", "format": "uri"}, "a: a text without end"),
        ({"type": "string", "pattern": "^[a-z]+$"}, "a: a text without end"),
        ({"type": "array", "items": {"type": "boolean"}}, "a: a list without end"),
        ({"type": "array", "maxItems": 3, "items": {"type": "string"}}, "a[]: a text without end"),
        ({"type": "array", "maxItems": 1, "prefixItems": [{"type": "integer"}]}, "a[]: a number without end"),
        ({"type": "integer", "minimum": 1}, "a: a number without end"),
        ({"type": "object", "properties": {}}, "a: takes unknown fields"),
        ({"type": "object", "additionalProperties": {"type": "boolean"}}, "a: takes unknown fields"),
        ({"$ref": "#/components/schemas/Open"}, "a: takes unknown fields"),
        ({}, "a: may be anything"),
    ],
)
def test_what_has_no_bound_is_found(schema: Schema, fault: str) -> None:
    whole = {"components": {"schemas": {"Open": {"type": "object"}}}}

    assert list(unbounded(schema, "a", whole)) == [fault]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "maxLength": 5},
        {"type": "string", "format": "uuid"},
        {"type": "string", "enum": ["a"]},
        {"type": "string", "pattern": "^[a-z]{1,40}$"},
        {"type": "integer", "minimum": 1, "maximum": 5},
        {"type": "array", "maxItems": 3, "items": {"type": "boolean"}},
        {"type": "object", "properties": {"b": {"const": 1}}, "additionalProperties": False},
        {"type": "object", "properties": {}, "additionalProperties": False, "oneOf": [{"required": ["b"]}]},
    ],
)
def test_what_has_one_is_not(schema: Schema) -> None:
    assert list(unbounded(schema, "a", {})) == []


def faults(document: Schema) -> Iterator[str]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for where, schema in _taken(operation):
                yield from unbounded(schema, f"{method.upper()} {path} {where}", document)


def _taken(operation: Schema) -> Iterator[tuple[str, Schema]]:
    for parameter in operation.get("parameters", ()):
        yield f"{parameter['in']} {parameter['name']}", parameter["schema"]
    for content in operation.get("requestBody", {}).get("content", {}).values():
        yield "body", content["schema"]


def unbounded(schema: Schema, where: str, document: Schema) -> Iterator[str]:
    """What has no end in it, and where."""
    if "$ref" in schema:
        named = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        yield from unbounded(named, where, document)
        return
    choices = [one for word in ("anyOf", "oneOf", "allOf") for one in schema.get(word, ())]
    for choice in choices:
        yield from unbounded(choice, where, document)
    match schema.get("type"):
        case "string" if schema.get("format") in {"date", "date-time"}:
            if not {"formatMinimum", "formatMaximum"} <= set(schema):
                yield f"{where}: a day without end"
        case "string" if not _ends(schema):
            yield f"{where}: a text without end"
        case "integer" | "number" if not {"minimum", "maximum"} <= set(schema) and "const" not in schema:
            yield f"{where}: a number without end"
        case "array":
            yield from _of_list(schema, where, document)
        case "object":
            yield from _of_object(schema, where, document)
        case None if not choices and not {"enum", "const", "required"} & set(schema):
            yield f"{where}: may be anything"


def _ends(text: Schema) -> bool:
    pattern = text.get("pattern", "")
    return (
        bool({"maxLength", "enum", "const"} & set(text))
        or text.get("format") == "uuid"
        or (pattern.startswith("^") and pattern.endswith("$") and not re.search(r"[*+]|,\}", pattern))
    )


def _of_list(schema: Schema, where: str, document: Schema) -> Iterator[str]:
    if "maxItems" not in schema:
        yield f"{where}: a list without end"
    for item in schema.get("prefixItems") or [schema["items"]]:
        yield from unbounded(item, f"{where}[]", document)


def _of_object(schema: Schema, where: str, document: Schema) -> Iterator[str]:
    more = schema.get("additionalProperties", True)
    if more is not False:
        yield f"{where}: takes unknown fields"
    if isinstance(more, Mapping):
        yield from unbounded(more, f"{where}.*", document)
    for name, part in schema.get("properties", {}).items():
        yield from unbounded(part, f"{where}.{name}", document)
