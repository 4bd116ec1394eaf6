"""All but the personal parts of a mail is laid out once per event, kind and template, then filled in for each."""

import re
import secrets
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from email.header import Header
from email.utils import format_datetime
from typing import Any
from uuid import UUID

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from notifications_service.announcements.model import Words
from notifications_service.branding.model import TEXT_COLOUR, Template, Version, filled
from notifications_service.gatherings.store import Known
from notifications_service.mail.model import Unmailable, header_bytes, header_text, mailbox
from notifications_service.mail.moulds import GAPS, Mould, Written
from notifications_service.mail.wording import TEMPLATES, UNNAMED, Wording, Wordings, event_url
from notifications_service.reports import model as reports
from notifications_service.tellings.model import ASKED_FOR, SERVICE_MESSAGES, Kind
from notifications_service.unsubscribe.model import Confirmation, Links, Unsubscribe

REMEMBERED = 256
EMPHASISED = frozenset({"Your registration code", "Your place in line"})
HOUSE = "Guildhall"
HOUSE_COLOUR = "#1d2b4f"

WHY: Mapping[str, str] = {
    Kind.EVENT_ANNOUNCED: "You receive this because you are a member of a network that this event is open to.",
    Kind.EVENT_REMINDER: "You receive this because you have a place at this event.",
    Kind.ANNOUNCEMENT: "You receive this because you are a member of the network that says it.",
    Kind.ADDRESS_TO_CONFIRM: "You receive this because you asked for it.",
    Kind.JOIN_REQUESTED: "You receive this because you lead the network, or one above it. It is a service message.",
    Kind.JOIN_APPROVED: "You receive this because you asked to join. It is a service message, and always mailed.",
    Kind.JOIN_REFUSED: "You receive this because you asked to join. It is a service message, and always mailed.",
    Kind.REPORT_READY: "You receive this because you asked for this report regularly, until you end its schedule.",
}
REGISTERED = "You receive this because you registered for this event. It is a service message, and always mailed."
ACTIONS: Mapping[str, str] = {
    Kind.EVENT_ANNOUNCED: "Look at the event and register",
    Kind.ANNOUNCEMENT: "Look at your notifications",
    Kind.JOIN_REQUESTED: "Look at the requests",
    Kind.JOIN_APPROVED: "Look at your notifications",
    Kind.JOIN_REFUSED: "Look at your notifications",
    Kind.ADDRESS_TO_CONFIRM: "Confirm this address",
    Kind.REPORT_READY: "Open the report",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One mail to one person, before it is written."""

    notification_id: UUID
    message_id: str
    cause: str
    kind: str
    cell: str
    event_id: UUID | None
    person_id: UUID
    network_id: UUID | None = None
    """The cause's; None where it is not known here."""
    address: str
    name: str
    code: str | None
    place: int | None
    words: Words | None = None
    """What a lead said, in announcements; of joining, only the network's name; of a report, which it is."""
    link: str | None = None
    """What opens the report that it tells of."""
    template: Version | None = None
    """What the cause's network, or one above it, has changed."""


@dataclass(slots=True, kw_only=True)
class Letters:
    """sender: the address that mails come from. public_url: where links lead. links: signs those without a sign-in."""

    sender: str
    public_url: str
    links: Links
    wordings: Wordings = field(default_factory=Wordings)
    _secret: str = field(default_factory=lambda: f"Z{secrets.token_hex(12)}Z")
    """Marks the gaps in a mould; drawn anew by each process, so that no text of an event can hold it."""
    _moulds: "OrderedDict[tuple[object, ...], tuple[str, Mould]]" = field(default_factory=OrderedDict)
    _templates: Environment = field(init=False)
    _inliner: CSSInliner = field(init=False)

    def __post_init__(self) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(TEMPLATES),
            undefined=StrictUndefined,
            autoescape=lambda name: name is not None and name.endswith(".html.j2"),
            auto_reload=False,  # no file changes under a running process, so none is looked at again
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._inliner = CSSInliner(load_remote_stylesheets=False)

    def write(self, letter: Letter, known: Known | None, *, now: datetime) -> bytes:
        """The whole mail. Raises Unmailable where its headers would not be safe."""
        return self.compose(letter, known, now=now).mail

    def compose(self, letter: Letter, known: Known | None, *, now: datetime) -> Written:
        """The mail as mould and facts. Raises Unmailable."""
        facts = {
            "to": mailbox(letter.address),
            "date": format_datetime(now),
            "message_id": letter.message_id,
            "mail": letter.message_id.strip("<>").partition("@")[0],
            "kind": header_text(letter.kind),
            "cause": header_text(letter.cause),
            "event": str(letter.event_id or ""),
            "name": " ".join(letter.name.split()),
            "code": letter.code or "",
            "place": str(letter.place),
            "link": self._link(letter, now.date()),
            "unsubscribe": "" if letter.kind in SERVICE_MESSAGES else self._unsubscribe(letter, now.date()),
        }
        mould_id, mould = self._mould(letter, known)
        return Written(mould_id, mould, facts)

    def _unsubscribe(self, letter: Letter, day: date) -> str:
        link = Unsubscribe(person_id=letter.person_id, kind=letter.kind, network_id=letter.network_id, day=day)
        token = self.links.token(link, cell=letter.cell)
        return f"{self.public_url.rstrip('/')}/api/v1/cells/{letter.cell}/unsubscribe/{token}"

    def _link(self, letter: Letter, day: date) -> str:
        """What its button opens, where that is this person's own."""
        if letter.link is not None:
            return reports.address(self.public_url, letter.cell, letter.link)
        return self._confirmation(letter, day) if letter.kind == Kind.ADDRESS_TO_CONFIRM else ""

    def _confirmation(self, letter: Letter, day: date) -> str:
        address, version = confirmed_by(letter.cause)
        link = Confirmation(person_id=letter.person_id, address=address, version=version, day=day)
        token = self.links.token(link, cell=letter.cell)
        return f"{self.public_url.rstrip('/')}/api/v1/cells/{letter.cell}/preferences/confirm/{token}"

    def _mould(self, letter: Letter, known: Known | None) -> tuple[str, Mould]:
        before = known.before.version if known and known.before else None
        now = (known.now.event_id, known.now.version, known.now.held_by) if known else None
        template = (letter.template.network_id, letter.template.version) if letter.template else None
        name = (
            letter.kind,
            letter.cell,
            self._about(letter),
            now,
            before,
            letter.code is None,
            letter.place is None,
            letter.words,
            template,
        )
        if name in self._moulds:
            self._moulds.move_to_end(name)
            return self._moulds[name]
        mould = self._laid_out(letter, known)
        self._moulds[name] = (mould.id, mould)
        while len(self._moulds) > REMEMBERED:
            self._moulds.popitem(last=False)
        return self._moulds[name]

    def _laid_out(self, letter: Letter, known: Known | None) -> Mould:
        wording = self.wordings.of(
            letter.kind,
            known,
            code=self._gap("code") if letter.code is not None else None,
            place=self._gap("place") if letter.place is not None else None,
            words=letter.words,
        )
        template = letter.template.template if letter.template else Template()
        values = _values(known, name=self._gap("name"))
        context = self._context(letter, wording) | {
            "banner": filled(template.banner, values) or HOUSE,
            "colour": template.colour or HOUSE_COLOUR,
            "text_colour": template.text_colour or TEXT_COLOUR,
            "before": _paragraphs(filled(template.before, values)),
            "after": _paragraphs(filled(template.after, values)),
        }
        text = self._templates.get_template("layout.txt.j2").render(context)
        markup = self._inliner.inline(self._templates.get_template("layout.html.j2").render(context))
        prefix = filled(template.subject_prefix, values).strip()
        subject = f"{prefix} {wording.subject}" if prefix else wording.subject
        return Mould(
            self._from(template.sender_name) + header_bytes("Subject", subject),
            self._split(text),
            self._split(markup),
            letter.template.network_id if letter.template else None,
            letter.template.version if letter.template else None,
        )

    def _context(self, letter: Letter, wording: Wording) -> dict[str, Any]:
        return {
            "wording": wording,
            "name": self._gap("name"),
            "url": self._gap("link") if letter.kind in ASKED_FOR else self._about(letter),
            "action": ACTIONS.get(letter.kind, "Look at the event"),
            "why": WHY.get(letter.kind, REGISTERED),
            "unsubscribe": None if letter.kind in SERVICE_MESSAGES else self._gap("unsubscribe"),
            "public_url": self.public_url,
            "emphasised": EMPHASISED,
            "css": self._css("mail.css"),
            "css_for_small_screens": self._css("small-screens.css"),
        }

    def _about(self, letter: Letter) -> str:
        """Where the mail leads: to its event, or to the person's list."""
        if letter.kind == Kind.JOIN_REQUESTED and letter.network_id is not None:
            return f"{self.public_url.rstrip('/')}/api/v1/networks/{letter.network_id}/join-requests"
        if letter.event_id is None:
            return f"{self.public_url.rstrip('/')}/api/v1/cells/{letter.cell}/notifications"
        return event_url(self.public_url, letter.cell, letter.event_id)

    def _from(self, name: str) -> bytes:
        """The sender's name is quoted, or encoded; a template's was checked when it was saved."""
        address = mailbox(self.sender)
        name = header_text(name or HOUSE)
        if name.isascii() and not set(name) & set('"\\'):
            return f'From: "{name}" <{address}>\r\n'.encode("ascii")
        encoded = Header(name, "utf-8", maxlinelen=76, header_name="From").encode(linesep="\r\n")
        return f"From: {encoded}\r\n <{address}>\r\n".encode("ascii")

    def _gap(self, name: str) -> str:
        return f"{self._secret}{name}{self._secret}"

    def _split(self, text: str) -> Sequence[str]:
        return re.split(f"{self._secret}({'|'.join(GAPS)}){self._secret}", text)

    def _css(self, name: str) -> str:
        loader = self._templates.loader
        assert loader is not None
        return loader.get_source(self._templates, name)[0]


def confirmed_by(cause: str) -> tuple[str, int]:
    """Hash of the address, and version of its suppression, of `address:<hash>@<version>:<hour>`. Raises Unmailable."""
    found = re.fullmatch(r"address:([^@]+)@(\d{1,9}):.*", cause)
    if found is None:
        raise Unmailable("not-a-confirmation")
    return found[1], int(found[2])


def _values(known: Known | None, *, name: str) -> Mapping[str, str]:
    """What stands behind the names that a template may use."""
    now = known.now if known else None
    return {
        "name": name,
        "event": now.title if now else UNNAMED,
        "network": (now.held_by or HOUSE) if now else HOUSE,
        "when": now.when if now else "",
        "where": now.venue if now else "",
    }


def _paragraphs(text: str) -> list[list[str]]:
    """Lines of paragraphs; an empty line ends one."""
    return [block.splitlines() for block in re.split(r"\n\s*\n", text.strip()) if block.strip()]
