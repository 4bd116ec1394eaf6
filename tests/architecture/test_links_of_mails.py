"""Every address that a mail writes is one that opens: promised, routed, and public exactly where it holds a secret."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from uuid import UUID

import pytest
from house import ROOT
from ways_in import WaysIn, ways_in

from notifications_service.announcements.model import Words
from notifications_service.mail.letters import Letter, Letters
from notifications_service.mail.moulds import Written
from notifications_service.tellings.model import ABOUT_JOINING, ASKED_FOR, SERVICE_MESSAGES, Kind
from notifications_service.unsubscribe.model import Links

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
HOUSE = "https://guildhall.example"
ABOUT_NO_EVENT = ABOUT_JOINING | ASKED_FOR | {Kind.ANNOUNCEMENT}
LETTER = Letter(
    notification_id=UUID(int=7),
    message_id="<7@guildhall.example>",
    cause=f"address:{'a' * 64}@1:now",
    kind=Kind.EVENT_ANNOUNCED,
    cell="midlands",
    event_id=UUID(int=1),
    person_id=UUID(int=3),
    network_id=UUID(int=4),
    address="asha@example.org",
    name="Asha Patel",
    code=None,
    place=None,
)
PUBLISHED = json.loads((ROOT / "docs/api/openapi.json").read_text())["paths"]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> WaysIn:
    return ways_in(tmp_path_factory.mktemp("gateway"))


def letter(kind: Kind) -> Letter:
    return replace(
        LETTER,
        kind=kind,
        event_id=None if kind in ABOUT_NO_EVENT else LETTER.event_id,
        words=Words("Flow", "First of all.", "Midlands") if kind in ABOUT_NO_EVENT else None,
        link="4Wq0n3yJ/2m5T.8c1vXb7KfZ" if kind is Kind.REPORT_READY else None,
    )


def written(of: Letter) -> Written:
    letters = Letters(sender="guildhall@guildhall.example", public_url=HOUSE, links=Links("k1", {"k1": b"0" * 32}))
    return letters.compose(of, None, now=NOW)


def addresses(of: Letter) -> set[str]:
    """The paths of all that can be opened from the mail: its header, its text, its HTML."""
    mail = message_from_bytes(written(of).mail, policy=policy.default)
    text, markup = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert markup is not None
    whole = "\n".join([str(mail["List-Unsubscribe"] or ""), text.get_content(), markup.get_content()])
    assert set(re.findall(r'href="(.*?)"', markup.get_content())) <= set(_urls(text.get_content())), "HTML shows more"
    return {url.removeprefix(HOUSE) for url in _urls(whole)} - {""}


def secret(of: Letter) -> set[str]:
    """The paths of those that are one person's own."""
    facts = written(of).facts
    return {facts[gap].removeprefix(HOUSE) for gap in ("link", "unsubscribe")} - {""}


def promised(path: str) -> set[str]:
    """Methods that are published for it."""
    found = [methods for template, methods in PUBLISHED.items() if re.fullmatch(_pattern(template), path)]
    return {method for methods in found for method in methods}


@pytest.mark.parametrize("kind", Kind)
def test_every_address_of_a_mail_opens(gateway: WaysIn, kind: Kind) -> None:
    found, own = addresses(letter(kind)), secret(letter(kind))

    assert found >= own
    assert len(found) == (1 if kind in SERVICE_MESSAGES else 2)
    assert {path: "get" in promised(path) for path in found} == dict.fromkeys(found, True)
    assert {path for path in found if gateway.way(path).is_public} == own


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind not in SERVICE_MESSAGES])
def test_one_click_unsubscribes_where_the_mail_says_so(kind: Kind) -> None:
    [path] = secret(letter(kind))

    assert promised(path) == {"get", "post"}


def test_a_request_to_join_leads_its_lead_somewhere_even_if_the_network_is_unknown_here(gateway: WaysIn) -> None:
    """As to all who are told of nothing that has a page of its own: to their list."""
    [path] = addresses(replace(letter(Kind.JOIN_REQUESTED), network_id=None))

    assert "get" in promised(path)
    assert gateway.way(path).service == "notifications"


def _urls(text: str) -> list[str]:
    return re.findall(rf'{re.escape(HOUSE)}[^\s"<>]*', text)


def _pattern(template: str) -> str:
    return re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
