"""A partner body proves who it is by an assertion that it signed (RFC 7523); each is good for one use."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError

from guildhall_local.provider.clients import Partner
from guildhall_local.provider.refusal import Refused

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ALGORITHMS = ["ES256", "ES384", "EdDSA", "RS256", "PS256"]
LONGEST_LIFE = 600
SKEW = 30


class Assertions:
    """Judges assertions, and remembers the ids of those that were used until they expire."""

    def __init__(self, *, audiences: set[str], find: Callable[[str], Partner | None]) -> None:
        self._audiences = audiences
        self._find = find
        self._used: dict[tuple[str, str], int] = {}

    def judge(self, assertion: str, *, now: int) -> Partner:
        """The partner who signed it; invalid_client says what is wrong with it."""
        told = _claims_unverified(assertion).get("iss")
        partner = self._find(told) if isinstance(told, str) else None
        if partner is None:
            raise _refused("no client with this `iss` is registered")
        try:
            claims = jwt.decode(assertion, partner.keys, algorithms=ALGORITHMS).claims
        except (JoseError, ValueError) as wrong:
            raise _refused("its signature is not by a key of this client") from wrong
        self._check(claims, partner, now)
        self._use_up(partner, claims, now)
        return partner

    def _check(self, claims: dict[str, Any], partner: Partner, now: int) -> None:
        if claims.get("sub") != partner.client_id:
            raise _refused("its `sub` must be the client's id, as its `iss` is")
        audience = claims.get("aud")
        named = {audience} if isinstance(audience, str) else set(audience or [])
        if not named & self._audiences:
            raise _refused(f"its `aud` must be one of {', '.join(sorted(self._audiences))}")
        expires = _instant(claims, "exp")
        if expires <= now:
            raise _refused("it has expired")
        if expires > now + LONGEST_LIFE:
            raise _refused(f"it may be good for {LONGEST_LIFE} s at most")
        for name in ("iat", "nbf"):
            if name in claims and _instant(claims, name) > now + SKEW:
                raise _refused(f"its `{name}` lies in the future")

    def _use_up(self, partner: Partner, claims: dict[str, Any], now: int) -> None:
        name = claims.get("jti")
        if not isinstance(name, str) or not name:
            raise _refused("it has no `jti`")
        self._used = {used: until for used, until in self._used.items() if until > now}
        if (partner.client_id, name) in self._used:
            raise _refused("it was used before; sign a new one with a new `jti`")
        self._used[partner.client_id, name] = _instant(claims, "exp")


def _instant(claims: dict[str, Any], name: str) -> int:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _refused(f"its `{name}` must be a number of seconds")
    return int(value)


def _claims_unverified(assertion: str) -> dict[str, Any]:
    """Only to learn whose keys to verify it with."""
    try:
        _head, claims, _signature = assertion.split(".")
        parsed = json.loads(urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise _refused("it is not a signed JWT")
    return parsed


def _refused(words: str) -> Refused:
    return Refused("invalid_client", f"The client assertion cannot be accepted: {words}.", status=401)
