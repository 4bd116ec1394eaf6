"""What is wrong with a request, field by field, in words that a person can act on."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import orjson

from servicekit.problem import Invalid

LONGEST_ECHO = 80
NAMED_IN_DETAIL = 5

KnownFields = Callable[[tuple[str | int, ...]], list[str]]
"""The location of an unknown field to the names that are known there."""

_DAY = "expected a day such as 2027-01-31"
_INSTANT = "expected an instant with its offset, such as 2027-01-31T18:00:00Z"
_WALL_TIME = "expected a time on the wall, without an offset, such as 2027-01-31T18:00"
_WORDS = {
    "missing": "is required",
    "json_invalid": "is not JSON",
    "uuid_parsing": "expected an id such as 0190b3a0-7c1e-7000-8000-000000000001",
    "uuid_type": "expected an id such as 0190b3a0-7c1e-7000-8000-000000000001",
    "date_parsing": _DAY,
    "date_type": _DAY,
    "date_from_datetime_parsing": _DAY,
    "date_from_datetime_inexact": _DAY,
    "datetime_parsing": _INSTANT,
    "datetime_type": _INSTANT,
    "datetime_from_date_parsing": _INSTANT,
    "timezone_aware": _INSTANT,
    "timezone_naive": _WALL_TIME,
    "int_parsing": "expected a whole number",
    "int_type": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_parsing": "expected a number",
    "float_type": "expected a number",
    "bool_parsing": "expected true or false",
    "bool_type": "expected true or false",
    "string_type": "expected text",
    "string_too_short": "expected at least {min_length} characters",
    "string_too_long": "expected at most {max_length} characters",
    "string_pattern_mismatch": "does not have the expected form",
    "greater_than": "expected more than {gt}",
    "greater_than_equal": "expected {ge} or more",
    "less_than": "expected less than {lt}",
    "less_than_equal": "expected {le} or less",
    "enum": "expected one of {expected}",
    "literal_error": "expected one of {expected}",
    "union_tag_invalid": "expected one of {expected_tags}",
    "union_tag_not_found": "is required",
    "list_type": "expected a list",
    "set_type": "expected a list",
    "tuple_type": "expected a list",
    "too_short": "expected at least {min_length} of them",
    "too_long": "expected at most {max_length} of them",
    "dict_type": "expected an object",
    "model_type": "expected an object",
    "model_attributes_type": "expected an object; is its Content-Type application/json?",
    "value_error": "{error}",
}


def invalid(errors: Sequence[Any], body: Any, known: KnownFields) -> Invalid:
    """One refusal for all mistakes of a request, as pydantic found them."""
    every = [_told(error, body, known) for error in errors]
    # A body that a rule reads as well as the route is validated for each of them.
    told = [one for place, one in enumerate(every) if one not in every[:place]]
    first = [
        one["message"] if one["message"].startswith("unknown field") else f"{one['field']}: {one['message']}"
        for one in told[:NAMED_IN_DETAIL]
    ]
    more = len(told) - len(first)
    detail = "; ".join(first) + (f"; and {more} more" if more else "")
    return Invalid(detail, errors=told)


def unknown(name: str, known: Sequence[str]) -> str:
    """What is said of a field or parameter that does not exist, and which do."""
    return f'unknown field "{_cut(name)}"; known: {", ".join(known) or "none"}'


def _told(error: Mapping[str, Any], body: Any, known: KnownFields) -> dict[str, Any]:
    where, *steps = error["loc"]
    path = list(_typed_by_the_user(steps, body)) if where == "body" else steps
    path += _deciding(error)
    told: dict[str, Any] = {"field": _dotted(path) or str(where), "message": _message(error, known)}
    if error["type"] not in {"missing", "json_invalid"} and (echo := _echo(error.get("input"))) is not None:
        told["value"] = echo
    return told


def _deciding(error: Mapping[str, Any]) -> list[str | int]:
    """The field that says which of several forms this is, where that is what is wrong."""
    return [str(error["ctx"]["discriminator"]).strip("'")] if error["type"].startswith("union_tag_") else []


def _message(error: Mapping[str, Any], known: KnownFields) -> str:
    location = tuple(error["loc"])
    if error["type"] == "extra_forbidden":
        return unknown(str(location[-1]), known(location))
    context = {key: str(value) for key, value in (error.get("ctx") or {}).items()}
    words = _WORDS.get(error["type"])
    return words.format_map(context) if words else str(error["msg"])


def _typed_by_the_user(steps: Iterable[str | int], body: Any) -> Iterable[str | int]:
    """Leave out the steps that name a class of ours (unions), not something in the body."""
    steps = list(steps)
    for place, step in enumerate(steps):
        last = place == len(steps) - 1
        in_list = isinstance(body, list) and isinstance(step, int) and step < len(body)
        if in_list or (isinstance(body, dict) and step in body):
            body = body[step]
        elif not (last and isinstance(body, dict)):
            continue
        yield step


def _dotted(steps: Iterable[str | int]) -> str:
    text = ""
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return _cut(text)


def _echo(value: Any) -> str | None:
    """What was given, at most 80 characters of it; nothing of objects and lists."""
    if isinstance(value, str):
        return _cut(value)
    if isinstance(value, bool | int | float):
        return _cut(orjson.dumps(value).decode() if abs(value) < 2**53 else str(value))
    return None


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_ECHO else text[: LONGEST_ECHO - 3] + "..."
