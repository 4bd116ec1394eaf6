"""The tokens themselves: they say who, for whom and until when, and nothing about what the bearer may do."""

from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from guildhall_local.provider.keys import ALGORITHM
from guildhall_local.provider.people import Persona
from guildhall_local.provider.refusal import Refused


@dataclass(frozen=True, slots=True)
class Mint:
    issuer: str
    audience: str
    seconds: int
    key: ECKey

    def for_person(self, persona: Persona, *, now: int) -> str:
        return self._access({"sub": persona.sub, **_address(persona)}, now)

    def for_client(self, client_id: str, *, now: int) -> str:
        return self._access({"sub": client_id, "client_id": client_id}, now)

    def identity(self, persona: Persona, *, client_id: str, nonce: str | None, now: int) -> str:
        """OpenID's id_token: for the client to read, no good for calling Guildhall."""
        told = {"sub": persona.sub, "name": persona.name, **_address(persona)}
        if nonce is not None:
            told["nonce"] = nonce
        return self._sign({**told, "aud": client_id, "auth_time": now}, now, kind="JWT")

    def read(self, token: str, *, now: int) -> dict[str, Any]:
        """The claims of an access token of ours that is still good."""
        try:
            decoded = jwt.decode(token, self.key, algorithms=[ALGORITHM])
        except (JoseError, ValueError) as wrong:
            raise Refused("invalid_token", "The token is not one of this provider.", status=401) from wrong
        if decoded.claims.get("aud") != self.audience or decoded.claims["exp"] <= now:
            raise Refused("invalid_token", "The token has expired, or is for somebody else.", status=401)
        return decoded.claims

    def _access(self, claims: dict[str, Any], now: int) -> str:
        return self._sign({**claims, "aud": self.audience}, now, kind="at+jwt")

    def _sign(self, claims: dict[str, Any], now: int, *, kind: str) -> str:
        head = {"alg": ALGORITHM, "kid": self.key.kid, "typ": kind}
        return jwt.encode(head, {"iss": self.issuer, "iat": now, "exp": now + self.seconds, **claims}, self.key)


def _address(persona: Persona) -> dict[str, Any]:
    return {"email": persona.email, "email_verified": persona.email_verified}
