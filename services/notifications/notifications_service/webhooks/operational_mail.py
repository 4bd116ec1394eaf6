"""Carry operational mails: plain text, one at a time, at least once under one Message-ID."""

import base64
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime

import structlog

from notifications_service.mail.carrier import Answer, Carrier
from notifications_service.mail.model import Unmailable, header_bytes, mailbox
from notifications_service.settings import NotificationsSettings
from notifications_service.tellings.model import MOST_ATTEMPTS, Outcome, pause
from notifications_service.webhooks import operations
from notifications_service.webhooks.operations import DueMail
from servicekit import clock
from servicekit.database import Database
from servicekit.ids import new_id
from servicekit.process import Work
from servicekit.rounds import repeat

log = structlog.get_logger(__name__)

AT_ONCE = 10
EVERY_SECONDS = 1.0
KEPT = timedelta(days=30)
NO_ADDRESS = "no address"


@dataclass(slots=True, kw_only=True)
class OperationalMail:
    db: Database
    carrier: Carrier
    sender: str
    domain: str
    chance: Callable[[], float] = random.random

    async def round(self) -> int:
        """Carry what is due; returns how many were claimed."""
        now, claim = clock.now(), new_id()
        async with self.db.transaction() as conn:
            await operations.forget(conn, before=now - KEPT)
            due = await operations.claim(conn, claim=claim, limit=AT_ONCE, now=now)
        if not due:
            return 0
        answers = [await self._deliver(mail) for mail in due]
        settled = [_settled(mail, answer, now, self.chance()) for mail, answer in zip(due, answers, strict=True)]
        async with self.db.transaction() as conn:
            await operations.settle(
                conn,
                claim,
                [mail.id for mail in due],
                [state for state, _ in settled],
                [next_at for _, next_at in settled],
                [answer.said or None for answer in answers],
                now=now,
            )
        return len(due)

    async def _deliver(self, mail: DueMail) -> Answer:
        if mail.address is None:
            return Answer(Outcome.REFUSED_FOR_NOW, NO_ADDRESS)
        try:
            written = write(mail, sender=self.sender, domain=self.domain)
            return await self.carrier.deliver(mailbox(mail.address), written)
        except Unmailable as error:
            log.error("operational-mail.unmailable", reason=error.code)
            return Answer(Outcome.REFUSED, error.code)


def write(mail: DueMail, *, sender: str, domain: str) -> bytes:
    """The whole mail. Raises Unmailable where its headers would not be safe."""
    assert mail.address is not None
    heads = [
        f"From: Guildhall <{mailbox(sender)}>\r\n".encode("ascii"),
        f"To: {mailbox(mail.address)}\r\n".encode("ascii"),
        header_bytes("Subject", mail.subject),
        f"Date: {format_datetime(mail.created_at)}\r\n".encode("ascii"),
        f"Message-ID: <{mail.id}@{domain}>\r\n".encode("ascii"),
        b"Auto-Submitted: auto-generated\r\nX-Guildhall-Kind: operational\r\nMIME-Version: 1.0\r\n",
        b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n",
    ]
    return b"".join([*heads, _base64(mail.body)])


def _base64(text: str) -> bytes:
    return base64.encodebytes("\r\n".join(text.splitlines()).encode("utf-8")).replace(b"\n", b"\r\n")


def _settled(mail: DueMail, answer: Answer, now: datetime, drawn: float) -> tuple[str, datetime | None]:
    if answer.outcome is Outcome.ACCEPTED:
        return "sent", None
    if answer.outcome is Outcome.REFUSED or mail.attempts + 1 >= MOST_ATTEMPTS:
        return "failed", None
    return "queued", now + pause(mail.attempts, drawn)


async def carry_operational_mail(work: Work[NotificationsSettings]) -> None:
    """Carry until told to stop; what is away is waited for."""
    settings = work.settings
    carrier = Carrier(
        host=settings.smtp_host, port=settings.smtp_port, sender=settings.mail_from, domain=settings.domain
    )
    mails = OperationalMail(db=work.db, carrier=carrier, sender=settings.mail_from, domain=settings.domain)

    async def once() -> None:
        await carrier.close_if_idle()
        await mails.round()

    try:
        await repeat(once, work.stopping, every=EVERY_SECONDS, waiting="operational-mail.waiting")
    finally:
        await carrier.close()
