"""All but the personal parts of a mail is laid out once per event and kind, then filled in for each person."""

import binascii
import html
import re
import secrets
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from uuid import UUID

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from notifications_service.gatherings.store import Known
from notifications_service.mail.model import header_bytes, mailbox
from notifications_service.mail.wording import TEMPLATES, Wordings, event_url
from notifications_service.tellings.model import Kind

REMEMBERED = 256
EMPHASISED = frozenset({"Your registration code", "Your place in line"})
SENDER_NAME = "Guildhall"

REGISTERED = "You receive this because you registered for this event."
MAY_COME = "You receive this because you are a member of a network that this event is open to."


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One mail to one person, before it is written."""

    notification_id: UUID
    message_id: str
    cause: str
    kind: str
    cell: str
    event_id: UUID | None
    address: str
    name: str
    code: str | None
    place: int | None


@dataclass(frozen=True, slots=True)
class _Mould:
    """A mail without its personal parts: text, name of a part, text, name of a part, and so on."""

    subject: bytes
    text: Sequence[str]
    html: Sequence[str]


@dataclass(slots=True, kw_only=True)
class Letters:
    """sender: the address that mails come from. public_url: where links lead."""

    sender: str
    public_url: str
    wordings: Wordings = field(default_factory=Wordings)
    _secret: str = field(default_factory=lambda: f"Z{secrets.token_hex(12)}Z")
    """Marks the gaps in a mould; drawn anew by each process, so that no text of an event can hold it."""
    _boundary: str = field(default_factory=lambda: f"=_{secrets.token_hex(16)}")
    """`=_` never stands in quoted-printable text."""
    _moulds: "OrderedDict[tuple[object, ...], _Mould]" = field(default_factory=OrderedDict)
    _templates: Environment = field(init=False)
    _inliner: CSSInliner = field(init=False)
    _from: bytes = field(init=False)

    def __post_init__(self) -> None:
        self._templates = Environment(
            loader=FileSystemLoader(TEMPLATES),
            undefined=StrictUndefined,
            autoescape=lambda name: name is not None and name.endswith(".html.j2"),
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._inliner = CSSInliner(load_remote_stylesheets=False)
        self._from = f"From: {SENDER_NAME} <{mailbox(self.sender)}>\r\n".encode("ascii")

    def write(self, letter: Letter, known: Known | None, *, now: datetime) -> bytes:
        """The whole mail. Raises Unmailable where its headers would not be safe."""
        to = mailbox(letter.address)
        mould = self._mould(letter, known)
        parts = {"name": " ".join(letter.name.split()), "code": letter.code or "", "place": str(letter.place)}
        heads = [
            self._from,
            f"To: {to}\r\n".encode("ascii"),
            mould.subject,
            f"Date: {format_datetime(now)}\r\n".encode("ascii"),
            f"Message-ID: {letter.message_id}\r\n".encode("ascii"),
            b"Auto-Submitted: auto-generated\r\n",
            header_bytes("X-Guildhall-Kind", letter.kind),
            header_bytes("X-Guildhall-Cause", letter.cause),
        ]
        if letter.event_id is not None:
            heads.append(f"X-Guildhall-Event: {letter.event_id}\r\n".encode("ascii"))
        escaped = {name: html.escape(value) for name, value in parts.items()}
        return b"".join([*heads, *self._alternatives(_filled(mould.text, parts), _filled(mould.html, escaped))])

    def _alternatives(self, text: str, markup: str) -> Sequence[bytes]:
        boundary = self._boundary.encode("ascii")
        return [
            b'MIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary="',
            boundary,
            b'"\r\n\r\n--',
            boundary,
            _part("plain", text),
            b"\r\n--",
            boundary,
            _part("html", markup),
            b"\r\n--",
            boundary,
            b"--\r\n",
        ]

    def _mould(self, letter: Letter, known: Known | None) -> _Mould:
        before = known.before.version if known and known.before else None
        now = (known.now.event_id, known.now.version, known.now.held_by) if known else None
        name = (letter.kind, letter.cell, now, before, letter.code is None, letter.place is None)
        if name in self._moulds:
            self._moulds.move_to_end(name)
            return self._moulds[name]
        mould = self._moulds[name] = self._laid_out(letter, known)
        while len(self._moulds) > REMEMBERED:
            self._moulds.popitem(last=False)
        return mould

    def _laid_out(self, letter: Letter, known: Known | None) -> _Mould:
        wording = self.wordings.of(
            letter.kind,
            known,
            code=self._gap("code") if letter.code is not None else None,
            place=self._gap("place") if letter.place is not None else None,
        )
        context = {
            "wording": wording,
            "name": self._gap("name"),
            "url": event_url(self.public_url, letter.cell, letter.event_id),
            "action": "Look at the event" if letter.kind != Kind.EVENT_ANNOUNCED else "Look at the event and register",
            "why": REGISTERED if letter.kind != Kind.EVENT_ANNOUNCED else MAY_COME,
            "public_url": self.public_url,
            "emphasised": EMPHASISED,
            "css": self._css("mail.css"),
            "css_for_small_screens": self._css("small-screens.css"),
        }
        text = self._templates.get_template("layout.txt.j2").render(context)
        markup = self._inliner.inline(self._templates.get_template("layout.html.j2").render(context))
        return _Mould(header_bytes("Subject", wording.subject), self._split(text), self._split(markup))

    def _gap(self, name: str) -> str:
        return f"{self._secret}{name}{self._secret}"

    def _split(self, text: str) -> Sequence[str]:
        return re.split(f"{self._secret}(name|code|place){self._secret}", text)

    def _css(self, name: str) -> str:
        loader = self._templates.loader
        assert loader is not None
        return loader.get_source(self._templates, name)[0]


def _filled(mould: Sequence[str], parts: Mapping[str, str]) -> str:
    return "".join(parts[piece] if place % 2 else piece for place, piece in enumerate(mould))


def _part(kind: str, text: str) -> bytes:
    head = f"\r\nContent-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    lines = "\r\n".join(text.splitlines())
    return head.encode("ascii") + binascii.b2a_qp(lines.encode("utf-8"), istext=True)
