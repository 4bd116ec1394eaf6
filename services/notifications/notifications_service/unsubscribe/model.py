"""A link says whom, what and since when, is signed under a key that it names, and is good at one cell for one thing."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar
from uuid import UUID

from servicekit.problem import Problem

LONGEST = 500
_MAC = 20
_FIRST_DAY = date(2020, 1, 1)


class BadLink(Problem):
    """Nothing that the link says is believed."""

    status = 404
    code = "bad-link"
    title = "This link does not work"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscribe:
    """No more mails of this kind of this network (None: of any) to this person."""

    purpose: ClassVar[str] = "unsubscribe"
    lasts: ClassVar[timedelta] = timedelta(days=800)
    """Mails are kept for long, and a link in one that no longer works is a complaint."""

    person_id: UUID
    kind: str
    network_id: UUID | None
    day: date

    def parts(self) -> list[str]:
        return [self.person_id.hex, self.network_id.hex if self.network_id else "-", self.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """Mail for this person reaches this address. version: of the suppression that it lifts."""

    purpose: ClassVar[str] = "confirm"
    lasts: ClassVar[timedelta] = timedelta(days=3)

    person_id: UUID
    address: str
    version: int
    day: date

    def parts(self) -> list[str]:
        return [self.person_id.hex, str(self.version), self.address]


@dataclass(frozen=True, slots=True)
class Links:
    """Signs under the first key and knows links of all. All deployments share the keys."""

    current: str
    by_id: Mapping[str, bytes]

    def token(self, link: Unsubscribe | Confirmation, *, cell: str) -> str:
        body = "|".join([str((link.day - _FIRST_DAY).days), *link.parts()]).encode()
        return f"{self.current}.{_b64(body)}.{_b64(self._mac(self.current, link.purpose, cell, body))}"

    def unsubscribe(self, token: str, *, cell: str, today: date) -> Unsubscribe:
        """Raises BadLink where it is forged, too old, or for something or somewhere else."""
        day, (person, network, kind) = self._opened(token, Unsubscribe.purpose, cell, 3)
        _refuse_old(day, Unsubscribe.lasts, today)
        return Unsubscribe(
            person_id=UUID(person), network_id=None if network == "-" else UUID(network), kind=kind, day=day
        )

    def confirmation(self, token: str, *, cell: str, today: date) -> Confirmation:
        """Raises BadLink as above."""
        day, (person, version, address) = self._opened(token, Confirmation.purpose, cell, 3)
        _refuse_old(day, Confirmation.lasts, today)
        return Confirmation(person_id=UUID(person), address=address, version=int(version), day=day)

    def _opened(self, token: str, purpose: str, cell: str, many: int) -> tuple[date, list[str]]:
        pieces = token.split(".") if len(token) <= LONGEST else []
        if len(pieces) != 3 or pieces[0] not in self.by_id:
            raise BadLink("It is not one of ours, or was cut off: open it from the mail again.")
        try:
            body, mac = (
                base64.b64decode(piece + "=" * (-len(piece) % 4), b"-_", validate=True) for piece in pieces[1:]
            )
        except (binascii.Error, ValueError):
            raise BadLink("It is not one of ours, or was cut off: open it from the mail again.") from None
        if not hmac.compare_digest(mac, self._mac(pieces[0], purpose, cell, body)):
            raise BadLink("It was changed on the way, or belongs to another page: open it from the mail again.")
        days, *parts = body.decode().split("|", many)
        return _FIRST_DAY + timedelta(days=int(days)), parts

    def _mac(self, name: str, purpose: str, cell: str, body: bytes) -> bytes:
        said = f"guildhall {purpose} at {cell}\n".encode() + body
        return hmac.new(self.by_id[name], said, hashlib.sha256).digest()[:_MAC]


def _refuse_old(day: date, lasts: timedelta, today: date) -> None:
    if today > day + lasts:
        raise BadLink(f"It worked for {lasts.days} days, and is older: sign in, or use the link of a newer mail.")


def _b64(what: bytes) -> str:
    return base64.urlsafe_b64encode(what).decode().rstrip("=")
