"""The operations of an OpenAPI document, by the service that answers them."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from guildhall_local.catalogue.fields import Field, fields, in_words, resolved

COMMON = {"Guildhall-After", "Idempotency-Key"}
"""Said once for all operations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    id: str
    method: str
    path: str
    summary: str
    about: str
    public: bool
    parameters: list[Field]
    body: list[Field]
    answer: list[Field]
    status: str
    """Of an answer that says yes."""


def operations(document: Mapping[str, Any]) -> Mapping[str, list[Operation]]:
    """In the document's order."""
    found: dict[str, list[Operation]] = defaultdict(list)
    definitions = document["components"]["schemas"]
    for path, by_method in document["paths"].items():
        for method, operation in by_method.items():
            found[operation["tags"][0]].append(_operation(method, path, operation, definitions))
    return found


def _operation(method: str, path: str, operation: Mapping[str, Any], definitions: Mapping[str, Any]) -> Operation:
    status, answer = next((at, one) for at, one in operation["responses"].items() if at.startswith("2"))
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        about=" ".join(operation.get("description", "").split()),
        public=operation.get("security") == [],
        parameters=[
            Field(
                name=parameter["name"],
                type=in_words(parameter["schema"], definitions),
                required=parameter.get("required", False),
                about=parameter.get("description", f"In the {parameter['in']}."),
            )
            for parameter in operation.get("parameters", ())
            if parameter["name"] not in COMMON
        ],
        body=_fields(operation.get("requestBody", {}), definitions),
        answer=_fields(answer, definitions),
        status=status,
    )


def _fields(part: Mapping[str, Any], definitions: Mapping[str, Any]) -> list[Field]:
    schema = part.get("content", {}).get("application/json", {}).get("schema")
    if not schema:
        return []
    # A body that may be left out is a choice between itself and nothing.
    choices = [choice for choice in schema.get("anyOf", [schema]) if choice.get("type") != "null"]
    return fields(resolved(choices[0], definitions), definitions)
