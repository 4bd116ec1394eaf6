"""Bad values made from a schema of JSON: of each part one of another kind, and one beyond each bound that it names."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from servicekit.ids import new_id

STRANGE = "strange_field"

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Spoilt:
    """A value that fits but for one thing."""

    what: str
    field: str
    """Where that is, as a refusal names it, such as `.rule.networks[0]`; empty where it is the whole."""
    value: Any


@dataclass(frozen=True, slots=True)
class Schemas:
    """A document's schemas by name, and values that lead to something, by the name of the field."""

    named: Mapping[str, Schema]
    known: Mapping[str, str]

    def shapes(self, schema: Schema) -> Iterator[Schema]:
        """Every shape that it can have, null left out."""
        if "$ref" in schema:
            yield from self.shapes(self.named[schema["$ref"].rpartition("/")[2]])
            return
        choices = schema.get("anyOf") or schema.get("oneOf")
        if choices is None:
            yield schema
            return
        if "properties" in schema:
            yield from ({**schema, "oneOf": None, "required": choice["required"]} for choice in choices)
            return
        for choice in choices:
            yield from (shape for shape in self.shapes(choice) if shape.get("type") != "null")

    def sample(self, schema: Schema, name: str = "") -> Any:
        """The least that fits."""
        shape = next(self.shapes(schema))
        if "const" in shape:
            return shape["const"]
        match shape.get("type"):
            case "object":
                parts = shape.get("properties", {})
                return {part: self.sample(parts[part], part) for part in shape.get("required", ())}
            case "array":
                items = shape.get("prefixItems") or [shape["items"]] * shape.get("minItems", 0)
                return [self.sample(item, name) for item in items]
            case "string":
                return self._text(shape, name)
            case "boolean":
                return False
            case _:
                return int(shape["minimum"])

    def _text(self, shape: Schema, name: str) -> str:
        if name in self.known:
            return self.known[name]
        if "enum" in shape:
            return str(shape["enum"][0])
        by_format = {"uuid": str(new_id()), "date": "2026-11-02", "date-time": "2026-11-02T09:00:00Z"}
        return by_format.get(shape.get("format", "")) or "a" * max(2, shape.get("minLength", 0))

    def spoilt(self, schema: Schema, name: str = "") -> Iterator[Spoilt]:
        """Every bad value, one thing wrong in each."""
        for shape in self.shapes(schema):
            yield Spoilt("another type", "", _of_another_type(shape))
            match shape.get("type"):
                case "object":
                    yield from self._spoilt_object(shape)
                case "array":
                    yield from self._spoilt_list(shape, name)
                case _:
                    yield from beyond(shape)

    def _spoilt_object(self, shape: Schema) -> Iterator[Spoilt]:
        whole = self.sample(shape)
        if not isinstance(shape.get("additionalProperties"), Mapping):
            yield Spoilt("an unknown field", f".{STRANGE}", whole | {STRANGE: 1})
        for name, part in shape.get("properties", {}).items():
            for one in self.spoilt(part, name):
                yield Spoilt(one.what, f".{name}{one.field}", whole | {name: one.value})

    def _spoilt_list(self, shape: Schema, name: str) -> Iterator[Spoilt]:
        items = shape.get("prefixItems") or [shape["items"]]
        yield Spoilt("too many", "", [self.sample(items[0], name)] * (shape["maxItems"] + 1))
        for one in self.spoilt(items[0], name):
            rest = [self.sample(item, name) for item in items[1:]]
            yield Spoilt(one.what, f"[0]{one.field}", [one.value, *rest])


def beyond(shape: Schema) -> Iterator[Spoilt]:
    """A text or a number that its type allows and its bounds do not."""
    if shape.get("format") or "enum" in shape:
        yield Spoilt(f"no {shape.get('format', 'word of the list')}", "", "nothing")
    for bound, day in (("formatMinimum", "0001-01-01"), ("formatMaximum", "9999-12-31")):
        if bound in shape:
            yield Spoilt("the calendar's edge", "", day + shape[bound][len(day) :])
    if "pattern" in shape:
        yield Spoilt("another pattern", "", next(one for one in "? \x07" if not re.search(shape["pattern"], one)))
    if "maxLength" in shape:
        yield Spoilt("too long", "", "a" * (shape["maxLength"] + 1))
    if shape.get("minLength"):
        yield Spoilt("too short", "", "a" * (shape["minLength"] - 1))
    if "maximum" in shape:
        yield Spoilt("too much", "", int(shape["maximum"]) + 1)
        yield Spoilt("more than a database can count", "", 10**30)
    if "minimum" in shape:
        yield Spoilt("too little", "", int(shape["minimum"]) - 1)


def _of_another_type(shape: Schema) -> Any:
    match shape.get("type"):
        case "string" | "object":
            return ["a list"]
        case "array":
            return {}
        case _:
            return "many"
