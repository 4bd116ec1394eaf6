"""For tests of every service: an issuer of tokens, and a directory of networks and people that arrives as signals."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import httpx
import uvicorn
from fastapi import FastAPI
from joserfc import jwt
from joserfc.jwk import ECKey

from access.projection import ACCESS
from access.store import keep_heartbeats
from membership_contracts import (
    GrantHeld,
    GrantsHeld,
    IdentityLinked,
    MembershipStarted,
    NetworkFounded,
    subject_hash,
)
from servicekit import clock
from servicekit.cells import Cells
from servicekit.database import Database
from servicekit.envelope import Origin
from servicekit.ids import new_id
from servicekit.settings import TrustedIssuer
from servicekit.testing.deliveries import as_record, deliver


@dataclass
class Issuer:
    """Signs tokens; its keys are served on a port of this machine for as long as the test session."""

    key: ECKey = field(
        default_factory=lambda: ECKey.generate_key("P-256", {"kid": "test", "alg": "ES256", "use": "sig"})
    )
    url: str = ""

    def trusted(self, *domains: str) -> TrustedIssuer:
        return TrustedIssuer.model_validate(
            {
                "issuer": self.url,
                "jwks_url": f"{self.url}/jwks.json",
                "email_domains": list(domains or ("*",)),
            }
        )

    def token(self, subject: str, **claims: Any) -> str:
        """A signed token of ten minutes; claims override."""
        now = time.time()
        body = {
            "iss": self.url,
            "sub": subject,
            "aud": "guildhall",
            "iat": int(now),
            "exp": int(now) + 600,
            "email": f"{subject}@example.org",
            "email_verified": True,
        } | claims
        return jwt.encode({"alg": "ES256", "kid": "test"}, body, self.key, algorithms=["ES256"])

    def bearer(self, subject: str, **claims: Any) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(subject, **claims)}"}


@asynccontextmanager
async def running_issuer() -> AsyncIterator[Issuer]:
    """An issuer whose keys can be fetched, as a verifier would."""
    issuer, app = Issuer(), FastAPI()

    @app.get("/jwks.json")
    async def keys() -> dict[str, Any]:
        return {"keys": [issuer.key.as_dict(private=False)]}

    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, lifespan="off"))
    config = server.config
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    issuer.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield issuer
    finally:
        server.should_exit = True
        await server.shutdown()


@asynccontextmanager
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """The application started, and a client that calls it without a socket."""
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service.test") as http,
    ):
        yield http


@dataclass
class Directory:
    """Networks and people as membership would have told of them; every call arrives through the consumers."""

    db: Database
    """Opened as the worker role."""
    cells: Cells
    issuer: Issuer
    _versions: dict[UUID, int] = field(default_factory=dict)
    _grants: dict[tuple[str, UUID], list[GrantHeld]] = field(default_factory=dict)

    async def network(self, path: str, *, name: str | None = None, **given: Any) -> UUID:
        """A network at this path, known from now on; its id follows from the path."""
        network_id = uuid5(NAMESPACE_URL, path)
        cell = self.cells.containing(path)
        state: dict[str, Any] = {
            "kind": ("national", "region", "trust")[min(path.count("."), 2)],
            "name": name or path.rsplit(".", 1)[-1].title(),
            "since": date(2000, 1, 1),
        } | given
        founded = NetworkFounded(version=self._next(network_id), network_id=network_id, path=path, cell=cell, **state)
        await deliver(self.db, ACCESS, as_record(founded, at=Origin(cell, path)))
        return network_id

    async def person(
        self, *paths: str, subject: str | None = None, person_id: UUID | None = None, **given: Any
    ) -> "Somebody":
        """A linked person with a membership at each of these networks; the first is main. No path: a guest."""
        person_id = person_id or new_id()
        subject = subject or f"sub-{person_id}"
        linked = IdentityLinked(
            version=1,
            person_id=person_id,
            issuer=self.issuer.url,
            subject_hash=subject_hash(self.issuer.url, subject),
        )
        await deliver(self.db, ACCESS, as_record(linked, at=Origin("national", "national")))
        for number, path in enumerate(paths):
            await self.membership(person_id, path, main=number == 0, **given)
        return Somebody(person_id, subject, self.issuer.bearer(subject))

    async def membership(self, person_id: UUID, path: str, **given: Any) -> UUID:
        membership_id = new_id()
        state: dict[str, Any] = {
            "main": True,
            "since": date(2020, 1, 1),
            "sector": "acute",
            "job_role": "service-manager",
            "described_from": date(2020, 1, 1),
        } | given
        started = MembershipStarted(
            version=1,
            membership_id=membership_id,
            person_id=person_id,
            network_id=uuid5(NAMESPACE_URL, path),
            **state,
        )
        await deliver(self.db, ACCESS, as_record(started, at=Origin(self.cells.containing(path), path)))
        return membership_id

    async def grant(self, person_id: UUID, role: str, path: str, **given: Any) -> UUID:
        """Give a role at the network, known at once."""
        cell = self.cells.containing(path)
        grant = GrantHeld(
            grant_id=new_id(),
            role=role,
            network_id=uuid5(NAMESPACE_URL, path),
            **({"starts_at": clock.now() - timedelta(days=1)} | given),
        )
        held = [*self._grants.get((cell, person_id), []), grant]
        await self._hold(cell, person_id, path, held)
        return grant.grant_id

    async def revoke_all(self, person_id: UUID, path: str) -> None:
        await self._hold(self.cells.containing(path), person_id, path, [])

    async def _hold(self, cell: str, person_id: UUID, path: str, grants: Sequence[GrantHeld]) -> None:
        self._grants[cell, person_id] = list(grants)
        held = GrantsHeld(version=self._next(person_id), person_id=person_id, grants=list(grants))
        await deliver(self.db, ACCESS, as_record(held, at=Origin(cell, path)))
        await self.heartbeat()

    async def heartbeat(self, *, at: datetime | None = None) -> None:
        """Say that the grants of every cell are known up to now, or up to `at`."""
        async with self.db.transaction() as conn:
            if at is not None:
                await conn.execute("DELETE FROM access_heartbeats")
            now = at or clock.now()
            await keep_heartbeats(conn, dict.fromkeys(self.cells.all, now), now=now)

    async def lead(self, path: str, *, role: str = "lead") -> "Somebody":
        """A member of this network who holds a role there."""
        somebody = await self.person(path)
        await self.grant(somebody.person_id, role, path)
        return somebody

    def _next(self, subject: UUID) -> int:
        self._versions[subject] = self._versions.get(subject, 0) + 1
        return self._versions[subject]


@dataclass(frozen=True)
class Somebody:
    """A person of a test, and the headers with which they sign in."""

    person_id: UUID
    subject: str
    bearer: dict[str, str]
