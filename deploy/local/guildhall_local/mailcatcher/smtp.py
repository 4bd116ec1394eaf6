"""The SMTP side: takes every mail for everybody, unless it was asked to misbehave for the next few."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Literal

from aiosmtpd.smtp import SMTP, Envelope, Session

from guildhall_local.mailcatcher.store import Arrived, Store

LARGEST = 10 * 1024 * 1024
Fault = Literal["refuse", "hang-up", "swallow-answer"]
"""451 and not kept; the connection cut and not kept; kept, and the connection cut in place of the answer."""


@dataclass(slots=True)
class Faults:
    """How the next mails are to be mistreated, for those who test what a sender then does."""

    fault: Fault = "refuse"
    left: int = field(default=0)

    def take(self) -> Fault | None:
        if self.left == 0:
            return None
        self.left -= 1
        return self.fault


class Conversation:
    """What is answered where aiosmtpd leaves it to us."""

    def __init__(self, store: Store, faults: Faults, now: Callable[[], datetime]) -> None:
        self._store = store
        self._faults = faults
        self._now = now

    async def greet(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def take(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        fault = self._faults.take()
        if fault == "refuse":
            return "451 4.3.0 Asked to refuse this one; try again later"
        if fault == "hang-up":
            return _cut(server)
        content = envelope.content
        id_ = await self._store.keep(
            Arrived(
                received_at=self._now().isoformat(timespec="milliseconds"),
                sender=envelope.mail_from or "",
                recipients=envelope.rcpt_tos,
                raw=content if isinstance(content, bytes) else (content or "").encode(),
            )
        )
        return _cut(server) if fault == "swallow-answer" else f"250 2.0.0 Kept as {id_}"


def _cut(server: SMTP) -> str:
    if isinstance(server.transport, asyncio.Transport):
        server.transport.abort()
    return "421 4.3.2 Cut"


async def listen(
    store: Store,
    faults: Faults,
    *,
    host: str,
    port: int,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    conversation = Conversation(store, faults, now)
    hooks = SimpleNamespace(handle_EHLO=conversation.greet, handle_DATA=conversation.take)
    return await loop.create_server(
        lambda: SMTP(
            hooks,
            loop=loop,
            hostname="mail.guildhall.example",
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
        ),
        host,
        port,
    )
