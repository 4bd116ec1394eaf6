"""An API's description as it really answers: what the chassis does around every route is said of every route."""

from copy import deepcopy
from typing import Any, cast

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from servicekit.web.after import LONGEST, PATTERN
from servicekit.web.bodies import KEY
from servicekit.web.etags import TAG
from servicekit.web.rules import routes_of

REPLACED = ("HTTPValidationError", "ValidationError")
"""What the framework would answer a bad request with; problems stand in their place."""

PROBLEM = {
    "type": "object",
    "description": "Why something was not done (RFC 9457).",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "description": "urn:guildhall:problem: and the code."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "For the person who asked: what is wrong, and what to do."},
        "code": {"type": "string", "description": "For programs: it stays the same whatever the words."},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "Field by field, where the request has mistakes in it.",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
    "additionalProperties": True,
}

AFTER = {
    "name": "Guildhall-After",
    "in": "header",
    "required": False,
    "description": "What Guildhall-Signal said before: the answer then knows of it, or is 409 not-yet-applied.",
    "schema": {"type": "string", "maxLength": LONGEST, "pattern": PATTERN},
}
ONCE = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Any text of one's own: sent again within 48 hours with the same body, it gets the first answer.",
    "schema": {"type": "string", "pattern": f"^{KEY.pattern}$"},
}
IF_MATCH = {
    "name": "if-match",
    "in": "header",
    "required": True,
    "description": "The ETag that was read: another version answers 412, and none 428.",
    "schema": {"type": "string", "pattern": f"^{TAG.pattern}$"},
}
SIGNAL = {
    "description": "The signals that tell of this, as topic:id, separated by commas; to be sent as Guildhall-After.",
    "schema": {"type": "string"},
}


def description(app: FastAPI) -> dict[str, Any]:
    """OpenAPI 3.1 of the application, made once."""
    known: dict[str, Any] | None = getattr(app.state, "description", None)
    if known is None:
        known = _complete(app, deepcopy(app.openapi()))
        app.state.description = known
    return known


def _complete(app: FastAPI, document: dict[str, Any]) -> dict[str, Any]:
    rules = {(route.method, route.path): route.rule for route in routes_of(app)}
    names = {
        (method, context.path): context.name
        for context in iter_route_contexts(app.routes)
        for method in context.methods or ()
    }
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            route = (method.upper(), path)
            _name(operation, names.get(route))
            _around(operation, method=method, public=rules.get(route) == "anyone()")
    components = document.setdefault("components", {})
    for replaced in REPLACED:
        components.get("schemas", {}).pop(replaced, None)
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    document["security"] = [{"token": []}]
    return document


def _name(operation: dict[str, Any], name: str | None) -> None:
    """The function's own words: its name, and the first sentence of what it says of itself."""
    if name:
        operation["operationId"] = f"{operation.get('tags', ['any'])[0]}-{name}".replace("_", "-")
    said = cast(str, operation.get("description", ""))
    if said and not said.startswith("Errors:"):
        operation["summary"] = said.split("\n")[0].partition(" Errors:")[0].partition(". ")[0].rstrip(".")


def _around(operation: dict[str, Any], *, method: str, public: bool) -> None:
    """Problems, the token, and the headers that every command and every read honours."""
    answers = operation["responses"]
    answers.pop("422", None)
    answers["default"] = {
        "description": "It was not done, and why.",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    if public:
        operation["security"] = []
        return
    parameters = operation.setdefault("parameters", [])
    parameters[:] = [IF_MATCH if parameter["name"] == "if-match" else parameter for parameter in parameters]
    parameters.append(AFTER)
    if method == "post":
        parameters.append(ONCE)
    if method != "get":
        for status, answer in answers.items():
            if status.startswith("2"):
                answer.setdefault("headers", {})["Guildhall-Signal"] = SIGNAL
