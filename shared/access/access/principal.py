"""Whoever asks: a linked person, somebody not linked yet, or a partner's client."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

import orjson

from membership_contracts import subject_hash
from servicekit.database import Database
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


async def find(db: Database, token: Token, *, now: datetime, today: date) -> Principal:
    """Look the token's identity up: one round trip, outside any transaction."""
    identity = subject_hash(token.issuer, token.subject)
    async with db.pool.acquire() as conn:
        row = await conn.fetchrow(
            "SELECT person_id, grants, networks, heartbeats FROM access.principal($1, $2, $3)",
            token.issuer,
            identity,
            today,
        )
    assert row is not None
    linked = row["person_id"] is not None
    return Principal(
        identity=identity,
        issuer=token.issuer,
        person_id=row["person_id"],
        client_id=token.client_id if token.client_id == token.subject else None,
        email=token.email if token.email_verified and not linked else None,
        grants=_live(row["grants"], now),
        networks=frozenset(UUID(name) for name in orjson.loads(row["networks"])),
        heartbeats={cell: datetime.fromisoformat(at) for cell, at in orjson.loads(row["heartbeats"]).items()},
    )


def _live(grants: str, now: datetime) -> tuple[HeldGrant, ...]:
    return tuple(
        HeldGrant(role=grant["role"], path=grant["path"], network_id=UUID(grant["network_id"]), cell=grant["cell"])
        for grant in orjson.loads(grants)
        if datetime.fromisoformat(grant["starts_at"]) <= now
        and (grant["ends_at"] is None or now < datetime.fromisoformat(grant["ends_at"]))
    )
