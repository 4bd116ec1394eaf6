"""One connection to the mail server, used again and again; what an answer means for the mail is told apart here."""

import asyncio
from dataclasses import dataclass, field

import aiosmtplib
import structlog
from aiosmtplib import (
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from notifications_service.bounces.reasons import refused_address, status_of
from notifications_service.tellings.model import Outcome
from servicekit import metrics

log = structlog.get_logger(__name__)

CONNECT_SECONDS = 10.0
COMMAND_SECONDS = 30.0
DATA_SECONDS = 120.0
IDLE_SECONDS = 20.0
LONGEST_REPLY = 2000


@dataclass(frozen=True, slots=True)
class Answer:
    outcome: Outcome
    said: str = ""
    """Command and code, such as `RCPT 550`; never the server's words, which quote addresses."""
    reached: bool = True
    """Whether there was a server at all."""
    dead: str = ""
    """Why the address takes no mail at all, in one word, where it was that which the server refused."""


@dataclass(slots=True, kw_only=True)
class Carrier:
    """sender: the envelope's. domain: how we call ourselves."""

    host: str
    port: int
    sender: str
    domain: str
    _smtp: aiosmtplib.SMTP | None = None
    _used_at: float = field(default=0.0)
    _is_away: bool = False

    async def deliver(self, to: str, mail: bytes) -> Answer:
        """Hand over one mail. Never raises for what a server does, or does not."""
        was_open = self._smtp is not None
        answer = await self._attempt(to, mail)
        if answer.outcome is Outcome.NOT_SENT and was_open:
            # A connection that was kept may have been closed by the server meanwhile: a new one tells.
            answer = await self._attempt(to, mail)
        if answer.outcome is Outcome.NOT_SENT and answer.reached:
            # The server answers, and breaks off at this mail: others must not wait behind it.
            return Answer(Outcome.REFUSED_FOR_NOW, answer.said)
        return answer

    async def close(self) -> None:
        """Say goodbye, where somebody still listens."""
        smtp, self._smtp = self._smtp, None
        if smtp is None:
            return
        try:
            async with asyncio.timeout(2):
                await smtp.quit()
        except (SMTPException, OSError, TimeoutError):
            smtp.close()

    async def close_if_idle(self) -> None:
        """Servers close what is not used; so we do it first."""
        if self._smtp is not None and _now() - self._used_at > IDLE_SECONDS:
            await self.close()

    async def _attempt(self, to: str, mail: bytes) -> Answer:
        try:
            smtp = await self._connected()
        except (SMTPException, OSError, TimeoutError) as error:
            self._note_away(error)
            return Answer(Outcome.NOT_SENT, f"connect {type(error).__name__}", reached=False)
        answer = await self._envelope(smtp, to) or await self._data(smtp, mail)
        self._used_at = _now()
        if answer.outcome in {Outcome.NOT_SENT, Outcome.IN_DOUBT}:
            self._drop()
        elif answer.outcome is not Outcome.ACCEPTED:
            await self._reset(smtp)
        return answer

    async def _connected(self) -> aiosmtplib.SMTP:
        if self._smtp is None:
            smtp = aiosmtplib.SMTP(
                hostname=self.host, port=self.port, local_hostname=self.domain, timeout=CONNECT_SECONDS
            )
            await smtp.connect()
            self._smtp, self._is_away = smtp, False
            metrics.DEPENDENCY_ANSWERS.labels("mail").set(1)
        return self._smtp

    def _note_away(self, error: Exception) -> None:
        """Said once, though it is tried every few seconds."""
        metrics.DEPENDENCY_ANSWERS.labels("mail").set(0)
        if not self._is_away:
            log.warning("mail.server-away", error=type(error).__name__)
        self._is_away = True

    async def _envelope(self, smtp: aiosmtplib.SMTP, to: str) -> Answer | None:
        """None where the server is ready for the mail itself."""
        try:
            await smtp.mail(self.sender, timeout=COMMAND_SECONDS)
            await smtp.rcpt(to, timeout=COMMAND_SECONDS)
        except SMTPRecipientRefused as error:
            return _refused("RCPT", error)
        except SMTPResponseException as error:
            # Whatever it has against the sender says nothing about this recipient: it may be mended.
            log.error("mail.sender-refused", status=error.code)
            return Answer(Outcome.REFUSED_FOR_NOW if error.code >= 400 else Outcome.NOT_SENT, f"MAIL {error.code}")
        except (SMTPServerDisconnected, SMTPTimeoutError, OSError) as error:
            return Answer(Outcome.NOT_SENT, f"envelope {type(error).__name__}")
        return None

    async def _data(self, smtp: aiosmtplib.SMTP, mail: bytes) -> Answer:
        try:
            await smtp.data(mail, timeout=DATA_SECONDS)
        except SMTPDataError as error:
            return _refused("DATA", error)
        except (SMTPException, OSError) as error:
            return Answer(Outcome.IN_DOUBT, f"DATA {type(error).__name__}")
        return Answer(Outcome.ACCEPTED)

    async def _reset(self, smtp: aiosmtplib.SMTP) -> None:
        """Take the envelope back, so that the next mail begins with a clean one."""
        try:
            await smtp.rset(timeout=COMMAND_SECONDS)
        except (SMTPException, OSError):
            self._drop()

    def _drop(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()


def _refused(command: str, error: SMTPResponseException) -> Answer:
    if 500 <= error.code < 600:
        reply = error.message[:LONGEST_REPLY]
        dead = refused_address(reply, of_the_recipient=command == "RCPT") or ""
        return Answer(Outcome.REFUSED, f"{command} {error.code} {status_of(reply)}".rstrip(), dead=dead)
    if 400 <= error.code < 500:
        return Answer(Outcome.REFUSED_FOR_NOW, f"{command} {error.code}")
    # No answer that means anything: before the mail was handed over nothing has happened, after it anything may have.
    return Answer(Outcome.IN_DOUBT if command == "DATA" else Outcome.NOT_SENT, f"{command} {error.code}")


def _now() -> float:
    return asyncio.get_running_loop().time()
