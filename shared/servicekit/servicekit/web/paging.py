"""Lists are read page by page: the cursor is sealed, and good only for the list that it came from.

Sealed means authenticated and unreadable (AES-GCM): a list ordered by name would else put names into URLs.
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from fastapi import Depends, Query, Request
from pydantic import BaseModel

from servicekit.problem import Invalid
from servicekit.web.secrets import Keys

DEFAULT, MOST = 50, 200
NONCE = 12
NOT_PART_OF_THE_LIST = frozenset({"cursor", "limit"})

T = TypeVar("T")
Value = str | int | float | bool | datetime | date | UUID | None


class BadCursor(Invalid):
    code = "bad-cursor"
    title = "This cursor is not one of ours"


class Page(BaseModel, Generic[T]):
    """One page of a list."""

    items: list[T]
    next: str | None
    """The cursor of the next page, None on the last."""


class Cursors:
    """Seals positions under the first key and opens those of all keys."""

    def __init__(self, keys: Keys) -> None:
        self._current = keys.current
        self._ciphers = {name: AESGCM(hashlib.sha256(b"cursor" + key).digest()) for name, key in keys.by_id.items()}

    def encode(self, values: Sequence[Value], purpose: str) -> str:
        """A cursor for the position `values`, good for `purpose` only."""
        plain = orjson.dumps([_written(value) for value in values])
        nonce = os.urandom(NONCE)
        sealed = nonce + self._ciphers[self._current].encrypt(nonce, plain, purpose.encode())
        return f"{self._current}.{base64.urlsafe_b64encode(sealed).decode().rstrip('=')}"

    def decode(self, token: str, purpose: str) -> list[Any]:
        """The values, with their types. Raises BadCursor where it is not ours, or of another list."""
        name, _, text = token.partition(".")
        cipher = self._ciphers.get(name)
        try:
            sealed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
            if cipher is None or len(sealed) <= NONCE:
                raise InvalidTag
            plain = cipher.decrypt(sealed[:NONCE], sealed[NONCE:], purpose.encode())
        except (InvalidTag, binascii.Error, ValueError):
            raise BadCursor(
                "The cursor is damaged, or belongs to another list or filter: start again without it."
            ) from None
        return [_read(value) for value in orjson.loads(plain)]


@dataclass(frozen=True, slots=True)
class Paging:
    """Where a list goes on and how far: read `limit + 1` rows after `after`, then let `page` cut them."""

    limit: int
    after: list[Any] | None
    """The position given to `page` by the page before, None on the first."""
    purpose: str
    cursors: Cursors

    def page(self, rows: Sequence[T], position: Callable[[T], Sequence[Value]]) -> Page[T]:
        """The page of these rows, of which there may be one more than `limit`."""
        items = list(rows[: self.limit])
        more = len(rows) > self.limit
        return Page(items=items, next=self.cursors.encode(position(items[-1]), self.purpose) if more else None)


async def _paging(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=MOST)] = DEFAULT,
    cursor: Annotated[str | None, Query(max_length=1024)] = None,
) -> Paging:
    cursors: Cursors = request.app.state.cursors
    purpose = _purpose(request)
    return Paging(limit, cursors.decode(cursor, purpose) if cursor else None, purpose, cursors)


Paged = Annotated[Paging, Depends(_paging)]
"""What a list asks for. Needs `app.state.cursors = Cursors(read_keys(settings.secrets_dir, "cursor"))`."""


def _purpose(request: Request) -> str:
    """The list that a cursor belongs to: the address and its filters."""
    filters = sorted(item for item in request.query_params.multi_items() if item[0] not in NOT_PART_OF_THE_LIST)
    return orjson.dumps([request.url.path, filters]).decode()


def _written(value: Value) -> Any:
    match value:
        case datetime():
            return {"instant": value.isoformat()}
        case date():
            return {"day": value.isoformat()}
        case UUID():
            return {"id": str(value)}
        case _:
            return value


def _read(value: Any) -> Any:
    match value:
        case {"instant": str(text)}:
            return datetime.fromisoformat(text)
        case {"day": str(text)}:
            return date.fromisoformat(text)
        case {"id": str(text)}:
            return UUID(text)
        case _:
            return value
