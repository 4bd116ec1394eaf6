"""The rules of agreements: who may receive what, of which networks, why and until when; of persons, if they consent."""

import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from uuid import UUID

from servicekit.problem import Conflict, Invalid


class AgreementOver(Conflict):
    code = "agreement-ended"


class StreamRefused(Invalid):
    code = "stream-refused"
    title = "This cannot be agreed"


class BodyRefused(Invalid):
    code = "body-refused"


class AgreementDaysRefused(Invalid):
    code = "dates-out-of-order"


class NetworkOutside(Invalid):
    code = "network-outside"
    title = "An agreement covers only networks below the one that makes it"


class UnknownIssuer(Invalid):
    code = "issuer-unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    id: UUID
    network_id: UUID
    """The network that makes it."""
    body: str
    client_id: str
    issuer: str
    purpose: str
    networks: tuple[UUID, ...]
    fields: Mapping[str, Sequence[str]]
    consent_needed: tuple[str, ...] = ()
    """Types among the fields that are about persons: each is received while its person consents."""
    starts_on: date
    ends_on: date
    """The last day that counts."""
    ended: bool = False
    version: int = 1

    def check_goes_on(self, *, today: date) -> None:
        """Raises AgreementOver where its last day has passed."""
        if self.ends_on < today:
            raise AgreementOver(f"The agreement with {self.body} ended on {self.ends_on}.")

    def end(self, *, on: date, today: date) -> "Agreement":
        """End on a day, which still counts; earlier than agreed, never later."""
        if self.ended or self.ends_on < today:
            raise AgreementOver(f"The agreement with {self.body} has its last day already: {self.ends_on}.")
        if on > self.ends_on:
            raise AgreementDaysRefused(f"It ends on {self.ends_on}: make a new one to go on until {on}.")
        if on < today:
            raise AgreementDaysRefused(f"What was received until today was agreed: it can end on {today} or later.")
        return replace(self, ends_on=on, ended=True, version=self.version + 1)


@dataclass(frozen=True, slots=True)
class Stream:
    """A signal type that may be agreed."""

    fields: frozenset[str]
    says: str | None = None
    """Where it is about persons: what somebody would let be known, after "it tells them "."""


@cache
def streams() -> dict[str, Stream]:
    """Signal types that may be agreed, with the fields of each."""
    document = tomllib.loads(Path(__file__).with_name("streams.toml").read_text(encoding="utf-8"))
    return {
        name: Stream(frozenset(entry["fields"]), entry["says"] if entry.get("about_persons") else None)
        for name, entry in document.items()
    }


def consent_needed(fields: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Those of the types that are about persons, each of whom decides."""
    return tuple(sorted(name for name in fields if name in streams() and streams()[name].says is not None))


def check_fields(fields: Mapping[str, Sequence[str]]) -> None:
    """Raises StreamRefused where a type or a field is unknown, or nobody could consent to it."""
    if not fields:
        raise StreamRefused("An agreement names at least one signal type.")
    for name, wanted in fields.items():
        stream = streams().get(name)
        if stream is None:
            raise StreamRefused(
                f"{name} cannot be agreed: it is unknown, or about persons in a way that is nobody else's business."
                f" There are {', '.join(sorted(streams()))}."
            )
        if not wanted:
            raise StreamRefused(f"{name}: name at least one field.")
        strange = sorted(set(wanted) - stream.fields)
        if strange:
            raise StreamRefused(
                f"{name} has no field {', '.join(strange)} that may be agreed;"
                f" there are {', '.join(sorted(stream.fields))}."
            )


def check_days(starts_on: date, ends_on: date, *, today: date) -> None:
    if ends_on < starts_on:
        raise AgreementDaysRefused(f"It would end on {ends_on}, before it starts on {starts_on}.")
    if ends_on < today:
        raise AgreementDaysRefused(f"It would have ended on {ends_on} already.")


def check_issuer(issuer: str, trusted: Collection[str]) -> None:
    if issuer not in trusted:
        raise UnknownIssuer(
            f"{issuer} is not a sign-in service that is trusted here; there are {', '.join(sorted(trusted))}."
        )


def checked_text(text: str, what: str) -> str:
    """A body's name or a purpose, in words."""
    plain = " ".join(text.split())
    if not plain or not plain.isprintable():
        raise BodyRefused(f"{what}: say it in words.")
    return plain
