"""The words of the matrix: who asks, what is asked about, and where each route stands in it."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from fastapi import FastAPI
from rights_model import Caller, Thing
from undone import Undone

if TYPE_CHECKING:
    from cast import Opened

NATIONAL, MIDLANDS, LONDON = "national", "national.midlands", "national.london"
RWP, RRK, RJ1 = "national.midlands.rwp", "national.midlands.rrk", "national.london.rj1"

OWN, SAME_TRUST, SAME_REGION, OTHER_REGION = "own", "same trust", "same region", "other region"
ERASED, UNKNOWN, NO_OBJECT = "erased", "unknown", "-"

PEOPLE: Mapping[str, tuple[tuple[str, ...], tuple[str, str] | None]] = {
    "guest": ((), None),
    "member": ((RWP,), None),
    "member of two regions": ((RWP, RJ1), None),
    "trust lead": ((RWP,), ("lead", RWP)),
    "regional lead": ((RRK,), ("lead", MIDLANDS)),
    "lead of another region": ((RJ1,), ("lead", LONDON)),
    "national lead": ((), ("lead", NATIONAL)),
    "organiser": ((RRK,), ("organiser", MIDLANDS)),
    "steward": ((RWP,), ("steward", MIDLANDS)),
    "analyst": ((), ("analyst", MIDLANDS)),
    "privacy officer": ((), ("privacy-officer", MIDLANDS)),
    "suspended": ((), None),
}
"""Linked persons: where they belong, and what they hold. Nobody is suspended by a word of its own here: it is done by
taking every grant and membership away, as it was from this one, whose sign-in goes on."""
STRANGERS = ("anonymous", "expired", "wrong audience", "wrong issuer")
CLIENTS = {"partner": MIDLANDS, "other partner": LONDON}
"""Partner bodies' clients, and the network that made their agreement."""
SUBJECTS = {SAME_TRUST: RWP, SAME_REGION: RRK, OTHER_REGION: RJ1, ERASED: RWP}
"""Members whom things are about, and where they belong."""


@dataclass(frozen=True, slots=True)
class Principal:
    name: str
    caller: Caller
    headers: Mapping[str, str]
    person_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """A thing as it stands to whoever belongs to the trust RWP."""

    where: str
    thing: Thing = field(default_factory=Thing)
    fill: Mapping[str, Any] = field(default_factory=dict)
    """What stands for the names in an address, a query or a body."""
    marks: Sequence[str] = ()
    """What nobody reads who may not read the thing."""
    action: str = ""
    """Where the same route is another right for this thing, such as an event that is a draft."""


Things = Callable[[Principal], Sequence[Found]]


@dataclass(frozen=True, slots=True)
class Place:
    """A route's place in the matrix: what it does, and to what."""

    action: str
    of: str = NO_OBJECT
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | None = None
    refusals: frozenset[str] = frozenset()
    """Codes that come from no right, but from what the thing is like."""
    anywhere: bool = False
    """Whether the action's `at` is `-`: a grant at the thing's network does not count."""
    personal: bool = False
    """Whether it reads or changes rows of persons, or a partner's own, that row-level security alone would keep."""

    def judged(self, found: Found) -> Thing:
        return replace(found.thing, at=()) if self.anywhere else found.thing


@dataclass(frozen=True, slots=True)
class Batch:
    """A list that somebody may send, and the same with one more at its end that is not theirs."""

    route: str
    who: str
    found: Found
    whole: Any
    foreign: Any


@dataclass(frozen=True, slots=True)
class World:
    """A service with people and things in it."""

    opened: "Opened"
    db: Undone
    principals: Mapping[str, Principal]
    things: Mapping[str, Things]
    places: Mapping[str, Place]
    no_secrets: frozenset[str] = frozenset()
    """Kinds of things of which everybody may know that they are there, as networks are."""

    batches: Sequence[Batch] = ()

    @property
    def app(self) -> FastAPI:
        return self.opened.app

    @asynccontextmanager
    async def past_every_policy(self) -> AsyncIterator["World"]:
        """The same, asked through a role that row-level security does not bind."""
        async with self.opened.with_nothing_lasting(self.opened.database.admin) as database:
            yield replace(self, db=database)


def filled(template: Any, fill: Mapping[str, Any]) -> Any:
    """The template with every `{name}` filled; one that is nothing else keeps the value's type."""
    match template:
        case str() if template.startswith("{") and template[1:-1] in fill and template.endswith("}"):
            return fill[template[1:-1]]
        case str():
            return template.format_map(fill)
        case Mapping():
            return {filled(name, fill): filled(value, fill) for name, value in template.items()}
        case list() | tuple():
            return [filled(value, fill) for value in template]
    return template
