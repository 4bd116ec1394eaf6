"""A person's own list as server-sent events: what is new, after what the client has had."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import StreamingResponse

from access import Caller, Db, may
from notifications_service.live import store
from notifications_service.live.hub import Hub, Stream
from notifications_service.live.model import TooManyStreams, begin, event, position
from notifications_service.places import served_cell
from notifications_service.tellings.views import sources, view
from servicekit import clock
from servicekit.database import Database
from servicekit.web.addresses import CellName
from servicekit.web.media import live_events
from servicekit.web.streams import Draining

router = APIRouter(prefix="/api/v1/cells/{cell}/notifications", tags=["notifications"])

PAGE = 100
HEARTBEAT_SECONDS = 15.0
"""Shorter than any proxy's patience."""
RETRY = b"retry: 2000\n\n"
ALIVE = b": nothing new\n\n"

HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}


async def token_end(request: Request, caller: Caller) -> float:
    """When the caller's token ends, in seconds since 1970; it was verified on the way here."""
    token = await request.app.state.tokens.verify(request.headers.get("authorization"))
    return float(token.claims["exp"])


@router.get(
    "/stream",
    dependencies=[may("read-notifications")],
    response_class=StreamingResponse,
    responses=live_events(),
)
async def live(
    cell: CellName,
    request: Request,
    db: Db,
    caller: Caller,
    draining: Draining,
    expires_at: Annotated[float, Depends(token_end)],
    last_event_id: Annotated[str | None, Header(max_length=64)] = None,
) -> StreamingResponse:
    """What you are told from now on, or from after `Last-Event-ID`, as `text/event-stream`.

    It ends with your token, or when this process does: open it again with the id of the last event. Errors: 410 that
    was more than 7 days ago, 422 it was never given, 429 too many are open.
    """
    served_cell(request, cell)
    assert caller.person_id is not None
    hub: Hub = request.app.state.live
    hub.admit(caller.person_id)
    stream = Stream(caller, caller.person_id, cell, 0, expires_at)
    async with db.reading(caller) as conn:
        after = position(last_event_id) if last_event_id is not None else 0
        standing = await store.standing(conn, cell, caller.person_id, stream.feed, after=after)
    stream.position = begin(last_event_id, standing, now=clock.now())
    body = _events(hub, stream, db, request, draining)
    return StreamingResponse(body, media_type="text/event-stream", headers=HEADERS)


async def _events(
    hub: Hub, stream: Stream, db: Database, request: Request, draining: asyncio.Event
) -> AsyncGenerator[bytes, None]:
    """Ends by itself; where the client leaves, it is closed in the middle of a wait, and nothing is left behind."""
    yield RETRY
    with suppress(TooManyStreams), hub.open(stream):
        while not (stream.is_over(time.time()) or draining.is_set()):
            stream.news.clear()
            full = False
            for number, written in await _next(stream, db, request):
                stream.position, full = number, True
                yield written
            if not full and not await _news(stream, draining):
                yield ALIVE


async def _next(stream: Stream, db: Database, request: Request) -> list[tuple[int, bytes]]:
    """The next items, in the scope of the person whose they are."""
    async with db.reading(stream.principal) as conn:
        items = await store.items_after(conn, stream.cell, stream.person_id, stream.position, limit=PAGE)
        made_of = await sources(conn, items)
    return [
        (item.position, event(item.position, view(item, made_of, stream.cell, request).model_dump_json()))
        for item in items
    ]


async def _news(stream: Stream, draining: asyncio.Event) -> bool:
    """Wait for news, or an end; False where it is time to say that we are still here."""
    rest = min(HEARTBEAT_SECONDS, max(stream.expires_at - time.time(), 0.0))
    waits = [asyncio.ensure_future(event.wait()) for event in (stream.news, draining)]
    try:
        done, _ = await asyncio.wait(waits, timeout=rest, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    return bool(done) or stream.is_over(time.time())
