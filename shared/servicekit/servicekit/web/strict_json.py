"""What counts as a JSON body here: one meaning for every reader, bounded, and storable as text."""

import json
import math
from collections.abc import Iterable
from itertools import chain
from typing import Any

from servicekit.problem import Invalid, Problem

DEEPEST = 32
MOST_BRACKETS = 50_000
"""Opening ones. A mebibyte of nothing else would cost half a second to look at."""


class NotJson(Problem):
    status = 400
    code = "not-json"
    title = "The body is not JSON"


class AmbiguousJson(Invalid):
    code = "ambiguous-json"
    title = "The body is JSON that cannot be taken"


def check(body: bytes) -> None:
    """Raises NotJson (400) where it is not JSON, AmbiguousJson (422) where readers could differ about it."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotJson(f"byte {error.start} of the body is not UTF-8") from None
    if text.count("[") + text.count("{") > MOST_BRACKETS:
        raise AmbiguousJson(f"the body has more than {MOST_BRACKETS:,} lists and objects")
    try:
        value = json.loads(text, object_pairs_hook=_each_key_once, parse_constant=_no_constant, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise NotJson(f"line {error.lineno}, column {error.colno}: {error.msg}") from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError:
        # The only other one: Python converts no integer of more digits.
        raise AmbiguousJson("a number has more than 4,300 digits") from None
    _check_values(value)


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise AmbiguousJson(f'the field "{_printable(_first_repeated(pairs))}" is given twice')
    return found


def _first_repeated(pairs: list[tuple[str, Any]]) -> str:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            return key
        seen.add(key)
    raise AssertionError("no field is repeated")


def _no_constant(name: str) -> Any:
    raise AmbiguousJson(f"{name} is not a number in JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise AmbiguousJson("a number is too large")
    return number


def _check_values(value: Any) -> None:
    """Bound the depth, and refuse text that no database can keep."""
    level: list[Any] = [value]
    depth = 0
    while level:
        for item in level:
            if isinstance(item, str):
                _check_text(item)
        containers = [item for item in level if isinstance(item, dict | list)]
        depth += bool(containers)
        if depth > DEEPEST:
            raise _too_deep()
        level = [inner for container in containers for inner in _inside(container)]


def _inside(container: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return chain(container, container.values()) if isinstance(container, dict) else container


def _check_text(text: str) -> None:
    if "\0" in text:
        raise AmbiguousJson("a text holds the character U+0000")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise AmbiguousJson("a text holds half of a surrogate pair") from None


def _too_deep() -> AmbiguousJson:
    return AmbiguousJson(f"the body is nested more than {DEEPEST} levels deep")


def _printable(key: str) -> str:
    return "".join(char if char.isprintable() else "?" for char in key[:80])
