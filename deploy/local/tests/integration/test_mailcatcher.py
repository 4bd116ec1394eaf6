"""Mail goes in by SMTP and is read on a page or by a program; what was answered 250 is never lost."""

import asyncio
import os
import random
import signal
import smtplib
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest

from guildhall_local.gateway.testing import Listener
from guildhall_local.instance import HOST
from guildhall_local.mailcatcher.app import create_app
from guildhall_local.ports import is_free
from guildhall_local.testservers import free_ports
from servicekit.testing import eventually

SENDER = "no-reply@guildhall.example"


@dataclass
class PostOffice:
    smtp_port: int
    http: httpx.AsyncClient

    async def send(self, *mails: EmailMessage) -> None:
        await asyncio.to_thread(self._send, mails)

    def _send(self, mails: Sequence[EmailMessage]) -> None:
        with smtplib.SMTP(HOST, self.smtp_port) as connection:
            for mail in mails:
                connection.send_message(mail)

    async def messages(self, **asked: Any) -> list[dict[str, Any]]:
        answer = (await self.http.get("/api/messages", params=asked)).json()
        return list(answer["messages"])


@pytest.fixture
async def post_office(tmp_path: Path) -> AsyncIterator[PostOffice]:
    page_port, smtp_port = free_ports(2)
    listener = Listener(create_app(folder=tmp_path, smtp_port=smtp_port), page_port, lifespan="on")
    await listener.start()
    async with httpx.AsyncClient(base_url=f"http://{HOST}:{page_port}") as http:
        await http.get("/readyz")
        yield PostOffice(smtp_port, http)
    await listener.stop()


def a_mail(
    *,
    to: str = "priya.nair@rwp.nhs.example",
    subject: str = "Your place",
    text: str = "Dear Priya\n",
    html: str = "",
) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = SENDER, to, subject
    mail.set_content(text)
    if html:
        mail.add_alternative(html, subtype="html")
    return mail


async def test_a_mail_and_its_twin_are_read_back(post_office: PostOffice) -> None:
    mail = a_mail(subject="Your place – confirmed", text="Dear Zoë\n\n.dots\n", html="<h1>Dear Zoë</h1>\n")
    mail["Message-ID"] = "<1@guildhall.example>"
    mail["X-Guildhall-Cause"] = "0190"

    await post_office.send(mail)

    [message] = await post_office.messages()
    assert message["message_id"] == "<1@guildhall.example>"
    assert (message["from"], message["to"]) == (SENDER, ["priya.nair@rwp.nhs.example"])
    assert message["subject"] == "Your place – confirmed"
    assert message["text"] == "Dear Zoë\n\n.dots\n"
    assert message["html"] == "<h1>Dear Zoë</h1>\n"
    assert ["X-Guildhall-Cause", "0190"] in message["headers"]
    assert message["received_at"].endswith("+00:00")

    page = await post_office.http.get(f"/mail/{message['id']}")
    assert "Your place – confirmed" in page.text
    assert "Dear Zoë\n\n.dots" in page.text
    assert f'src="/mail/{message["id"]}/html" sandbox="allow-popups' in page.text
    assert "&lt;1@guildhall.example&gt;" in page.text
    source = await post_office.http.get(f"/mail/{message['id']}/source")
    assert "X-Guildhall-Cause: 0190" in source.text
    assert source.headers["content-type"] == "text/plain; charset=utf-8"


async def test_a_mail_is_text_and_never_markup_of_the_page(post_office: PostOffice) -> None:
    bad = "<script>alert(1)</script>"

    await post_office.send(a_mail(subject=bad, text=bad, html=f"<html><head></head><body>{bad}</body></html>"))

    [message] = await post_office.messages()
    for path in ("/", "/?to=%3Cscript%3E", f"/mail/{message['id']}"):
        page = await post_office.http.get(path)
        assert "<script" not in page.text
        assert "&lt;script&gt;" in page.text
        assert "script-src" not in page.headers["content-security-policy"]
        assert page.headers["content-security-policy"].startswith("default-src 'none'")
    framed = await post_office.http.get(f"/mail/{message['id']}/html")
    policy = framed.headers["content-security-policy"]
    assert "sandbox allow-popups allow-popups-to-escape-sandbox;" in policy
    assert "allow-scripts" not in policy
    assert "default-src 'none'" in policy
    assert '<head><base target="_blank"></head>' in framed.text


async def test_the_newest_comes_first_and_a_person_is_found(post_office: PostOffice) -> None:
    await post_office.send(
        *(a_mail(to=f"p{n}@rwp.nhs.example", subject=f"Mail {n}") for n in range(60)),
        a_mail(to="under_score@rwp.nhs.example", subject="Mail to underscore"),
    )

    first, last = await post_office.http.get("/"), await post_office.http.get("/?page=3")
    one = await post_office.http.get("/", params={"to": "P17@"})
    literal = await post_office.http.get("/", params={"to": "_"})
    none = await post_office.http.get("/", params={"to": "%"})

    assert "61 mails, page 1 of 3" in first.text
    assert first.text.index("Mail to underscore") < first.text.index("Mail 59<") < first.text.index("Mail 36<")
    assert "Mail 35<" not in first.text
    assert "Mail 0<" in last.text
    assert "1 mail to “P17@”" in one.text
    assert "Mail 17<" in one.text
    assert "1 mail to “_”" in literal.text
    assert "No mail to “%”" in none.text


async def test_a_program_reads_on_from_where_it_was(post_office: PostOffice) -> None:
    await post_office.send(*(a_mail(subject=f"Mail {n}") for n in range(5)))

    first = (await post_office.http.get("/api/messages", params={"limit": 3})).json()
    second = (await post_office.http.get("/api/messages", params={"after": first["next"]})).json()
    third = (await post_office.http.get("/api/messages", params={"after": second["next"]})).json()

    subjects = [message["subject"] for message in first["messages"] + second["messages"]]
    assert subjects == [f"Mail {n}" for n in range(5)]
    assert first["total"] == 5
    assert (third["messages"], third["next"]) == ([], second["next"])


async def test_removing_everything_uses_no_number_twice(post_office: PostOffice) -> None:
    await post_office.send(a_mail(), a_mail())
    [_, before] = await post_office.messages()

    removed = (await post_office.http.delete("/api/messages")).json()
    gone = await post_office.http.get(f"/mail/{before['id']}")
    await post_office.send(a_mail())
    [after] = await post_office.messages()

    assert removed == {"removed": 2}
    assert (gone.status_code, "There is no such mail" in gone.text) == (404, True)
    assert after["id"] > before["id"]


@pytest.mark.parametrize("path", ["/mail/7", "/mail/seven", "/mail/7/html", "/elsewhere"])
async def test_what_is_not_there_is_said_on_a_page(post_office: PostOffice, path: str) -> None:
    answer = await post_office.http.get(path)

    assert answer.status_code == 404
    assert "There is no such mail" in answer.text


async def test_many_connections_may_talk_without_waiting(post_office: PostOffice) -> None:
    async def lane(number: int) -> bytes:
        reader, writer = await asyncio.open_connection(HOST, post_office.smtp_port)
        mails = b"".join(
            b"MAIL FROM:<a@b.example>\r\nRCPT TO:<lane%d.%d@b.example>\r\nDATA\r\n"
            b"Subject: x\r\n\r\n..\r\n.\r\n" % (number, n)
            for n in range(50)
        )
        writer.write(b"EHLO test\r\n" + mails + b"QUIT\r\n")
        told = await reader.read()
        writer.close()
        return told

    told = await asyncio.gather(*(lane(number) for number in range(4)))

    assert all(b"250-PIPELINING\r\n" in lane and lane.count(b"250 2.0.0 Kept as") == 50 for lane in told)
    recipients = [message["to"] for message in await post_office.messages(limit=1000)]
    assert sorted(recipients) == sorted([f"lane{lane}.{n}@b.example"] for lane in range(4) for n in range(50))


async def test_a_mail_that_is_too_large_is_refused(post_office: PostOffice) -> None:
    with pytest.raises(smtplib.SMTPSenderRefused, match="size exceeds"):
        await post_office.send(a_mail(text="x" * 70 + "\n" + ("y" * 70 + "\n") * 160_000))

    assert await post_office.messages() == []


async def test_a_sender_meets_the_faults_that_were_asked_for(post_office: PostOffice) -> None:
    async def fault(kind: str) -> None:
        await post_office.http.put("/api/faults", json={"fault": kind, "count": 1})

    await fault("refuse")
    with pytest.raises(smtplib.SMTPDataError, match="451"):
        await post_office.send(a_mail(subject="refused"))
    await fault("hang-up")
    with pytest.raises(smtplib.SMTPServerDisconnected):
        await post_office.send(a_mail(subject="hung up on"))
    await fault("swallow-answer")
    with pytest.raises(smtplib.SMTPServerDisconnected):
        await post_office.send(a_mail(subject="kept in silence"))
    await post_office.send(a_mail(subject="answered"))

    subjects = [message["subject"] for message in await post_office.messages()]
    assert subjects == ["kept in silence", "answered"]


async def test_what_was_answered_survives_a_kill(tmp_path: Path) -> None:
    base = free_block()
    environment = {**os.environ, "GUILDHALL_STATE": str(tmp_path), "PORT_BASE": str(base)}
    async with httpx.AsyncClient(base_url=f"http://{HOST}:{base + 2}") as http:
        office = PostOffice(base + 3, http)

        async def ready() -> bool:
            try:
                return (await http.get("/readyz")).status_code == 200
            except httpx.TransportError:
                return False

        async def started() -> asyncio.subprocess.Process:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "guildhall_local.mailcatcher", env=environment
            )
            await eventually(ready)
            return process

        killed = await started()
        await office.send(*(a_mail(subject=f"Mail {n}") for n in range(50)))
        killed.send_signal(signal.SIGKILL)
        await killed.wait()
        again = await started()
        kept = await office.messages()
        again.terminate()
        await again.wait()

    assert [message["subject"] for message in kept] == [f"Mail {n}" for n in range(50)]


def free_block() -> int:
    """The base of a stack whose two ports for mail are free, below those that clients are given."""
    while True:
        base = random.randrange(10_000, 30_000, 50)
        if is_free(base + 2) and is_free(base + 3):
            return base
