"""A real SMTP server in the test's own loop, which keeps what it accepts and refuses what it is told to."""

import asyncio
import email
import email.policy
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from types import SimpleNamespace
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class MailServer:
    """`refusals`: address to the answers that it is given in turn, such as `RCPT 450 later` or `DATA 550 no`.

    `DATA drop`, `DATA drop-accepted`: the connection ends without an answer. `DATA hang`: none ever comes.
    """

    port: int = 0
    accepted: list["Accepted"] = field(default_factory=list)
    refusals: dict[str, list[str]] = field(default_factory=dict)
    connections: int = 0
    _open: list[SMTP] = field(default_factory=list)

    def connection(self) -> SMTP:
        """What a listening socket is given for each client."""
        self.connections += 1
        handler = SimpleNamespace(handle_RCPT=self.take_recipient, handle_DATA=self.take_mail)
        self._open.append(SMTP(handler, enable_SMTPUTF8=False, loop=asyncio.get_running_loop()))
        return self._open[-1]

    async def hang_up(self) -> None:
        """Close every connection, as a server does with those that rest."""
        for connection in self._open:
            transport: Any = connection.transport
            if transport is not None:
                transport.abort()
        await asyncio.sleep(0)

    def to(self, address: str) -> list["Accepted"]:
        return [mail for mail in self.accepted if mail.to == address]

    async def take_recipient(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if answer := self._answer("RCPT", address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def take_mail(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        (address,) = envelope.rcpt_tos
        answer = self._answer("DATA", address)
        if answer == "hang":
            await asyncio.get_running_loop().create_future()
        if answer and not answer.startswith("drop"):
            return answer
        if answer != "drop":
            assert isinstance(envelope.content, bytes)
            self.accepted.append(Accepted(address, envelope.content))
        if answer:
            transport: Any = server.transport
            transport.abort()
        return "250 OK"

    def _answer(self, command: str, address: str) -> str | None:
        waiting = self.refusals.get(address, [])
        if waiting and waiting[0].startswith(f"{command} "):
            return waiting.pop(0).removeprefix(f"{command} ")
        return None


@dataclass(frozen=True)
class Accepted:
    to: str
    raw: bytes

    @property
    def mail(self) -> EmailMessage:
        parsed = email.message_from_bytes(self.raw, policy=email.policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    @property
    def subject(self) -> str:
        return str(self.mail["Subject"])

    @property
    def message_id(self) -> str:
        return str(self.mail["Message-ID"])

    def part(self, kind: str) -> str:
        body = self.mail.get_body((kind,))
        assert body is not None
        content: str = body.get_content()
        return content


@asynccontextmanager
async def running_mail_server() -> AsyncIterator[MailServer]:
    mail = MailServer()

    server = await asyncio.get_running_loop().create_server(mail.connection, "127.0.0.1", 0)
    mail.port = server.sockets[0].getsockname()[1]
    try:
        yield mail
    finally:
        server.close()
        await mail.hang_up()
        await server.wait_closed()
