"""A real provider for tests, with a clock that they move, and somebody to ask it as a client would."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import KeySet

from guildhall_local.gateway.testing import Listener
from guildhall_local.instance import HOST
from guildhall_local.provider.app import Provider, create_app
from guildhall_local.provider.codes import challenge_of
from guildhall_local.testservers import free_ports

START = 1_795_000_000
VERIFIER = "v" * 43
BACK = "http://127.0.0.1:49152/signed-in?kept=1"
SIGN_IN = {
    "response_type": "code",
    "client_id": "guildhall-web",
    "redirect_uri": BACK,
    "code_challenge": challenge_of(VERIFIER),
    "code_challenge_method": "S256",
    "scope": "openid email",
    "state": "my state",
    "nonce": "my nonce",
}


@dataclass
class Desk:
    """A provider that runs, its clock, and somebody to ask it."""

    issuer: str
    state: Path
    http: httpx.AsyncClient
    seconds: int = START

    async def claims(self, token: str) -> dict[str, Any]:
        """As anybody can verify them who knows the provider's public keys."""
        keys = KeySet.import_key_set((await self.http.get("/jwks.json")).json())
        return jwt.decode(token, keys, algorithms=["ES256"]).claims

    async def authorize(self, **changes: str | None) -> httpx.Response:
        told = {name: value for name, value in {**SIGN_IN, **changes}.items() if value is not None}
        return await self.http.get("/authorize", params=told)

    async def token(self, **form: str) -> httpx.Response:
        return await self.http.post("/token", data=form)

    async def redemption(self, sub: str = "nadia") -> dict[str, str]:
        """The form that gets a token for a fresh sign-in of this person."""
        return {
            "grant_type": "authorization_code",
            "code": answered(await self.authorize(login_hint=sub))["code"],
            "client_id": "guildhall-web",
            "redirect_uri": BACK,
            "code_verifier": VERIFIER,
        }


def answered(redirect: httpx.Response) -> dict[str, str]:
    """What a redirect carries back to the client."""
    assert redirect.status_code == 303
    query = parse_qs(urlsplit(redirect.headers["location"]).query)
    return {name: values[0] for name, values in query.items()}


@asynccontextmanager
async def running_desk(state: Path) -> AsyncIterator[Desk]:
    """A provider for as long as the block, on a port of its own."""
    [port] = free_ports(1)
    issuer = f"http://{HOST}:{port}"
    async with httpx.AsyncClient(base_url=issuer) as http:
        desk = Desk(issuer, state, http)
        app = create_app(Provider(issuer=issuer, state=state, now=lambda: desk.seconds))
        listener = Listener(app, port)
        await listener.start()
        yield desk
        await listener.stop()
