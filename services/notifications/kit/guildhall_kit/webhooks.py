"""Is it from Guildhall, is it from now, and is it new? (Standard Webhooks, `v1`.)"""

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from guildhall_kit.refusals import Forged, Stale
from guildhall_kit.signals import Signal

if TYPE_CHECKING:
    from guildhall_kit.store import Store

TOLERANCE_SECONDS = 300
LONGEST_STAMP = 15
PREFIX = "whsec_"


class Webhooks:
    """secrets: the subscription's; while one is replaced, the new and the old. now: a seam, seconds since 1970."""

    def __init__(
        self,
        secrets: Sequence[str],
        *,
        tolerance: int = TOLERANCE_SECONDS,
        now: Callable[[], float] = time.time,
    ) -> None:
        if not secrets:
            raise ValueError("give at least one secret")
        self._keys = [_key(secret) for secret in secrets]
        self._tolerance, self._now = tolerance, now

    def verify(self, headers: Mapping[str, str], body: bytes) -> Signal:
        """The signal, where it was signed with one of the secrets within the last five minutes.

        Raises Forged, Stale, Tampered. Whether it came before is not looked at: that is `receive`.
        """
        given = {name.lower(): value for name, value in headers.items()}
        name, stamp = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
        signatures = given.get("webhook-signature", "")
        if not (name and stamp and signatures):
            raise Forged("webhook-id, webhook-timestamp or webhook-signature is missing")
        if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= LONGEST_STAMP):
            raise Forged("webhook-timestamp is not a number")
        if not self._is_signed(name, stamp, signatures, body):
            raise Forged("no signature by one of the secrets")
        if abs(self._now() - int(stamp)) > self._tolerance:
            raise Stale(f"it was signed more than {self._tolerance} seconds from now")
        try:
            told = json.loads(body)
        except ValueError:
            raise Forged("the body is not JSON") from None
        signal = Signal.of(told if isinstance(told, dict) else {})
        if signal.id != name:
            raise Forged("webhook-id is not the id of the signal")
        return signal

    def receive(self, headers: Mapping[str, str], body: bytes, store: "Store") -> Signal:
        """Verify it and keep it, once. Raises as `verify` does, and AlreadyReceived."""
        signal = self.verify(headers, body)
        store.receive(signal)
        return signal

    def _is_signed(self, name: str, stamp: str, signatures: str, body: bytes) -> bool:
        """Every pair is compared, each in constant time, so that nothing is told by how long it takes."""
        signed = f"{name}.{stamp}.".encode() + body
        expected = [hmac.new(key, signed, hashlib.sha256).digest() for key in self._keys]
        found = False
        for word in signatures.split(" "):
            version, _, text = word.partition(",")
            try:
                given = base64.b64decode(text, validate=True) if version == "v1" else b""
            except (binascii.Error, ValueError):
                given = b""
            for one in expected:
                found |= hmac.compare_digest(one, given)
        return found


def _key(secret: str) -> bytes:
    text = secret.removeprefix(PREFIX)
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("a secret is whsec_ and base64") from None
    if not key:
        raise ValueError("a secret is empty")
    return key
