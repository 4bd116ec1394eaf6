"""A mail as a person reads it: headers decoded, the two forms of its text, and what is attached."""

from dataclasses import dataclass
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import Header, decode_header, make_header
from email.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    name: str
    kind: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    message_id: str
    sender: str
    subject: str
    headers: list[tuple[str, str]]
    """In their order, decoded; a name may come twice."""
    text: str | None
    html: str | None
    attachments: list[Attachment]

    @classmethod
    def read(cls, raw: bytes) -> "Letter":
        message = message_from_bytes(raw)
        headers = [(name, _decoded(value)) for name, value in message.items()]
        first = {name.lower(): value for name, value in reversed(headers)}
        parts = [part for part in message.walk() if not part.is_multipart()]
        return cls(
            message_id=first.get("message-id", ""),
            sender=first.get("from", ""),
            subject=first.get("subject", ""),
            headers=headers,
            text=_first_of_kind(parts, "text/plain"),
            html=_first_of_kind(parts, "text/html"),
            attachments=[_attachment(part) for part in parts if _is_attached(part)],
        )


def _decoded(value: str | Header) -> str:
    """Encoded words read, folds undone; what cannot be decoded is shown as it came."""
    unfolded = " ".join(str(value).split())
    try:
        return str(make_header(decode_header(unfolded)))
    except (HeaderParseError, LookupError, UnicodeDecodeError):
        return unfolded


def _is_attached(part: "Message[str, str]") -> bool:
    return part.get_content_disposition() == "attachment" or part.get_content_maintype() != "text"


def _first_of_kind(parts: list["Message[str, str]"], kind: str) -> str | None:
    return next((_text(part) for part in parts if part.get_content_type() == kind and not _is_attached(part)), None)


def _bytes(part: "Message[str, str]") -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _text(part: "Message[str, str]") -> str:
    content = _bytes(part)
    try:
        text = content.decode(part.get_content_charset("utf-8"), errors="replace")
    except LookupError:
        text = content.decode(errors="replace")
    return text.replace("\r\n", "\n")


def _attachment(part: "Message[str, str]") -> Attachment:
    name = part.get_filename() or "without a name"
    return Attachment(name=_decoded(name), kind=part.get_content_type(), size=len(_bytes(part)))
