"""One round of a postman: claim (committed), hand over, settle; a crash in between leaves rows that say so."""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from notifications_service import figures
from notifications_service.addresses.model import Hashes
from notifications_service.announcements.model import Words
from notifications_service.bounces.model import Refusal
from notifications_service.branding import store as branding
from notifications_service.branding.model import Version
from notifications_service.gatherings import store as gatherings
from notifications_service.gatherings.store import Known
from notifications_service.mail import actions, keeping, store
from notifications_service.mail.actions import Handled
from notifications_service.mail.carrier import Answer, Carrier
from notifications_service.mail.keeping import Sheet
from notifications_service.mail.letters import Letter, Letters, confirmed_by
from notifications_service.mail.model import Unmailable
from notifications_service.mail.moulds import Written
from notifications_service.mail.store import Due
from notifications_service.preferences import store as preferences
from notifications_service.preferences.model import Wish, wants
from notifications_service.preferences.store import Wishes
from notifications_service.reports import store as reports
from notifications_service.reports.model import EXPIRED
from notifications_service.tellings.model import (
    DESPITE_SUPPRESSION,
    SHOWS_THE_CODE,
    Channel,
    Kind,
    Outcome,
    settle,
)
from notifications_service.tellings.views import said
from servicekit import clock
from servicekit.crash_points import Point, reached
from servicekit.database import Conn, Database
from servicekit.faults import is_away, is_contention
from servicekit.rounds import wait

log = structlog.get_logger(__name__)

IN_HAND = 8
"""Mails claimed at once: what a crash can put in doubt."""


@dataclass(frozen=True, slots=True)
class Round:
    """How many mails were claimed, and whether there was a server to take them."""

    claimed: int
    reached: bool = True


@dataclass(frozen=True, slots=True)
class Ready:
    """A mail that is ours: written, or with the reason why it is not handed over."""

    due: Due
    written: Written | None = None
    mail: bytes = b""
    refusal: Answer | None = None


@dataclass(slots=True, kw_only=True)
class Postman:
    """sender: this postman's number, which stands beside what is in hand. hashes: how addresses are named."""

    db: Database
    carrier: Carrier
    letters: Letters
    hashes: Hashes
    domain: str
    sender: int
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    chance: Callable[[], float] = random.random
    wishes: Wishes = preferences.wishes
    """A seam for the test that asks nobody."""
    _claim_in_doubt: bool = False

    async def round(self, *, limit: int = IN_HAND) -> Round:
        """Send the next mails."""
        ready = await self.claim(limit=limit)
        if not ready:
            return Round(0)
        handled = await self.hand_over(ready)
        await self._settle_whatever_happens(handled)
        return Round(len(ready), reached=all(item.outcome is not Outcome.NOT_SENT for item in handled))

    async def claim(self, *, limit: int = IN_HAND) -> list[Ready]:
        """Mails that are ours from now on, each written; what each is made of is committed before any leaves."""
        async with self.db.transaction() as conn:
            if self._claim_in_doubt:
                # The last claim may have committed although it failed; nothing of it was handed over.
                await store.take_back(conn, sender=self.sender)
            self._claim_in_doubt = True
            now = clock.now()
            due = await store.claim(conn, sender=self.sender, domain=self.domain, limit=limit, now=now)
            ready = await self._prepare(conn, due, now) if due else []
        self._claim_in_doubt = False
        if ready:
            reached(Point.MAIL_CLAIMED)
        return ready

    async def _prepare(self, conn: Conn, due: Sequence[Due], now: datetime) -> list[Ready]:
        about = {(mail.event_id, mail.event_version) for mail in due if mail.event_id is not None}
        known = await gatherings.known(conn, list(about))
        wishes = await self.wishes(conn, [mail.person_id for mail in due])
        words = await said(conn, due)
        templates = await branding.nearest(conn, [mail.network for mail in due])
        links = await reports.open_links(conn, [mail.cause for mail in due if mail.kind == Kind.REPORT_READY], now=now)
        ready = []
        for mail in due:
            link = links.get(mail.cause)
            if (why := self._unwanted(mail, wishes.get(mail.person_id, ()), link)) is not None:
                ready.append(Ready(mail, refusal=Answer(Outcome.SUPPRESSED, why)))
                continue
            event = known.get((mail.event_id, mail.event_version)) if mail.event_id else None
            letter = _letter(mail, templates.get(mail.network), words.get(mail.cause), link)
            ready.append(self._written(letter, mail, event, now))
        sheets = [
            Sheet(one.due.id, one.due.person_id, self.hashes.of(one.due.address), one.written)
            for one in ready
            if one.written is not None
        ]
        await keeping.keep(conn, sheets, now=now)
        return ready

    def _unwanted(self, mail: Due, wishes: Sequence[Wish], link: str | None) -> str | None:
        """Why this mail goes to nobody: judged when it leaves, whatever was so when it was queued."""
        if mail.kind in DESPITE_SUPPRESSION:
            asked, _ = confirmed_by(mail.cause)
            return None if self.hashes.names(mail.address, [asked]) else "another address by now"
        if self.hashes.names(mail.address, mail.suppressed):
            return "address suppressed"
        if mail.kind == Kind.REPORT_READY and link is None:
            return EXPIRED
        return None if wants(wishes, mail.kind, Channel.EMAIL, mail.network) else "switched off"

    def _written(self, letter: Letter, mail: Due, known: Known | None, now: datetime) -> Ready:
        try:
            written = self.letters.compose(letter, known, now=now)
            return Ready(mail, written=written, mail=written.mail)
        except Unmailable as error:
            log.error("mail.unmailable", reason=error.code, kind=mail.kind)
            return Ready(mail, refusal=Answer(Outcome.REFUSED, error.code))
        except Exception as error:  # a mail that cannot be written must not take all others with it
            log.error("mail.unwritable", kind=mail.kind, exc_info=error)
            return Ready(mail, refusal=Answer(Outcome.REFUSED, f"unwritable: {type(error).__name__}"))

    async def hand_over(self, ready: Sequence[Ready]) -> list[Handled]:
        """One after the other over one connection; what cannot be handed over now goes back to the queue."""
        handled: list[Handled] = []
        away = False
        for one in ready:
            if one.refusal is not None:
                answer = one.refusal
            elif away or self.stopping.is_set():
                answer = Answer(Outcome.NOT_SENT)
            else:
                answer = await self.carrier.deliver(one.due.address, one.mail)
                away = answer.outcome is Outcome.NOT_SENT
                if answer.outcome is Outcome.ACCEPTED:
                    reached(Point.MAIL_ACCEPTED)
            handled.append(self._handled(one.due, answer))
        return handled

    async def settle(self, handled: Sequence[Handled]) -> None:
        async with self.db.transaction() as conn:
            await actions.settle(conn, handled, sender=self.sender, now=clock.now())
            reached(Point.MAIL_SETTLING)
        for item in handled:
            figures.MAILS.labels(item.settled.state.value).inc()

    async def _settle_whatever_happens(self, handled: Sequence[Handled]) -> None:
        """What the server answered must not be forgotten because the database is away for a while."""
        pause = 0.1
        while True:
            try:
                await self.settle(handled)
            except Exception as error:
                if not (is_away(error) or is_contention(error)) or self.stopping.is_set():
                    raise
                log.warning("mail.unsettled", count=len(handled), error=type(error).__name__)
            else:
                return
            await wait(self.stopping, pause)
            pause = min(pause * 2, 2.0)

    def _handled(self, mail: Due, answer: Answer) -> Handled:
        settled = settle(
            mail.kind,
            answer.outcome,
            attempts=mail.attempts,
            repeats=mail.repeats,
            now=clock.now(),
            chance=self.chance,
        )
        return Handled(mail, answer.outcome, settled, answer.said, self._refusal(mail, answer))

    def _refusal(self, mail: Due, answer: Answer) -> Refusal | None:
        if not answer.dead:
            return None
        return Refusal(
            notification_id=mail.id,
            person_id=mail.person_id,
            addresses=list(dict.fromkeys([self.hashes.of(mail.address), *self.hashes.every(mail.address)])),
            reason=answer.dead,
            code=answer.said,
        )


def _letter(due: Due, template: Version | None, words: Words | None, link: str | None) -> Letter:
    return Letter(
        notification_id=due.id,
        message_id=due.message_id,
        cause=due.cause,
        kind=due.kind,
        cell=due.cell,
        event_id=due.event_id,
        person_id=due.person_id,
        network_id=due.network_id,
        template=template,
        words=words,
        link=link,
        address=due.address,
        name=due.name,
        code=due.code if due.kind in SHOWS_THE_CODE else None,
        place=due.place_in_line,
    )
