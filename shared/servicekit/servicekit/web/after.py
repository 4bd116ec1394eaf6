"""Read your writes across services: a read that names signals waits until this service has applied them."""

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from uuid import UUID

from starlette.types import ASGIApp, Receive, Scope, Send

from servicekit.cells import Cells
from servicekit.consumers import inbox
from servicekit.consumers.subscription import Consumer
from servicekit.database import Database
from servicekit.problem import Conflict, Invalid, Problem

HEADER = b"guildhall-after"
MOST = 50
LONGEST = 8000
"""Characters of the whole header: as many signals, with room between them."""
WAIT_SECONDS = 2.0
FIRST_PAUSE, LONGEST_PAUSE = 0.01, 0.1

_ITEM = re.compile(r"([a-z0-9.-]{1,100}):([0-9a-fA-F-]{36})")
_WRITTEN = r"[a-z0-9.-]{1,100}:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
PATTERN = rf"^({_WRITTEN}(, ?{_WRITTEN}){{0,{MOST - 1}}})?$"
"""How it is written, as the API's description says it; what is read is a little more: any room between two."""

Wanted = Sequence[tuple[str, UUID]]


class NotYetApplied(Conflict):
    code = "not-yet-applied"
    title = "What you did elsewhere has not arrived here yet"


def readers(consumers: Iterable[Consumer], cells: Cells) -> dict[str, list[str]]:
    """Topic (without prefix) to the names of this deployment's consumers that read it."""
    found: dict[str, list[str]] = {}
    for consumer in consumers:
        for publisher, stream in consumer.streams:
            for topic in cells.topics(publisher, stream):
                found.setdefault(topic, []).append(consumer.name)
    return found


class After:
    """Before every route, since what is waited for may decide who is allowed."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        consumers_by_topic: Mapping[str, Sequence[str]],
        database: Callable[[], Database],
        within: float = WAIT_SECONDS,
    ) -> None:
        self.app = app
        self.consumers_by_topic = consumers_by_topic
        self.database = database
        self.within = within

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            values = [value.decode("latin-1") for name, value in scope["headers"] if name == HEADER]
            wanted = [
                (consumer, signal_id)
                for topic, signal_id in (parse(",".join(values)) if values else ())
                for consumer in self.consumers_by_topic.get(topic, ())
            ]
            if wanted and await _may_wait(scope):
                await self._wait_for(wanted)
        await self.app(scope, receive, send)

    async def _wait_for(self, wanted: Wanted) -> None:
        clock = asyncio.get_running_loop().time
        deadline, pause = clock() + self.within, FIRST_PAUSE
        while not await self._applied(wanted):
            if clock() + pause > deadline:
                raise NotYetApplied("What you did elsewhere has not arrived here yet; ask again.", retry_after=1)
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _applied(self, wanted: Wanted) -> bool:
        async with self.database().reading() as conn:
            return await inbox.applied(conn, wanted)


async def _may_wait(scope: Scope) -> bool:
    """Whoever shows no token that holds is refused by the route itself, at once."""
    tokens = getattr(scope["app"].state, "tokens", None)
    if tokens is None:
        return True
    given = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"), None)
    try:
        await tokens.verify(given)
    except Problem:
        return False
    return True


def parse(header: str) -> list[tuple[str, UUID]]:
    """(topic, signal id) of each item. Raises Invalid where one is malformed, or there are more than 50."""
    if len(header) > LONGEST:
        raise Invalid(f"Guildhall-After: at most {LONGEST:,} characters, here are {len(header):,}.")
    items = [item.strip() for item in header.split(",") if item.strip()]
    if len(items) > MOST:
        raise Invalid(f"Guildhall-After: at most {MOST} signals, here are {len(items)}.")
    return [_parsed(item) for item in items]


def _parsed(item: str) -> tuple[str, UUID]:
    match = _ITEM.fullmatch(item)
    try:
        if match:
            return match[1], UUID(match[2])
    except ValueError:
        pass
    raise Invalid(f"Guildhall-After: expected topic:id, such as midlands.membership:<uuid>, not {item[:80]!r}.")
