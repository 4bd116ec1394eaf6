"""One round of a postman: claim (committed), hand over, settle; a crash in between leaves rows that say so."""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from notifications_service import figures
from notifications_service.gatherings import store as gatherings
from notifications_service.gatherings.store import Known
from notifications_service.mail import actions, store
from notifications_service.mail.actions import Handled
from notifications_service.mail.carrier import Answer, Carrier
from notifications_service.mail.letters import Letter, Letters
from notifications_service.mail.model import Unmailable
from notifications_service.mail.store import Due
from notifications_service.pauses import wait
from notifications_service.tellings.model import SHOWS_THE_CODE, Outcome, settle
from servicekit import clock
from servicekit.database import Database
from servicekit.faults import is_away, is_contention

log = structlog.get_logger(__name__)

IN_HAND = 8
"""Mails claimed at once: what a crash can put in doubt."""


@dataclass(frozen=True, slots=True)
class Round:
    """How many mails were claimed, and whether there was a server to take them."""

    claimed: int
    reached: bool = True


@dataclass(slots=True, kw_only=True)
class Postman:
    """sender: this postman's number, which stands beside what is in hand."""

    db: Database
    carrier: Carrier
    letters: Letters
    domain: str
    sender: int
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    chance: Callable[[], float] = random.random
    _claim_in_doubt: bool = False

    async def round(self, *, limit: int = IN_HAND) -> Round:
        """Send the next mails."""
        due, known = await self.claim(limit=limit)
        if not due:
            return Round(0)
        handled = await self.hand_over(due, known)
        await self._settle_whatever_happens(handled)
        return Round(len(due), reached=all(item.outcome is not Outcome.NOT_SENT for item in handled))

    async def claim(self, *, limit: int = IN_HAND) -> tuple[list[Due], dict[UUID, Known]]:
        """Mails that are ours from now on, and the events they are about."""
        async with self.db.transaction() as conn:
            if self._claim_in_doubt:
                # The last claim may have committed although it failed; nothing of it was handed over.
                await store.take_back(conn, sender=self.sender)
            self._claim_in_doubt = True
            due = await store.claim(conn, sender=self.sender, domain=self.domain, limit=limit, now=clock.now())
            about = {(mail.event_id, mail.event_version) for mail in due if mail.event_id is not None}
            known = await gatherings.known(conn, [(event, version) for event, version in about])
        self._claim_in_doubt = False
        return due, {
            mail.id: known[mail.event_id, mail.event_version]
            for mail in due
            if mail.event_id is not None and (mail.event_id, mail.event_version) in known
        }

    async def hand_over(self, due: Sequence[Due], known: Mapping[UUID, Known]) -> list[Handled]:
        """One after the other over one connection; what cannot be handed over now goes back to the queue."""
        handled: list[Handled] = []
        away = False
        for mail in due:
            if away or self.stopping.is_set():
                answer = Answer(Outcome.NOT_SENT)
            else:
                answer = await self._deliver(mail, known.get(mail.id))
                away = answer.outcome is Outcome.NOT_SENT
            handled.append(self._handled(mail, answer))
        return handled

    async def settle(self, handled: Sequence[Handled]) -> None:
        async with self.db.transaction() as conn:
            await actions.settle(conn, handled, sender=self.sender, now=clock.now())
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

    async def _deliver(self, mail: Due, known: Known | None) -> Answer:
        try:
            written = self.letters.write(_letter(mail), known, now=clock.now())
        except Unmailable as error:
            log.error("mail.unmailable", reason=error.code, kind=mail.kind)
            return Answer(Outcome.REFUSED, error.code)
        except Exception as error:  # a mail that cannot be written must not take all others with it
            log.error("mail.unwritable", kind=mail.kind, exc_info=error)
            return Answer(Outcome.REFUSED, f"unwritable: {type(error).__name__}")
        return await self.carrier.deliver(mail.address, written)

    def _handled(self, mail: Due, answer: Answer) -> Handled:
        settled = settle(
            mail.kind,
            answer.outcome,
            attempts=mail.attempts,
            repeats=mail.repeats,
            now=clock.now(),
            chance=self.chance,
        )
        return Handled(mail, answer.outcome, settled, answer.said)


def _letter(due: Due) -> Letter:
    return Letter(
        notification_id=due.id,
        message_id=due.message_id,
        cause=due.cause,
        kind=due.kind,
        cell=due.cell,
        event_id=due.event_id,
        address=due.address,
        name=due.name,
        code=due.code if due.kind in SHOWS_THE_CODE else None,
        place=due.place_in_line,
    )
