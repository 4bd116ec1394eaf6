"""The stack's own pages can be read by everybody: axe finds nothing, and nothing scrolls sideways on a telephone."""

import asyncio
import smtplib
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlencode

import httpx
from judges import Page, at_both_widths, faults_of

from guildhall_local.gateway.testing import Listener
from guildhall_local.instance import HOST
from guildhall_local.mailcatcher.app import create_app
from guildhall_local.provider.testing import SIGN_IN, running_desk
from guildhall_local.testservers import free_ports

LONG = "WolverhamptonAndSandwellOperationalImprovementCollaborativeTheatresProgrammeOfTheYear"
HTML = (
    '<!DOCTYPE html><html lang="en"><head><title>Your place</title></head>'
    "<body><main><h1>Dear Priya</h1><p>You have a place.</p></main></body></html>"
)


async def test_every_page_of_the_sign_in_can_be_read_by_everybody(tmp_path: Path) -> None:
    asked = {
        "about": "/",
        "people": f"/authorize?{urlencode(SIGN_IN)}",
        "found": f"/authorize?{urlencode({**SIGN_IN, 'q': 'priya'})}",
        "nobody": f"/authorize?{urlencode({**SIGN_IN, 'q': LONG})}",
        "unknown": f"/authorize?{urlencode({**SIGN_IN, 'login_hint': LONG})}",
        "unusable": "/authorize",
    }
    async with running_desk(tmp_path) as desk:
        pages = [
            page for name, path in asked.items() for page in at_both_widths(f"sign-in-{name}", url=desk.issuer + path)
        ]

        faults = await asyncio.to_thread(faults_of, pages)

    assert but_for_refusals(faults) == {}


def but_for_refusals(faults: dict[str, list[str]]) -> dict[str, list[str]]:
    """A page that says no arrives with a status that the browser notes as well: that is no fault of the page."""
    kept = {
        name: [one for one in found if "the server responded with a status of 4" not in one]
        for name, found in faults.items()
    }
    return {name: found for name, found in kept.items() if found}


def a_mail(number: int, *, html: str = HTML) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"] = "no-reply@guildhall.example", f"priya.nair.{number}@{LONG[:40]}.nhs.example"
    mail["Subject"] = f"Your place: {LONG}" if number % 2 else "Your place"
    mail["X-Guildhall-Cause"] = LONG * 3
    mail.set_content(f"Dear Priya\n\n{LONG}\n")
    if html:
        mail.add_alternative(html, subtype="html")
    return mail


def sent(port: int, count: int) -> None:
    with smtplib.SMTP(HOST, port) as connection:
        for number in range(count):
            connection.send_message(a_mail(number, html=HTML if number else ""))


async def test_every_page_of_the_mail_catcher_can_be_read_by_everybody(tmp_path: Path) -> None:
    page_port, smtp_port = free_ports(2)
    base = f"http://{HOST}:{page_port}"
    listener = Listener(create_app(folder=tmp_path, smtp_port=smtp_port), page_port, lifespan="on")
    await listener.start()
    try:
        async with httpx.AsyncClient(base_url=base) as http:
            await http.get("/readyz")
        empty = at_both_widths("mails-none", url=base)
        faults = await asyncio.to_thread(faults_of, empty)
        await asyncio.to_thread(sent, smtp_port, 30)
        asked = {"list": "/", "last": "/?page=2", "found": "/?to=priya.nair.7", "one": "/mail/2", "text": "/mail/1"}
        pages: list[Page] = [
            page for name, path in asked.items() for page in at_both_widths(f"mails-{name}", url=base + path)
        ]
        pages += at_both_widths("mails-gone", url=f"{base}/mail/999")

        faults |= await asyncio.to_thread(faults_of, pages)
    finally:
        await listener.stop()

    assert but_for_refusals(faults) == {}
