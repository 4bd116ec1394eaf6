"""Pages and mails can be read by everybody: axe finds nothing, and nothing scrolls sideways on a telephone."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from uuid import UUID

import httpx
from judges import Page, at_both_widths, faults_of
from notifications_house import House, address_of, network_id, published
from notifications_links import announced, confirm_path, press, unsubscribe_path

from notifications_contracts import AddressSuppressed
from notifications_service.announcements.model import Words
from notifications_service.branding.model import Template, Version
from notifications_service.gatherings.model import Gathering, Session
from notifications_service.gatherings.store import Known
from notifications_service.keys import hashes
from notifications_service.mail.letters import Letter, Letters
from notifications_service.reports.model import words_for
from notifications_service.tellings.model import ABOUT_JOINING, ASKED_FOR, SHOWS_THE_CODE, Kind
from notifications_service.unsubscribe.model import Links
from servicekit import clock

TRUST = "national.midlands.rwp"
LONG = "WolverhamptonAndSandwellOperationalImprovementCollaborativeTheatresProgrammeOfTheYear"
STARTS = datetime.fromisoformat("2027-01-14T10:00")
OPENING = Session("Opening", STARTS, STARTS + timedelta(minutes=30))
SUMMIT = Gathering(
    event_id=UUID(int=1),
    version=1,
    cell="midlands",
    title=f"Summit of operational managers: theatres, flow & discharge, {LONG}",
    venue="Leeds Civic Hall, Room 1",
    starts=STARTS,
    ends=STARTS + timedelta(hours=6),
    zone="Europe/London",
    revision=1,
    held_by="Midlands",
    mode="offline",
    sessions=(OPENING, replace(OPENING, title="Flow")),
)
CHANGED = Known(
    replace(
        SUMMIT,
        version=2,
        venue="Online",
        mode="online",
        sessions=(replace(OPENING, starts=STARTS + timedelta(hours=1), ends=STARTS + timedelta(hours=2)),),
    ),
    SUMMIT,
)
BRANDED = Version(
    network_id=network_id("national.midlands"),
    version=3,
    changed_at=datetime(2026, 11, 1, tzinfo=UTC),
    template=Template(
        sender_name="Midlands Network",
        banner="Midlands operational managers",
        colour="#7c2855",
        text_colour="#ffffff",
        subject_prefix="[Midlands]",
        before="We are glad that you belong to us.\n\nThis is about {{event}}.",
        after="With kind regards,\nthe Midlands team",
    ),
)
WORDS: Mapping[str, Words] = {
    Kind.ANNOUNCEMENT: Words("Theatres & flow", f"First of all: {LONG}.\n\nThen, as we know.", "Midlands"),
    Kind.REPORT_READY: words_for(
        "active-members",
        "Midlands",
        first=datetime(2026, 12, 1, tzinfo=UTC).date(),
        last=datetime(2026, 12, 31, tzinfo=UTC).date(),
        expires_at=datetime(2027, 1, 18, tzinfo=UTC),
    ),
} | dict.fromkeys(ABOUT_JOINING, Words("", "", "Royal Wolverhampton"))
ABOUT_NO_EVENT = ABOUT_JOINING | ASKED_FOR | {Kind.ANNOUNCEMENT}


def letter(kind: Kind, template: Version | None) -> Letter:
    return Letter(
        notification_id=UUID(int=7),
        message_id="<7@guildhall.example>",
        cause=f"address:k1:{'a' * 64}@1:now" if kind is Kind.ADDRESS_TO_CONFIRM else "a-cause",
        kind=kind,
        cell="midlands",
        event_id=None if kind in ABOUT_NO_EVENT else SUMMIT.event_id,
        person_id=UUID(int=3),
        network_id=UUID(int=4),
        address="asha@example.org",
        name="Asha Patel",
        code="7KXQ4TPM" if kind in SHOWS_THE_CODE else None,
        place=12 if kind is Kind.REGISTRATION_WAITLISTED else None,
        words=WORDS.get(kind),
        link="4Wq0n3yJ2m5T8c1vXb7KfZ6hR9aEoLdU" if kind is Kind.REPORT_READY else None,
        template=template,
    )


def html_of(kind: Kind, template: Version | None = None) -> str:
    """The part of the mail that most people see."""
    letters = Letters(
        sender="guildhall@guildhall.example",
        public_url="https://guildhall.example",
        links=Links("k1", {"k1": b"0" * 32}),
    )
    known = None if kind in ABOUT_NO_EVENT else CHANGED
    mail = message_from_bytes(
        letters.write(letter(kind, template), known, now=datetime(2026, 11, 23, tzinfo=UTC)), policy=policy.default
    )
    body = mail.get_body(("html",))
    assert body is not None
    content: str = body.get_content()
    return content


async def test_a_mail_of_every_kind_can_be_read_by_everybody() -> None:
    pages = [page for kind in Kind for page in at_both_widths(f"mail-{kind}", html_of(kind))]
    pages += at_both_widths("mail-branded", html_of(Kind.EVENT_CHANGED, BRANDED))

    assert await asyncio.to_thread(faults_of, pages) == {}


def seen(name: str, answer: httpx.Response, title: str, *, status: int = 200) -> list[Page]:
    """title, status: of the page that it is to be a picture of."""
    assert (answer.status_code, title in answer.text) == (status, True), answer.text
    return at_both_widths(name, answer.text, answer.headers)


async def test_every_page_of_an_unsubscribe_link_can_be_read_by_everybody(house: House) -> None:
    person = await house.person(TRUST)
    await house.hear(published(at=TRUST), TRUST)
    path = unsubscribe_path(await announced(house, address_of(person)))

    pages = seen("unsubscribe-ask", await house.http.get(path), "Unsubscribe from announcements of events")
    pages += seen("unsubscribe-done", await press(house, path, "unsubscribe"), "You are unsubscribed")
    pages += seen("unsubscribe-taken-back", await press(house, path, "undo"), "You are subscribed again")
    pages += seen("unsubscribe-nothing-asked", await press(house, path, "dance"), "Nothing was changed", status=422)
    pages += seen("unsubscribe-bad-link", await house.http.get(f"{path}x"), "This link does not work", status=404)

    assert await asyncio.to_thread(faults_of, pages) == {}


async def test_every_page_that_confirms_an_address_can_be_read_by_everybody(house: House) -> None:
    asha = await house.directory.person(TRUST)
    await house.profile(asha.person_id, address_of(asha.person_id))
    address = hashes(house.settings.secrets_dir).of(address_of(asha.person_id))
    await house.hear(
        AddressSuppressed(
            version=1, person_id=asha.person_id, address=address, reason="complaint", suppressed_at=clock.now()
        )
    )
    await house.http.post("/api/v1/cells/national/preferences/address/confirm", headers=asha.bearer)
    await house.send_all()
    path = confirm_path(house.mail.to(address_of(asha.person_id))[0])

    pages = seen("confirm-ask", await house.http.get(path), "Confirm your e-mail address")
    pages += seen("confirm-nothing-asked", await press(house, path, "dance"), "Nothing was changed", status=422)
    pages += seen("confirm-done", await press(house, path, "confirm"), "Your address is confirmed")
    pages += seen("confirm-used", await press(house, path, "confirm"), "This link has done its work", status=422)
    pages += seen("confirm-bad-link", await house.http.get(f"{path}x"), "This link does not work", status=404)

    assert await asyncio.to_thread(faults_of, pages) == {}
