"""A manifest counts only where its signature holds: the JWS is read, never what stands beside it."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from guildhall_kit.refusals import Refused


class ManifestRefused(Refused):
    """Its signature does not hold, it is another stream's, or it does not go on where the one before ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    agreement_id: str
    day: str
    first: int
    last: int
    count: int
    digest: str


def opened(signed: str, keys: Mapping[str, Any], *, agreement_id: str) -> Manifest:
    """The manifest of a compact JWS. keys: the published JWK set. Raises ManifestRefused."""
    try:
        header_text, claims_text, signature_text = signed.split(".")
        header, claims = json.loads(_bytes(header_text)), json.loads(_bytes(claims_text))
        known = {key["kid"]: key for key in keys["keys"]}
        if header.get("alg") != "EdDSA" or header.get("kid") not in known:
            raise ManifestRefused("it is not signed with a key that is published")
        key = Ed25519PublicKey.from_public_bytes(_bytes(known[header["kid"]]["x"]))
        key.verify(_bytes(signature_text), f"{header_text}.{claims_text}".encode("ascii"))
        manifest = Manifest(
            agreement_id=claims["sub"],
            day=claims["day"],
            first=int(claims["first"]),
            last=int(claims["last"]),
            count=int(claims["count"]),
            digest=claims["digest"],
        )
    except InvalidSignature:
        raise ManifestRefused("its signature does not hold") from None
    except (ValueError, OverflowError, KeyError, TypeError, AttributeError, binascii.Error) as error:
        raise ManifestRefused(f"it cannot be read: {type(error).__name__}") from None
    if manifest.agreement_id != agreement_id:
        raise ManifestRefused("it is another stream's")
    if manifest.count != manifest.last - manifest.first + 1:
        raise ManifestRefused("its count is not that of its positions")
    return manifest


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
