"""The public keys of an issuer: fetched beforehand, refreshed behind, and kept while the issuer is away."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey

from servicekit.settings import TrustedIssuer

REFRESH_SECONDS = 300.0
RETRY_SECONDS = 1.0
ON_DEMAND_SECONDS = 10.0
FETCH_SECONDS = 5.0
LARGEST = 256 * 1024

log = structlog.get_logger(__name__)

PublicKey = RSAKey | ECKey | OKPKey

ALGORITHMS: Mapping[tuple[str, str | None], frozenset[str]] = {
    ("EC", "P-256"): frozenset({"ES256"}),
    ("RSA", None): frozenset({"RS256", "PS256"}),
    ("OKP", "Ed25519"): frozenset({"EdDSA", "Ed25519"}),
}
"""What a key may be used with: its own kind's algorithms, and only its `alg` where it names one."""


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    key: PublicKey
    algorithms: frozenset[str]


@dataclass(slots=True)
class IssuerKeys:
    """The keys of one issuer by their id."""

    issuer: TrustedIssuer
    client: httpx.AsyncClient
    changed: Callable[[], None]
    """Called when a key was added, replaced or taken away."""
    now: Callable[[], float] = time.monotonic
    refresh_seconds: float = REFRESH_SECONDS
    by_id: dict[str, VerifyingKey] = field(default_factory=dict)
    _documents: dict[str, Any] = field(default_factory=dict)
    _asked_at: float = float("-inf")
    _fetching: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def find(self, kid: str | None) -> VerifyingKey | None:
        """The key; unknown, the issuer is asked again (at most every 10 s). No `kid`: the only key."""
        found = self._known(kid)
        if found is None and self.now() - self._asked_at >= ON_DEMAND_SECONDS:
            async with self._fetching:
                if self.now() - self._asked_at >= ON_DEMAND_SECONDS:
                    await self.fetch()
            found = self._known(kid)
        return found

    async def refresh_for_ever(self) -> None:
        """Ask every five minutes, and every second while there is no key at all."""
        while True:
            await asyncio.sleep(self.refresh_seconds if self.by_id else RETRY_SECONDS)
            async with self._fetching:
                await self.fetch()

    async def fetch(self) -> None:
        """Ask the issuer; whatever goes wrong leaves the keys as they were."""
        self._asked_at = self.now()
        try:
            answer = await self.client.get(str(self.issuer.jwks_url), timeout=FETCH_SECONDS)
            answer.raise_for_status()
            if len(answer.content) > LARGEST:
                raise ValueError("too large")
            self._take(answer.json())
        except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("jwks.not-fetched", issuer=self.issuer.issuer, error=type(error).__name__)

    def _take(self, document: Mapping[str, Any]) -> None:
        documents = {
            str(one["kid"]): one for one in document["keys"] if one.get("use", "sig") == "sig" and "kid" in one
        }
        if documents == self._documents:
            return
        usable = {kid: key for kid, one in documents.items() if (key := _verifying(one)) is not None}
        if not usable:
            raise ValueError("no usable key")
        self.by_id, self._documents = usable, documents
        self.changed()

    def _known(self, kid: str | None) -> VerifyingKey | None:
        if kid is None:
            return next(iter(self.by_id.values())) if len(self.by_id) == 1 else None
        return self.by_id.get(kid)


def _verifying(document: Mapping[str, Any]) -> VerifyingKey | None:
    """The key with the algorithms that it may be used with; None where it is not of our kinds."""
    kind = str(document.get("kty"))
    allowed = ALGORITHMS.get((kind, None if kind == "RSA" else document.get("crv")), frozenset())
    if "alg" in document:
        allowed &= {str(document["alg"])}
    if not allowed:
        return None
    try:
        [key] = KeySet.import_key_set({"keys": [dict(document)]}).keys
    except (JoseError, ValueError):
        return None
    return VerifyingKey(key, allowed) if isinstance(key, RSAKey | ECKey | OKPKey) else None
