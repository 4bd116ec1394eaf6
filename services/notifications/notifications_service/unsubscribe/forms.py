"""What a button or a mail program posts to a link, and for whom a link's transaction runs."""

from dataclasses import dataclass
from email.parser import BytesParser
from email.policy import HTTP
from urllib.parse import parse_qsl
from uuid import UUID

from fastapi import Request
from pydantic import BaseModel

LONGEST = 4096


class Outcome(BaseModel):
    """What was done, where the answer is kept for a repeated request."""

    done: str


@dataclass(frozen=True, slots=True)
class Holder:
    """Whoever holds a signed link: the person in it, for that one thing."""

    person_id: UUID
    email: str | None = None
    scopes: tuple[str, ...] = ()

    @property
    def identity(self) -> str:
        return f"link:{self.person_id}"


async def posted(request: Request) -> dict[str, str]:
    """Names and values of a small form, URL-encoded or multipart (RFC 8058 allows both); empty where it is neither."""
    body = await request.body()
    if len(body) > LONGEST:
        return {}
    kind = request.headers.get("content-type", "")
    if kind.lower().startswith("multipart/form-data"):
        return _multipart(kind, body)
    try:
        return dict(parse_qsl(body.decode("ascii"), max_num_fields=10))
    except (UnicodeDecodeError, ValueError):
        return {}


def _multipart(kind: str, body: bytes) -> dict[str, str]:
    head = f"Content-Type: {kind}\r\n\r\n".encode("latin-1", "replace")
    message = BytesParser(policy=HTTP).parsebytes(head + body)
    fields = {}
    for part in message.iter_parts() if message.is_multipart() else ():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            fields[name] = content.decode("utf-8", "replace").strip()
    return fields
