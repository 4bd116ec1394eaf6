"""A plain value for every field of a signal: the first draft of a golden example."""

import enum
import types
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, Union, get_args, get_origin
from uuid import UUID, uuid5

from pydantic import AwareDatetime, BaseModel

NAMESPACE = UUID("0190b3a0-7c1e-7000-8000-000000000001")
INSTANT = datetime(2027, 1, 31, 18, 0, tzinfo=UTC)

_PLAIN: Mapping[Any, Any] = {
    int: 1,
    float: 0.5,
    bool: True,
    date: INSTANT.date(),
    datetime: INSTANT,
    AwareDatetime: INSTANT,
    bytes: b"",
    Any: {},
}


def sample_id(name: str) -> UUID:
    return uuid5(NAMESPACE, name)


def sample(model: type[BaseModel]) -> BaseModel:
    """The model with every field filled. Raises ValidationError where a rule of its own refuses a value."""
    values = {field.alias or name: _value(name, field.annotation) for name, field in model.model_fields.items()}
    return model.model_validate(values)


def _value(name: str, annotation: Any) -> Any:
    arguments = get_args(annotation)
    match get_origin(annotation):
        case origin if origin is Annotated:
            return _value(name, arguments[0])
        case origin if origin is Literal:
            return arguments[0]
        case origin if origin in {Union, types.UnionType}:
            return _value(name, next(one for one in arguments if one is not type(None)))
        case origin if origin is dict:
            return {str(_value(name, arguments[0])): _value(name, arguments[1])}
        case origin if origin in {list, set, frozenset, tuple}:
            return [_value(name, arguments[0])]
    return _of_type(name, annotation)


def _of_type(name: str, annotation: Any) -> Any:
    if annotation is UUID:
        return sample_id(name)
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return sample(annotation)
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        return next(iter(annotation))
    return name
