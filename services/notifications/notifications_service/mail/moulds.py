"""A mail is a mould, shared by all who get the same, and one person's facts: the two give it back byte for byte."""

import binascii
import hashlib
import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson

from notifications_service.mail.model import header_bytes

GAPS = ("name", "code", "place", "link", "unsubscribe")
"""Personal parts that may stand in text and HTML."""

Facts = Mapping[str, str]
"""What fills one mail: the gaps, and `to`, `date`, `message_id`, `mail`, `kind`, `cause`, `event` of its headers."""


@dataclass(frozen=True, slots=True)
class Mould:
    """A mail without its personal parts: text, name of a gap, text, and so on. `heads`: From, Subject."""

    heads: bytes
    text: Sequence[str]
    html: Sequence[str]
    template_network_id: UUID | None = None
    template_version: int | None = None

    @property
    def id(self) -> str:
        """The hash of all that stands in it."""
        template = [str(self.template_network_id), self.template_version]
        parts = [self.heads.decode("ascii"), list(self.text), list(self.html), template]
        return hashlib.sha256(orjson.dumps(parts)).hexdigest()


@dataclass(frozen=True, slots=True)
class Written:
    """A mail with what it was made of."""

    mould_id: str
    mould: Mould
    facts: Facts

    @property
    def mail(self) -> bytes:
        return assembled(self.mould_id, self.mould, self.facts)


def assembled(mould_id: str, mould: Mould, facts: Facts) -> bytes:
    """The whole mail. Raises Unmailable where a header would not be safe."""
    heads = [
        mould.heads,
        f"To: {facts['to']}\r\n".encode("ascii"),
        f"Date: {facts['date']}\r\n".encode("ascii"),
        f"Message-ID: {facts['message_id']}\r\n".encode("ascii"),
        b"Auto-Submitted: auto-generated\r\n",
        f"X-Guildhall-Mail: {facts['mail']}\r\n".encode("ascii"),
        header_bytes("X-Guildhall-Kind", facts["kind"]),
        header_bytes("X-Guildhall-Cause", facts["cause"]),
    ]
    if facts.get("event"):
        heads.append(f"X-Guildhall-Event: {facts['event']}\r\n".encode("ascii"))
    if facts.get("unsubscribe"):
        heads.append(f"List-Unsubscribe: <{facts['unsubscribe']}>\r\n".encode("ascii"))
        heads.append(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n")
    return b"".join([*heads, *_alternatives(mould_id, text_of(mould, facts), html_of(mould, facts))])


def text_of(mould: Mould, facts: Facts) -> str:
    return _filled(mould.text, facts)


def html_of(mould: Mould, facts: Facts) -> str:
    return _filled(mould.html, {name: html.escape(value) for name, value in facts.items()})


def _filled(pieces: Sequence[str], facts: Facts) -> str:
    return "".join(facts.get(piece, "") if place % 2 else piece for place, piece in enumerate(pieces))


def _alternatives(mould_id: str, text: str, markup: str) -> Sequence[bytes]:
    # `=_` never stands in quoted-printable text, so no text can hold the boundary.
    boundary = f"=_{mould_id[:40]}".encode("ascii")
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


def _part(kind: str, text: str) -> bytes:
    head = f"\r\nContent-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    lines = "\r\n".join(text.splitlines())
    return head.encode("ascii") + binascii.b2a_qp(lines.encode("utf-8"), istext=True)
