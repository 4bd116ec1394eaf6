"""Additive changes only within a major version: either release understands what the other writes."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import jsoncompat
import orjson

Document = dict[str, Any]


def breaking_changes(old: Document, new: Document) -> list[str]:
    """What in the new JSON Schema breaks readers or writers of the old one, in sentences; empty where nothing.

    Forward: a consumer built on `old` reads what `new` writes. Backward: the other way round.
    """
    found = [*_missing(old, new), *_newly_required(old, new)]
    if not _compatible(_closed(old), new, "deserializer"):
        found.append("backward: a consumer of this release cannot read everything that the old one wrote")
    if not _compatible(old, _closed(new), "serializer"):
        found.append("forward: a consumer of the old release cannot read everything that this one writes")
    return found


def changes_since(folder: Path, base: str) -> list[str]:
    """Breaking changes of `schemas/` and edits of `examples/` in a contracts folder since a commit, by file.

    base: what git calls the commit, such as `origin/main`. Raises ValueError where git does not know it.
    """
    found = []
    for name in _names_at(folder, base, "schemas"):
        path = folder / name
        if not path.exists():
            found.append(f"{name}: taken away; a type stays until its last subscriber has left")
            continue
        changes = breaking_changes(orjson.loads(_at(folder, base, name)), orjson.loads(path.read_bytes()))
        found += [f"{name}: {change}" for change in changes]
    for name in _names_at(folder, base, "examples"):
        path = folder / name
        if not path.exists() or path.read_bytes() != _at(folder, base, name):
            found.append(f"{name}: golden examples are added to, never edited")
    return found


def _missing(old: Document, new: Document) -> list[str]:
    known = _fields(new)
    return [f"field {name} was taken away" for name in _fields(old) if name not in known]


def _newly_required(old: Document, new: Document) -> list[str]:
    before = _fields(old)
    return [
        f"field {name} is new and required: give it a default"
        for name, required in _fields(new).items()
        if required and name not in before
    ]


def _fields(document: Document) -> dict[str, bool]:
    """Dotted names of all fields, those of parts included, and whether they are required."""
    return dict(_walk(document, document.get("$defs", {}), "", frozenset()))


def _walk(
    schema: Document, parts: Document, prefix: str, inside: frozenset[str]
) -> Iterator[tuple[str, bool]]:
    reference = schema.get("$ref")
    if reference is not None:
        if reference not in inside:
            yield from _walk(parts[reference.rsplit("/", 1)[-1]], parts, prefix, inside | {reference})
        return
    for name, field in schema.get("properties", {}).items():
        yield prefix + name, name in schema.get("required", [])
        yield from _walk(field, parts, f"{prefix}{name}.", inside)
    for inner in [
        *schema.get("anyOf", []),
        *schema.get("oneOf", []),
        schema.get("items"),
        schema.get("additionalProperties"),
    ]:
        if isinstance(inner, dict):
            yield from _walk(inner, parts, prefix, inside)


def _compatible(old: Document, new: Document, role: Literal["serializer", "deserializer"]) -> bool:
    """Schemas that the checker does not understand count as incompatible."""
    try:
        return jsoncompat.check_compat(orjson.dumps(old).decode(), orjson.dumps(new).decode(), role)
    except ValueError:
        return False


def _closed(schema: Any) -> Any:
    """The schema of what its own release writes: no field that it does not name."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        closed["additionalProperties"] = False
    return closed


def _names_at(folder: Path, base: str, below: str) -> list[str]:
    listed = _git(folder, "ls-tree", "-r", "--name-only", base, f"{below}/").decode()
    return [name for name in listed.splitlines() if name.endswith(".json")]


def _at(folder: Path, base: str, name: str) -> bytes:
    return _git(folder, "show", f"{base}:./{name}")


def _git(folder: Path, *arguments: str) -> bytes:
    done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=False)
    if done.returncode != 0:
        raise ValueError(done.stderr.decode().strip())
    return done.stdout
