"""Mails that come back, as different servers write them, and a mailbox folder that they lie in."""

from dataclasses import dataclass
from pathlib import Path

from notifications_house import House
from notifications_mail_server import Accepted

from notifications_service.bounces.loop import Mailbox, Reader
from notifications_service.keys import hashes


def heads_of(mail: Accepted) -> str:
    return mail.raw.partition(b"\r\n\r\n")[0].decode("ascii")


def a_report(
    *,
    to: str,
    returned: str = "",
    status: str = "5.1.1",
    action: str = "failed",
    said: str = "550 5.1.1 User unknown",
    more: str = "",
) -> bytes:
    """A report by the book (RFC 3464) about one recipient. returned: the heads of the mail that came back."""
    return f"""\
From: Mail Delivery System <MAILER-DAEMON@mx.example.org>
To: guildhall@guildhall.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain

Your message could not be delivered.

--b1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; {to}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; {said}
{more}
--b1
Content-Type: text/rfc822-headers

{returned}

--b1--
""".encode()


def a_complaint(*, to: str, returned: str, kind: str = "abuse") -> bytes:
    """RFC 5965: somebody pressed the button for unwanted mail."""
    return f"""\
From: feedback@provider.example
To: guildhall@guildhall.example
Subject: Abuse report
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b1"

--b1
Content-Type: text/plain

This is an abuse report.

--b1
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: Provider/1.0
Version: 1
Original-Rcpt-To: <{to}>

--b1
Content-Type: message/rfc822

{returned}

Hello.
--b1--
""".encode()


def in_own_words(*, to: str, said: str, returned: str = "") -> bytes:
    """What an old server writes: no parts, its own sentences, and the mail below a line."""
    return f"""\
From: MAILER-DAEMON@mx.example.org
To: guildhall@guildhall.example
Subject: failure notice

Hi. This is the mail program at mx.example.org.
I'm afraid I wasn't able to deliver your message to the following addresses.

<{to}>:
{said}

--- Below this line is a copy of the message.

Return-Path: <guildhall@guildhall.example>
{returned}

Hello.
""".encode()


def away(*, sender: str) -> bytes:
    return f"""\
From: {sender}
To: guildhall@guildhall.example
Subject: Automatic reply: You are invited
Auto-Submitted: auto-replied

I am on leave. My mailbox is full of user unknown reports, by the way.
""".encode()


@dataclass
class Bouncing:
    """A house with a mailbox folder, which `read` goes through."""

    house: House
    folder: Path

    def __post_init__(self) -> None:
        Mailbox(self.folder).prepare()

    def put(self, raw: bytes, *, name: str = "1.mail", place: str = "new") -> None:
        (self.folder / place / name).write_bytes(raw)

    def reader(self) -> Reader:
        return Reader(self.house.worker, Mailbox(self.folder), hashes(self.house.settings.secrets_dir))

    async def read(self) -> int:
        reader, count = self.reader(), 0
        while found := await reader.round():
            count += found
        return count

    async def come_back(self, raw: bytes) -> None:
        self.put(raw)
        await self.read()

    def files(self, place: str) -> list[str]:
        return sorted(path.name for path in (self.folder / place).iterdir())

    async def kept(self) -> list[tuple[str, str, str]]:
        """Verdict, reason and what was matched, of everything read."""
        async with self.house.worker.reading() as conn:
            rows = await conn.fetch("SELECT verdict, reason, matched FROM bounces ORDER BY read_at, place")
        return [tuple(row) for row in rows]

    async def suppressed(self) -> list[tuple[object, str]]:
        """Persons whose address gets no mail, and why."""
        async with self.house.worker.reading() as conn:
            rows = await conn.fetch("SELECT person_id, reason FROM addresses WHERE state = 'suppressed'")
        return [tuple(row) for row in rows]
