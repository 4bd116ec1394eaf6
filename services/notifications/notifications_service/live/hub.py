"""All open streams of a process, and the one task that looks for news of them: a query for all, never one for each."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from access import Principal
from notifications_service import figures
from notifications_service.live import store
from notifications_service.live.model import refuse_too_many
from notifications_service.tellings.actions import list_prefix
from servicekit.database import Database
from servicekit.faults import is_away, is_contention

log = structlog.get_logger(__name__)

POLL_SECONDS = 0.5
LINKS_SECONDS = 5.0
"""How soon the stream of somebody ends whose sign-in is no longer linked to them."""


@dataclass(slots=True, eq=False)
class Stream:
    """One open stream. expires_at: end of its token, in seconds since 1970."""

    principal: Principal
    person_id: UUID
    cell: str
    position: int
    """The last item that was given."""
    expires_at: float
    news: asyncio.Event = field(default_factory=asyncio.Event)
    is_revoked: bool = False

    @property
    def feed(self) -> str:
        return f"{list_prefix(self.cell)}{self.person_id}"

    def is_over(self, now: float) -> bool:
        return self.is_revoked or now >= self.expires_at


@dataclass(slots=True, kw_only=True)
class Hub:
    database: Callable[[], Database]
    poll_seconds: float = POLL_SECONDS
    links_seconds: float = LINKS_SECONDS
    polls: int = 0
    """How many looks there were; for whoever wants to know that they do not grow with the streams."""
    _streams: set[Stream] = field(default_factory=set)
    _poller: "asyncio.Task[None] | None" = None
    _links_at: float = 0.0

    @contextmanager
    def open(self, stream: Stream) -> Iterator[Stream]:
        """Look for news of it for as long as the block. Raises TooManyStreams."""
        self.admit(stream.person_id)
        self._streams.add(stream)
        figures.LIVE_STREAMS.set(len(self._streams))
        if self._poller is None or self._poller.done():
            self._poller = asyncio.create_task(self._poll(), name="live streams")
        try:
            yield stream
        finally:
            self._streams.discard(stream)
            figures.LIVE_STREAMS.set(len(self._streams))

    def admit(self, person_id: UUID) -> None:
        """Raises TooManyStreams where one more would be too many."""
        open_now = Counter(stream.person_id for stream in self._streams)
        refuse_too_many(of_the_person=open_now[person_id], at_all=len(self._streams))

    async def _poll(self) -> None:
        """As long as a stream is open. Where it fails all streams end, loudly, and their clients come again."""
        try:
            while self._streams:
                await self._look_if_there()
                await asyncio.sleep(self.poll_seconds)
        except Exception as error:
            log.error("live.poller-failed", exc_info=error)
            for stream in self._streams:
                stream.is_revoked = True
                stream.news.set()

    async def _look_if_there(self) -> None:
        try:
            await self.look()
        except Exception as error:
            if not (is_away(error) or is_contention(error)):
                raise
            log.warning("live.waiting", error=type(error).__name__)

    async def look(self) -> None:
        """Wake those streams of which there is news, or which are over."""
        self.polls += 1
        streams = list(self._streams)
        now = time.monotonic()
        async with self.database().reading() as conn:
            newest = await store.newest(conn, list({stream.feed for stream in streams}))
            if checks_links := now - self._links_at >= self.links_seconds:
                people = await store.people_behind(
                    conn,
                    [stream.principal.issuer for stream in streams],
                    [stream.principal.identity for stream in streams],
                )
        if checks_links:
            self._links_at = now
            for stream, person_id in zip(streams, people, strict=True):
                stream.is_revoked = stream.is_revoked or person_id != stream.person_id
        for stream in streams:
            if newest.get(stream.feed, 0) > stream.position or stream.is_over(time.time()):
                stream.news.set()
