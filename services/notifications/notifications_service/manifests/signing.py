"""Manifests are signed with Ed25519 as compact JWS (RFC 7515, RFC 8037) that name their key; the keys are published."""

import base64
from pathlib import Path
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from servicekit.web.secrets import SHORTEST, Keys, read_keys

PURPOSE = "manifests"
"""The file of keys in SECRETS_DIR; the first 32 bytes of each are the private key."""
TYPE = "guildhall-manifest+jws"


class Signer:
    """Signs with the first key of the file; a key that stays in it is still published."""

    def __init__(self, keys: Keys) -> None:
        self._current = keys.current
        self._keys = {name: Ed25519PrivateKey.from_private_bytes(key[:SHORTEST]) for name, key in keys.by_id.items()}

    @classmethod
    def of(cls, secrets_dir: Path) -> "Signer":
        """Raises KeysMissing."""
        return cls(read_keys(secrets_dir, PURPOSE))

    def sign(self, claims: dict[str, Any]) -> str:
        header = {"alg": "EdDSA", "kid": self._current, "typ": TYPE}
        signed = f"{_text(orjson.dumps(header))}.{_text(orjson.dumps(claims))}"
        return f"{signed}.{_text(self._keys[self._current].sign(signed.encode('ascii')))}"

    def published(self) -> list[dict[str, str]]:
        """The public keys, as a JWK set holds them."""
        return [
            {
                "kty": "OKP",
                "crv": "Ed25519",
                "alg": "EdDSA",
                "use": "sig",
                "kid": name,
                "x": _text(key.public_key().public_bytes_raw()),
            }
            for name, key in self._keys.items()
        ]


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).decode("ascii").rstrip("=")
