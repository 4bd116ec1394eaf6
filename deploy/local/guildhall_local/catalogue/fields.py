"""A JSON Schema as a reader takes it: one line a field, its type in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

WORDS = {
    "uuid": "id",
    "date": "day",
    "date-time": "instant",
    "binary": "file",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    name: str
    type: str
    required: bool
    about: str
    tag: str = ""
    """How sensitive it is, where that is said."""


def fields(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> list[Field]:
    """The fields of an object; those of objects inside it stand below theirs, by dotted names."""
    return list(_fields(schema, definitions, prefix="", tag="", depth=0))


def _fields(
    schema: Mapping[str, Any], definitions: Mapping[str, Any], *, prefix: str, tag: str, depth: int
) -> Iterator[Field]:
    for name, part in resolved(schema, definitions).get("properties", {}).items():
        own_tag = str(part.get("x-tag", tag))
        yield Field(
            name=prefix + name,
            type=in_words(part, definitions),
            required=name in schema.get("required", ()),
            about=_about(part, definitions),
            tag=own_tag,
        )
        inner = _object_in(part, definitions)
        if inner is not None and depth < 3:
            yield from _fields(inner, definitions, prefix=f"{prefix}{name}.", tag=own_tag, depth=depth + 1)


def in_words(part: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """Its type as somebody would say it: `id`, `list of text`, `day or nothing`."""
    part = resolved(part, definitions)
    choices = part.get("anyOf") or part.get("oneOf")
    if choices:
        return " or ".join(dict.fromkeys(in_words(choice, definitions) for choice in choices))
    if "const" in part:
        return f"“{part['const']}”"
    if "enum" in part:
        return "one of " + ", ".join(str(value) for value in part["enum"])
    kind = part.get("type", "anything")
    if kind == "array":
        return f"list of {in_words(part.get('items', {}), definitions)}"
    words = {"string": "text", "integer": "whole number", "boolean": "yes or no", "null": "nothing"}
    return WORDS.get(part.get("format", "")) or words.get(kind) or str(kind)


def resolved(part: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in part:
        part = definitions[part["$ref"].rpartition("/")[2]]
    return part


def _about(part: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    said = part.get("description") or resolved(part, definitions).get("description") or ""
    return " ".join(str(said).split())


def _object_in(part: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any] | None:
    part = resolved(part, definitions)
    if part.get("type") == "array":
        return _object_in(part.get("items", {}), definitions)
    for choice in part.get("anyOf", ()):
        found = _object_in(choice, definitions)
        if found is not None:
            return found
    return part if "properties" in part else None
