"""Additive changes only within a major version: either release understands what the other writes."""

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import jsoncompat
import orjson

Document = dict[str, Any]


def breaking_changes(old: Document, new: Document) -> list[str]:
    """What in the new JSON Schema breaks readers or writers of the old one, in sentences; may be empty.

    Forward: a consumer built on `old` reads what `new` writes. Backward: the other way round.
    """
    found = [*_missing(old, new), *_newly_required(old, new)]
    if not _compatible(_closed(old), new, "deserializer"):
        found.append("backward: a consumer of this release cannot read everything that the old one wrote")
    if not _compatible(old, _closed(new), "serializer"):
        found.append("forward: a consumer of the old release cannot read everything that this one writes")
    return found


def changes_since(folder: Path, before: Mapping[str, bytes]) -> list[str]:
    """Breaking changes of `schemas/` and edits of `examples/` in a contracts folder, by file.

    before: the files as they were, by their name in the folder (`files_at` a commit).
    """
    found = []
    for name, content in sorted(before.items()):
        path = folder / name
        if name.startswith("examples/"):
            if not path.exists() or path.read_bytes() != content:
                found.append(f"{name}: golden examples are added to, never edited")
        elif not path.exists():
            found.append(f"{name}: taken away; a type stays until its last subscriber has left")
        else:
            changes = breaking_changes(orjson.loads(content), orjson.loads(path.read_bytes()))
            found += [f"{name}: {change}" for change in changes]
    return found


def files_at(folder: Path, commit: str) -> dict[str, bytes]:
    """Schemas and examples of a contracts folder as git has them at a commit, such as `origin/main`.

    Raises ValueError where git is not there, or does not know the commit.
    """
    listed = _git(folder, "ls-tree", "-r", "--name-only", commit, "schemas/", "examples/").decode()
    names = [name for name in listed.splitlines() if name.endswith(".json")]
    return {name: _git(folder, "show", f"{commit}:./{name}") for name in names}


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


def _walk(schema: Document, parts: Document, prefix: str, inside: frozenset[str]) -> Iterator[tuple[str, bool]]:
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


def _git(folder: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=True)
    except FileNotFoundError:
        raise ValueError("git is not there") from None
    except subprocess.CalledProcessError as error:
        raise ValueError(error.stderr.decode().strip()) from None
    return done.stdout
