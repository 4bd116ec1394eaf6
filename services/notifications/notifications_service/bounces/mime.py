"""Take a mail apart within bounds: so many bytes, so many parts, so deep; whatever is broken in it, texts come out."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from email.header import decode_header
from email.message import Message
from email.parser import BytesParser
from email.policy import compat32

LONGEST = 512 * 1024
MOST_PARTS = 40
DEEPEST = 6
LONGEST_TEXT = 64 * 1024


@dataclass(slots=True)
class Apart:
    """A mail's parts that matter. said: its own texts, without what it returns. returned: heads of that, as text."""

    heads: "Message[str, str]"
    said: list[str] = field(default_factory=list)
    status: list[str] = field(default_factory=list)
    feedback: list[str] = field(default_factory=list)
    returned: list[str] = field(default_factory=list)


def taken_apart(raw: bytes) -> Apart:
    """Raises ValueError where it is no mail at all."""
    try:
        message = BytesParser(policy=compat32).parsebytes(raw[:LONGEST])
        apart = Apart(message)
        _collect(apart, message, depth=0, left=[MOST_PARTS])
    except (RecursionError, LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"no mail: {type(error).__name__}") from None
    if not (apart.said or apart.status or apart.feedback or apart.returned):
        apart.said.append(raw[:LONGEST_TEXT].partition(b"\n\n")[2].decode("latin-1"))
    if not message.keys():
        raise ValueError("no mail: it has no headers")
    return apart


def header(message: "Message[str, str]", name: str) -> str:
    """One header, decoded where it can be, on one line."""
    value = str(message.get(name, ""))[:2000]
    try:
        parts = [
            part.decode(charset or "latin-1", "replace") if isinstance(part, bytes) else part
            for part, charset in decode_header(value)
        ]
    except (ValueError, LookupError):
        return " ".join(value.split())
    return " ".join("".join(parts).split())


def _collect(apart: Apart, part: "Message[str, str]", *, depth: int, left: list[int]) -> None:
    left[0] -= 1
    if left[0] < 0 or depth > DEEPEST:
        return
    kind = part.get_content_type()
    if kind in {"message/delivery-status", "message/global-delivery-status"}:
        apart.status.append(_flat(part))
    elif kind == "message/feedback-report":
        apart.feedback.append(_flat(part))
    elif kind in {"message/rfc822", "message/global", "message/partial"} and depth > 0:
        apart.returned.append(_flat(part))
    elif kind in {"text/rfc822-headers", "message/global-headers"}:
        apart.returned.append(_text(part))
    elif part.is_multipart():
        for inner in _parts(part):
            _collect(apart, inner, depth=depth + 1, left=left)
    elif kind.startswith("text/") and not (kind == "text/html" and apart.said):
        apart.said.append(_text(part))


def _parts(part: "Message[str, str]") -> Iterator["Message[str, str]"]:
    payload = part.get_payload()
    if isinstance(payload, list):
        yield from (inner for inner in payload if isinstance(inner, Message))


def _flat(part: "Message[str, str]", depth: int = 0) -> str:
    """Headers and text of a part and of those inside it, as lines, a blank line between the blocks."""
    heads = "\n".join(f"{name}: {' '.join(str(value).split())}" for name, value in part.items())
    if depth > DEEPEST:
        return heads
    inner = [_flat(one, depth + 1) for one in list(_parts(part))[:MOST_PARTS]] if part.is_multipart() else [_text(part)]
    return "\n\n".join([heads, *inner])[:LONGEST_TEXT]


def _text(part: "Message[str, str]") -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    charset = part.get_content_charset() or "utf-8"
    try:
        text = payload[:LONGEST_TEXT].decode(charset, "replace")
    except (LookupError, ValueError):
        text = payload[:LONGEST_TEXT].decode("latin-1")
    return text.replace("\r\n", "\n")
