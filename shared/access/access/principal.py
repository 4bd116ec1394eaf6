"""Whoever asks: a linked person, somebody not linked yet, or a partner's client."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

import orjson

from membership_contracts import subject_hash
from servicekit.database import Database
from servicekit.database.pool import ACQUIRE_SECONDS
from servicekit.groups import Groups
from servicekit.web.tokens import Token


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldGrant:
    role: str
    path: str
    """The network's path: the grant counts there and below."""
    network_id: UUID
    cell: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The caller as every decision sees them; grants are only those live at this instant."""

    identity: str
    """Hash of issuer and subject: outlives a token, names nobody."""
    issuer: str
    person_id: UUID | None = None
    client_id: str | None = None
    """Only where a client signed in as itself, as partner bodies' do."""
    email: str | None = None
    """Verified address, only while no person is linked."""
    grants: tuple[HeldGrant, ...] = ()
    networks: frozenset[UUID] = frozenset()
    """Networks of current memberships and all above them."""
    heartbeats: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def scopes(self) -> tuple[str, ...]:
        return tuple(sorted({grant.path for grant in self.grants}))


@dataclass(frozen=True, slots=True)
class _Asked:
    """Who an identity is, as of some day."""

    issuer: str
    identity: str
    today: date


@dataclass(frozen=True, slots=True)
class _Known:
    """What the database knew of an identity when it was asked."""

    person_id: UUID | None
    grants: str
    networks: str
    heartbeats: str


class Principals:
    """Callers are looked up together: whoever asks while others are looked up is looked up in the next round trip.

    Nothing is remembered: what is answered was read after it was asked.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._groups = Groups(self._look_up)

    async def find(self, token: Token, *, now: datetime, today: date) -> Principal:
        """Look the token's identity up."""
        identity = subject_hash(token.issuer, token.subject)
        known = await self._groups.ask(_Asked(token.issuer, identity, today))
        linked = known.person_id is not None
        return Principal(
            identity=identity,
            issuer=token.issuer,
            person_id=known.person_id,
            client_id=token.client_id if token.client_id == token.subject else None,
            email=token.email if token.email_verified and not linked else None,
            grants=_live(known.grants, now),
            networks=frozenset(UUID(name) for name in orjson.loads(known.networks)),
            heartbeats={cell: datetime.fromisoformat(at) for cell, at in orjson.loads(known.heartbeats).items()},
        )

    async def _look_up(self, group: Sequence[_Asked]) -> Sequence[_Known]:
        asked = list(dict.fromkeys(group))
        async with self._database.pool.acquire(timeout=ACQUIRE_SECONDS) as conn:
            rows = await conn.fetch(
                "SELECT person_id, grants, networks, heartbeats FROM access.principals($1, $2, $3)",
                [one.issuer for one in asked],
                [one.identity for one in asked],
                [one.today for one in asked],
            )
        known = {one: _Known(*row) for one, row in zip(asked, rows, strict=True)}
        return [known[one] for one in group]


def _live(grants: str, now: datetime) -> tuple[HeldGrant, ...]:
    return tuple(
        HeldGrant(role=grant["role"], path=grant["path"], network_id=UUID(grant["network_id"]), cell=grant["cell"])
        for grant in orjson.loads(grants)
        if datetime.fromisoformat(grant["starts_at"]) <= now
        and (grant["ends_at"] is None or now < datetime.fromisoformat(grant["ends_at"]))
    )
