"""A mail says the same in HTML and in plain text, and what somebody typed stands in it as text."""

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from uuid import UUID

import pytest

from notifications_service.announcements.model import Words
from notifications_service.gatherings.model import Gathering
from notifications_service.gatherings.store import Known
from notifications_service.mail.letters import Letter, Letters
from notifications_service.tellings.model import ABOUT_JOINING, Kind
from notifications_service.unsubscribe.model import Links

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
BEFORE = Gathering(
    event_id=UUID(int=1),
    version=1,
    cell="national",
    title='Summit <b>2027</b> & "friends" – theatres',
    venue="Room 1",
    starts=datetime.fromisoformat("2027-01-14T10:00"),
    ends=datetime.fromisoformat("2027-01-14T16:00"),
    zone="Europe/London",
    revision=1,
    held_by="National Network",
)
KNOWN = Known(replace(BEFORE, version=2, venue="Room 2"), BEFORE)
LETTER = Letter(
    notification_id=UUID(int=7),
    message_id="<7@guildhall.example>",
    cause="a-cause",
    kind=Kind.REGISTRATION_CONFIRMED,
    cell="national",
    event_id=UUID(int=1),
    person_id=UUID(int=3),
    network_id=UUID(int=4),
    address="asha@example.org",
    name="Asha <i>Patel</i>",
    code="7KXQ4TPM",
    place=None,
)


@pytest.fixture(scope="module")
def letters() -> Letters:
    return Letters(
        sender="guildhall@guildhall.example",
        public_url="https://guildhall.example/",
        links=Links("k1", {"k1": b"0" * 32}),
    )


def read(letters: Letters, letter: Letter, known: Known | None = KNOWN) -> tuple[EmailMessage, str, str]:
    raw = letters.write(letter, known, now=NOW)
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    text, markup = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert markup is not None
    return mail, text.get_content().replace("\r\n", "\n"), markup.get_content()


ABOUT_NO_EVENT = {Kind.ADDRESS_TO_CONFIRM, Kind.ANNOUNCEMENT, Kind.REPORT_READY, *ABOUT_JOINING}


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in ABOUT_NO_EVENT])
def test_every_kind_says_when_where_and_to_whom_twice(letters: Letters, kind: Kind) -> None:
    mail, text, markup = read(letters, replace(LETTER, kind=kind))

    assert mail["To"] == "asha@example.org"
    assert mail["Message-ID"] == "<7@guildhall.example>"
    assert mail["X-Guildhall-Kind"] == kind
    assert BEFORE.title in str(mail["Subject"])
    for part in (text, markup):
        assert "Thursday 14 January 2027, 10:00 to 16:00, Europe/London time" in part
        assert "Room 2" in part
        assert "National Network" in part
        assert "https://guildhall.example/api/v1/cells/national/events/00000000-0000-0000-0000-000000000001" in part


def test_a_title_and_a_name_are_text_in_html(letters: Letters) -> None:
    _, text, markup = read(letters, LETTER)

    assert "<b>2027</b>" not in markup
    assert "&lt;b&gt;2027&lt;/b&gt; &amp; " in markup
    assert "Dear Asha &lt;i&gt;Patel&lt;/i&gt;," in markup
    assert "<script" not in markup
    assert 'Summit <b>2027</b> & "friends" – theatres' in text
    assert "Dear Asha <i>Patel</i>," in text


def test_no_rule_of_style_is_left_outside_the_elements_but_for_small_screens(letters: Letters) -> None:
    _, _, markup = read(letters, LETTER)

    assert markup.count("<style") == 1
    assert "@media only screen" in markup
    assert 'class="button"' in markup
    assert "background-color: #1d2b4f" in markup.split('class="button"')[1].split(">")[0]


def test_code_and_place_are_each_persons_own(letters: Letters) -> None:
    _, first, _ = read(letters, LETTER)
    _, second, _ = read(letters, replace(LETTER, name="Bo Lee", code="XXXX3333"))
    _, waiting, waiting_html = read(letters, replace(LETTER, kind=Kind.REGISTRATION_WAITLISTED, code=None, place=12))

    assert "Your registration code: 7KXQ4TPM" in first
    assert "Your registration code: XXXX3333" in second
    assert "7KXQ4TPM" not in second
    assert "number 12 in line" in waiting
    assert "registration code" not in waiting
    assert ">12</td>" in waiting_html


def test_a_change_shows_the_old_beside_the_new(letters: Letters) -> None:
    _, text, markup = read(letters, replace(LETTER, kind=Kind.EVENT_CHANGED))

    assert "It takes place somewhere else.\nWhere (new): Room 2\nWhere (was): Room 1" in text
    assert "<p>It takes place somewhere else.</p>" in markup.replace(' style="margin: 0 0 16px;"', "")
    assert "<del>Room 1</del>" in markup
    assert "When (new)" not in text


def test_another_version_of_the_event_is_laid_out_anew(letters: Letters) -> None:
    third = Known(replace(KNOWN.now, version=3, venue="Room 3"), KNOWN.now)

    _, second_text, _ = read(letters, LETTER)
    _, third_text, _ = read(letters, LETTER, third)

    assert ("Room 2" in second_text, "Room 3" in third_text) == (True, True)


def test_a_name_cannot_fill_another_gap(letters: Letters) -> None:
    gap = letters._gap("code")

    _, text, _ = read(letters, replace(LETTER, name=f"{gap} Patel"))

    assert f"Dear {gap} Patel," in text


def test_lines_are_short_enough_for_every_server(letters: Letters) -> None:
    long = Known(replace(BEFORE, title="theatres " * 200, venue="v" * 3000), None)

    raw = letters.write(LETTER, long, now=NOW)

    assert max(len(line) for line in raw.split(b"\r\n")) <= 100
    assert b"\n" not in raw.replace(b"\r\n", b"")


def test_an_announcement_says_what_a_lead_said_and_nothing_of_it_is_markup(letters: Letters) -> None:
    words = Words("Theatres & <b>flow</b>", "First of all.\n\nThen 1 < 2,\nas we know.", "Midlands")

    mail, text, markup = read(letters, replace(LETTER, kind=Kind.ANNOUNCEMENT, event_id=None, words=words), None)

    assert mail["Subject"] == words.title
    assert mail["X-Guildhall-Event"] is None
    assert "First of all.\n\nThen 1 < 2, as we know.\n\nFrom: Midlands" in text
    assert "Then 1 &lt; 2, as we know.</p>" in markup
    assert "Theatres &amp; &lt;b&gt;flow&lt;/b&gt;" in markup
    assert "/api/v1/cells/national/notifications" in text


def test_two_announcements_of_one_network_are_two_mails(letters: Letters) -> None:
    one, other = (
        read(letters, replace(LETTER, kind=Kind.ANNOUNCEMENT, event_id=None, words=Words(title, "Text.")), None)[0]
        for title in ("One", "Other")
    )

    assert (one["Subject"], other["Subject"]) == ("One", "Other")


def test_requests_to_two_networks_of_one_name_lead_to_each_its_own(letters: Letters) -> None:
    words = Words("Somebody asks to join", "They work in theatres.", "Midlands")
    asked = replace(LETTER, kind=Kind.JOIN_REQUESTED, event_id=None, code=None, words=words)

    texts = [read(letters, replace(asked, network_id=UUID(int=number)), None)[1] for number in (4, 5)]

    for number, text in zip((4, 5), texts, strict=True):
        assert f"/api/v1/networks/{UUID(int=number)}/join-requests" in text
