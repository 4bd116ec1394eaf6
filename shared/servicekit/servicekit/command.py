"""The request being served, as the mechanisms below the endpoint need to know it."""

from contextvars import ContextVar
from dataclasses import dataclass, field
from uuid import UUID


@dataclass(slots=True)
class Command:
    """One HTTP request: what makes it repeatable, and which signals it gave rise to."""

    route: str
    """Method and path, such as `POST /api/v1/memberships`."""
    idempotency_key: str | None = None
    body_hash: bytes = b""
    caller: str = ""
    """Who asked, as an opaque string; set when the transaction is opened for them."""
    kept: bool = False
    """Whether the answer has been stored with the effect."""
    published: dict[tuple[str, str], UUID] = field(default_factory=dict)
    """(topic, key) to the id of the last signal published there."""
    traceparent: str | None = None
    """W3C trace context of the request."""


current: ContextVar[Command | None] = ContextVar("command", default=None)
traceparent: ContextVar[str | None] = ContextVar("traceparent", default=None)
"""W3C trace context of whatever is being served, HTTP request or delivery."""
