"""A publisher's promises stand as files beside its models: golden examples and schemas."""

import importlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from pydantic import ValidationError

from servicekit.contract import Signal, catalogue
from servicekit.envelope import Envelope, Origin, decode, encode
from servicekit.testing.samples import INSTANT, sample, sample_id

PRETTY = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE


def check_contracts(folder: Path, signals: Sequence[type[Signal]]) -> None:
    """AssertionError, listing every fault, where the files of a contracts folder and its models disagree.

    folder: holds `schemas/<type>.json` (of `data`) and `examples/<type>/*.json` (whole CloudEvents).
    """
    types = catalogue(signals)
    faults = [
        fault for signal in signals for fault in (*_schema_faults(folder, signal), *_example_faults(folder, signal))
    ]
    known = set(types)
    strange = {path.stem for path in (folder / "schemas").glob("*.json")} - known
    strange |= {path.name for path in (folder / "examples").glob("*")} - known
    faults += [f"{name}: there is no such signal" for name in sorted(strange)]
    assert not faults, "\n".join(faults)


def schema_of(signal: type[Signal]) -> dict[str, Any]:
    """The JSON Schema of the signal's `data`, as a reader takes it."""
    return signal.model_json_schema(mode="validation")


def write(package: str) -> list[Path]:
    """Write the schemas of a package's SIGNALS, and a first example where none is; returns the files."""
    module = importlib.import_module(package)
    assert module.__file__ is not None
    folder = Path(module.__file__).parent.parent
    signals: Sequence[type[Signal]] = module.SIGNALS
    return [path for signal in signals for path in _written(folder, signal)]


def _written(folder: Path, signal: type[Signal]) -> Iterator[Path]:
    schema = folder / "schemas" / f"{signal.type}.json"
    schema.parent.mkdir(parents=True, exist_ok=True)
    content = orjson.dumps(schema_of(signal), option=PRETTY)
    if not schema.exists() or schema.read_bytes() != content:
        schema.write_bytes(content)
        yield schema
    examples = folder / "examples" / signal.type
    if not list(examples.glob("*.json")):
        examples.mkdir(parents=True, exist_ok=True)
        body = encode(
            _drafted(signal),
            id=sample_id(signal.type),
            time=INSTANT,
            origin=Origin("midlands", "national.midlands"),
        )
        path = examples / "first.json"
        path.write_bytes(orjson.dumps(orjson.loads(body), option=PRETTY))
        yield path


def _drafted(signal: type[Signal]) -> Signal:
    drafted = sample(signal)
    assert isinstance(drafted, Signal)
    return drafted


def _schema_faults(folder: Path, signal: type[Signal]) -> Iterator[str]:
    path = folder / "schemas" / f"{signal.type}.json"
    if not path.exists():
        yield f"{signal.type}: no committed schema {path.name}"
    elif orjson.loads(path.read_bytes()) != schema_of(signal):
        yield f"{signal.type}: the committed schema is not the model's; write it anew, and read the change"


def _example_faults(folder: Path, signal: type[Signal]) -> Iterator[str]:
    paths = sorted((folder / "examples" / signal.type).glob("*.json"))
    if not paths:
        yield f"{signal.type}: no golden example"
    complete = False
    for path in paths:
        try:
            complete |= _check_example(path.read_bytes(), signal)
        except (AssertionError, ValueError, ValidationError) as error:
            yield f"{signal.type}/{path.name}: {error}"
    if paths and not complete:
        yield f"{signal.type}: no example shows every field of the model; add one"


def _check_example(body: bytes, signal: type[Signal]) -> bool:
    """Whether the example shows every field; AssertionError or ValueError where it is wrong."""
    envelope = decode(body)
    assert envelope.type == signal.type, f"its type is {envelope.type}"
    data = signal.model_validate(envelope.data)
    again = encode(
        data,
        id=envelope.id,
        time=envelope.time,
        origin=Origin("", envelope.network),
        traceparent=envelope.traceparent,
    )
    given, made = orjson.loads(body), orjson.loads(again)
    _assert_told(given, made, "")
    _check_with_sdk(body, envelope)
    return bool(given == made)


def _assert_told(given: Any, made: Any, at: str) -> None:
    """Everything in an example is still said; fields added since may be beside it."""
    if isinstance(given, dict) and isinstance(made, dict):
        for key, value in given.items():
            assert key in made, f"{at}{key} is not said by the model any more"
            _assert_told(value, made[key], f"{at}{key}.")
    elif isinstance(given, list) and isinstance(made, list) and len(given) == len(made):
        for place, (value, other) in enumerate(zip(given, made, strict=True)):
            _assert_told(value, other, f"{at}{place}.")
    else:
        assert given == made, f"{at.rstrip('.')} is {given!r}, the model makes it {made!r}"


def _check_with_sdk(body: bytes, envelope: Envelope) -> None:
    """The CloudEvents project's own SDK reads what we write, and we read what it writes."""
    format_ = JSONFormat()
    event = format_.read(CloudEvent, body)
    expected = {key: value for key, value in orjson.loads(body).items() if key != "data"}
    assert event.get_attributes() == expected | {"time": envelope.time}, "the SDK reads other attributes"
    assert event.get_data() == envelope.data, "the SDK reads other data"
    assert decode(format_.write(event)) == envelope, "the SDK writes it in another way"


def main(arguments: Sequence[str]) -> None:
    """`python -m servicekit.testing.contracts write <package>`"""
    match arguments:
        case ["write", package]:
            for path in write(package):
                print(path)
        case _:
            raise SystemExit("write <package>")


if __name__ == "__main__":
    main(sys.argv[1:])
