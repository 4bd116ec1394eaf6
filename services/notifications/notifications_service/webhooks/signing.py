"""Secrets of subscriptions: drawn here, shown once, kept sealed under a key of ours; Standard Webhooks signatures."""

import base64
import hashlib
import hmac
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from servicekit.web.secrets import Keys, read_keys

PURPOSE = "webhooks"
"""The file of keys in SECRETS_DIR that secrets are sealed under."""
PREFIX = "whsec_"
LENGTH = 32
NONCE = 12


class Unsealable(RuntimeError):
    """The key that it was sealed under is not here any more, or the row is not as it was written."""


@dataclass(frozen=True, slots=True)
class Sealed:
    key_id: str
    box: bytes


class Vault:
    """Seals under the first key of the file, and opens what any of its keys has sealed."""

    def __init__(self, keys: Keys) -> None:
        self._current = keys.current
        self._ciphers = {name: AESGCM(hashlib.sha256(b"webhooks" + key).digest()) for name, key in keys.by_id.items()}

    @classmethod
    def of(cls, secrets_dir: Path) -> "Vault":
        """Raises KeysMissing."""
        return cls(read_keys(secrets_dir, PURPOSE))

    def seal(self, secret: bytes, subscription_id: UUID) -> Sealed:
        nonce = os.urandom(NONCE)
        box = self._ciphers[self._current].encrypt(nonce, secret, subscription_id.bytes)
        return Sealed(self._current, nonce + box)

    def open(self, sealed: Sealed, subscription_id: UUID) -> bytes:
        """Raises Unsealable."""
        cipher = self._ciphers.get(sealed.key_id)
        try:
            if cipher is None:
                raise InvalidTag
            return cipher.decrypt(sealed.box[:NONCE], sealed.box[NONCE:], subscription_id.bytes)
        except InvalidTag:
            raise Unsealable(f"a secret cannot be opened with the key {sealed.key_id}") from None


def draw() -> bytes:
    """A new secret."""
    return os.urandom(LENGTH)


def written(secret: bytes) -> str:
    """As its owner is shown it, once."""
    return PREFIX + base64.b64encode(secret).decode("ascii")


def signed_headers(secrets: Sequence[bytes], webhook_id: str, body: bytes, *, at: datetime) -> dict[str, str]:
    """The three headers; one signature for each secret that is valid, the newest first."""
    seconds = str(int(at.timestamp()))
    return {
        "webhook-id": webhook_id,
        "webhook-timestamp": seconds,
        "webhook-signature": " ".join(_signature(secret, webhook_id, seconds, body) for secret in secrets),
    }


def _signature(secret: bytes, webhook_id: str, seconds: str, body: bytes) -> str:
    signed = f"{webhook_id}.{seconds}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(secret, signed, hashlib.sha256).digest()).decode("ascii")
