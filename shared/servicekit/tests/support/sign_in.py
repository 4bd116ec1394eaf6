"""An issuer for tests: its keys, its tokens, and the clocks around it."""

import base64
import json
from typing import Any

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from servicekit.settings import TrustedIssuer
from servicekit.web.tokens import (
    TokenVerifier,
)

ISSUER = "https://sign-in.example"
NOW = 1_800_000_000.0
EC = ECKey.generate_key("P-256", {"kid": "ec", "alg": "ES256", "use": "sig"})
RSA = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
ED = OKPKey.generate_key("Ed25519", {"kid": "ed", "use": "sig"})
NEW = ECKey.generate_key("P-256", {"kid": "new", "alg": "ES256"})
FORGED = ECKey.generate_key("P-256", {"kid": "ec", "alg": "ES256"})

Key = ECKey | RSAKey | OKPKey | OctKey


class Provider:
    """An issuer's key page, and the clocks around it."""

    def __init__(self) -> None:
        self.keys: list[Key] = [EC, RSA, ED]
        self.status = 200
        self.body: bytes | None = None
        self.asked = 0
        self.now = NOW
        self.monotonic = 1000.0

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        if self.status == 0:
            raise httpx.ConnectError("refused")
        body = json.dumps({"keys": [key.as_dict(private=False) for key in self.keys]}).encode()
        return httpx.Response(self.status, content=self.body or body)


def made(provider: Provider) -> TokenVerifier:
    issuer = TrustedIssuer.model_validate({"issuer": ISSUER, "jwks_url": f"{ISSUER}/jwks.json"})
    return TokenVerifier(
        [issuer],
        now=lambda: provider.now,
        monotonic=lambda: provider.monotonic,
        transport=httpx.MockTransport(provider.answer),
    )


def claims(**changed: Any) -> dict[str, Any]:
    whole = {
        "iss": ISSUER,
        "aud": "guildhall",
        "sub": "anna",
        "exp": int(NOW) + 300,
        "nbf": int(NOW) - 1,
        "email": "anna@trust.example",
        "email_verified": True,
        "azp": "web",
    }
    return {name: value for name, value in (whole | changed).items() if value is not None}


def signed(key: Key = EC, alg: str = "ES256", *, kid: str | None = None, **changed: Any) -> str:
    header = {"alg": alg, "kid": kid or key.kid}
    return "Bearer " + jwt.encode(header, claims(**changed), key, algorithms=[alg])


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
