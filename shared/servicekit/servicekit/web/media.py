"""Answers and bodies that are not JSON, said in the API's description."""

from typing import Any

Responses = dict[int | str, dict[str, Any]]


def file_of(*media_types: str) -> Responses:
    """It answers with a file of one of these types: a route's `responses`."""
    return {200: {"description": "The file.", "content": dict.fromkeys(media_types, _TEXT)}}


def live_events() -> Responses:
    """It answers with `text/event-stream`; what stands in an event is said in words."""
    return {200: {"description": "Events, as they come.", "content": {"text/event-stream": {}}}}


def page() -> Responses:
    """It answers with a page for people, and says no with one; what is refused before it is reached is a problem."""
    refused = {
        "description": "It was not done, and why.",
        "content": {
            "text/html": _TEXT,
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}},
        },
    }
    return {200: {"description": "The page.", "content": {"text/html": _TEXT}}, "4XX": refused, "5XX": refused}


def button(*actions: str) -> dict[str, Any]:
    """It takes what a button on its page posts: a route's `openapi_extra`. What else a mail program sends is let be."""
    action = {"type": "string", "enum": list(actions)}
    schema = {"type": "object", "required": ["action"], "properties": {"action": action}}
    return {"requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": schema}}}}


_TEXT = {"schema": {"type": "string"}}
