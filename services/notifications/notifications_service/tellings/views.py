"""What a person's list shows of each item: the words that were true when they were told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel

from notifications_service.announcements import store as announcements
from notifications_service.announcements.model import Words
from notifications_service.gatherings import store as gatherings
from notifications_service.gatherings.store import Known
from notifications_service.joining import store as joining
from notifications_service.mail.wording import UNKNOWN, Wordings, event_url
from notifications_service.reports import model as report_words
from notifications_service.reports import store as reports
from notifications_service.tellings.model import ABOUT_JOINING, SHOWS_THE_CODE, Kind
from notifications_service.tellings.store import Item
from servicekit import clock
from servicekit.database import Conn


class Told(Protocol):
    """Anything of the ledger."""

    @property
    def cause(self) -> str: ...

    @property
    def kind(self) -> str: ...

    @property
    def network(self) -> str: ...


async def said(conn: Conn, tellings: Sequence[Told]) -> dict[str, Words]:
    """What leads said, the names of networks that people asked to join, and which reports are ready; by cause."""
    announced = {telling.cause for telling in tellings if telling.kind == Kind.ANNOUNCEMENT}
    joined = [telling for telling in tellings if telling.kind in ABOUT_JOINING]
    names = await joining.names(conn, {telling.network for telling in joined})
    words = {telling.cause: Words("", "", names.get(telling.network)) for telling in joined}
    return words | await announcements.words(conn, announced) | await _of_reports(conn, tellings)


async def _of_reports(conn: Conn, tellings: Sequence[Told]) -> dict[str, Words]:
    kept = await reports.find(conn, {telling.cause for telling in tellings if telling.kind == Kind.REPORT_READY})
    return {
        cause: report_words.words_for(
            one.report, one.network or UNKNOWN, first=one.first, last=one.last, expires_at=one.expires_at
        )
        for cause, one in kept.items()
    }


class NotificationView(BaseModel):
    id: UUID
    url: str
    kind: str
    title: str
    text: str
    """Plain text, in lines."""
    event_id: UUID | None
    event_url: str | None
    report_url: str | None
    """Opens the report that it tells of, for whoever has it, until it expires."""
    told_at: datetime
    read: bool


@dataclass(frozen=True, slots=True)
class Sources:
    """What the words of some items are made of."""

    events: Mapping[tuple[UUID, int | None], Known]
    words: Mapping[str, Words]
    """By cause."""
    links: Mapping[str, str]
    """What opens reports, as long as it does; by cause."""


async def sources(conn: Conn, items: Sequence[Item]) -> Sources:
    """conn: of the person whose items they are."""
    wanted = {(item.event_id, item.event_version) for item in items if item.event_id is not None}
    now = clock.now()
    kept = await reports.find(conn, {item.cause for item in items if item.kind == Kind.REPORT_READY})
    links = {cause: one.link for cause, one in kept.items() if one.link is not None and now < one.expires_at}
    return Sources(await gatherings.known(conn, list(wanted)), await said(conn, items), links)


def view(item: Item, made_of: Sources, cell: str, request: Request) -> NotificationView:
    wordings: Wordings = request.app.state.wordings
    public_url: str = request.app.state.settings.public_url
    link = made_of.links.get(item.cause)
    wording = wordings.of(
        item.kind,
        made_of.events.get((item.event_id, item.event_version)) if item.event_id else None,
        code=item.code if item.kind in SHOWS_THE_CODE else None,
        place=str(item.place_in_line) if item.place_in_line is not None else None,
        words=made_of.words.get(item.cause),
    )
    return NotificationView(
        id=item.id,
        url=f"/api/v1/cells/{cell}/notifications/{item.id}",
        kind=item.kind,
        title=wording.subject,
        text=wording.brief,
        event_id=item.event_id,
        event_url=event_url(public_url, cell, item.event_id) if item.event_id else None,
        report_url=report_words.address(public_url, cell, link) if link else None,
        told_at=item.told_at,
        read=item.read_at is not None,
    )
