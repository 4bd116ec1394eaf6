"""Who signed in, as a trusted issuer says it: every claim that decides is required and checked here.

The clock is the machine's own, never the movable one: a token's life is the issuer's affair.
"""

import asyncio
import base64
import binascii
import hashlib
import json
import re
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from joserfc import jwt
from joserfc.errors import JoseError

from servicekit.problem import NotSignedIn, Unavailable
from servicekit.settings import TrustedIssuer
from servicekit.web.jwks import IssuerKeys, VerifyingKey

LEEWAY = 5.0
LONGEST = 16 * 1024
REMEMBERED = 10_000

_BEARER = re.compile(r"(?i:bearer) +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)")


class TokenMissing(NotSignedIn):
    code = "token-missing"


class TokenDamaged(NotSignedIn):
    code = "token-damaged"
    title = "The token is damaged"


class TokenExpired(NotSignedIn):
    code = "token-expired"
    title = "Sign in again"


class TokenNotForUs(NotSignedIn):
    code = "token-not-for-us"
    title = "The token was made for somebody else"


class UnknownSigner(NotSignedIn):
    code = "token-unknown-signer"
    title = "The token was not signed by somebody we trust"


@dataclass(frozen=True, slots=True)
class Token:
    """A verified token."""

    issuer: str
    subject: str
    email: str | None
    email_verified: bool
    client_id: str | None
    """`client_id` or `azp`: the program that the token was given to."""
    claims: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Remembered:
    token: Token
    until: float


class TokenVerifier:
    """Verifies bearer tokens of the trusted issuers. `async with TokenVerifier(issuers).running() as it:`"""

    def __init__(
        self,
        issuers: Sequence[TrustedIssuer],
        *,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._now = now
        self._client = httpx.AsyncClient(
            transport=transport, follow_redirects=False, headers={"accept": "application/json"}
        )
        self._keys = {issuer.issuer: IssuerKeys(issuer, self._client, self._forget, monotonic) for issuer in issuers}
        self._seen: OrderedDict[bytes, _Remembered] = OrderedDict()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["TokenVerifier"]:
        """Fetch all keys, then keep them fresh for as long as the block. An issuer may be away."""
        async with self._client, AsyncExitStack() as stack:
            await asyncio.gather(*(keys.fetch() for keys in self._keys.values()))
            for keys in self._keys.values():
                task = asyncio.create_task(keys.refresh_for_ever())
                stack.push_async_callback(_ended, task)
            yield self

    async def verify(self, authorization: str | None) -> Token:
        """The token of an `Authorization` header.

        Raises a NotSignedIn that says what is wrong with it, or Unavailable while its issuer has no keys.
        """
        compact = _compact(authorization)
        digest = hashlib.sha256(compact.encode()).digest()
        remembered = self._seen.get(digest)
        if remembered is not None and remembered.until > self._now() - LEEWAY:
            self._seen.move_to_end(digest)
            return remembered.token
        header, claims = _opened(compact)
        keys = self._keys.get(str(claims.get("iss")))
        if keys is None:
            raise UnknownSigner("This token's issuer is not one that is trusted here.")
        key = await self._key(keys, header)
        token = self._checked(_verified(compact, header, key), keys.issuer)
        self._remember(digest, token)
        return token

    async def _key(self, keys: IssuerKeys, header: Mapping[str, Any]) -> VerifyingKey:
        kid = header.get("kid")
        key = await keys.find(kid if isinstance(kid, str) else None)
        if not keys.by_id:
            raise Unavailable("The sign-in service does not answer at the moment; ask again.", retry_after=2)
        if key is None:
            raise UnknownSigner("This token is signed with a key that its issuer does not publish.")
        return key

    def _checked(self, claims: Mapping[str, Any], issuer: TrustedIssuer) -> Token:
        now = self._now()
        if claims.get("iss") != issuer.issuer:
            raise UnknownSigner("This token's issuer is not one that is trusted here.")
        if issuer.audience not in _listed(claims.get("aud")):
            raise TokenNotForUs(f"This token is not for {issuer.audience}.")
        if _instant(claims, "exp") <= now - LEEWAY:
            raise TokenExpired("This token has expired: sign in again.")
        if "nbf" in claims and _instant(claims, "nbf") > now + LEEWAY:
            raise TokenDamaged("This token is not valid yet.")
        subject = claims.get("sub")
        if not isinstance(subject, str) or not 0 < len(subject) <= 255 or not subject.isprintable():
            raise TokenDamaged("This token does not say who you are (sub).")
        email, client = claims.get("email"), claims.get("client_id", claims.get("azp"))
        return Token(
            issuer=issuer.issuer,
            subject=subject,
            email=email if isinstance(email, str) else None,
            email_verified=claims.get("email_verified") is True,
            client_id=client if isinstance(client, str) else None,
            claims=claims,
        )

    def _remember(self, digest: bytes, token: Token) -> None:
        self._seen[digest] = _Remembered(token, float(token.claims["exp"]))
        while len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)

    def _forget(self) -> None:
        """Keys changed: what was verified with one that is gone must not pass any more."""
        self._seen.clear()


def _compact(authorization: str | None) -> str:
    """The token of the header, as it was written."""
    if not authorization:
        raise TokenMissing("Send a token: Authorization: Bearer <token>.")
    match = _BEARER.fullmatch(authorization.strip())
    if match is None or len(authorization) > LONGEST:
        raise TokenDamaged("The Authorization header holds no token that can be read.")
    return match[1]


def _opened(compact: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, unverified."""
    header, claims, _ = compact.split(".")
    return _part(header), _part(claims)


def _part(text: str) -> dict[str, Any]:
    try:
        value = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise TokenDamaged("This token cannot be read.")
    return value


def _verified(compact: str, header: Mapping[str, Any], key: VerifyingKey) -> dict[str, Any]:
    if header.get("alg") not in key.algorithms:
        raise TokenDamaged("This token is signed in a way that is not accepted.")
    try:
        return dict(jwt.decode(compact, key.key, algorithms=sorted(key.algorithms)).claims)
    except (JoseError, ValueError):
        raise TokenDamaged("This token's signature is not right.") from None


def _instant(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenDamaged(f"This token does not say when it is valid ({name}).")
    return float(value)


def _listed(audience: Any) -> list[Any]:
    return audience if isinstance(audience, list) else [audience]


async def _ended(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.wait({task})
