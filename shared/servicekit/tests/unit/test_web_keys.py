"""An issuer's keys are fetched beforehand, and kept while it is away."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey
from sign_in import EC, ISSUER, NEW, RSA, Provider, claims, made, signed

from servicekit.problem import Unavailable
from servicekit.testing.patience import eventually
from servicekit.web.tokens import (
    TokenVerifier,
    UnknownSigner,
)


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
async def verifier(provider: Provider) -> AsyncIterator[TokenVerifier]:
    async with made(provider).running() as verifier:
        yield verifier


async def test_a_remembered_token_goes_with_its_key(verifier: TokenVerifier, provider: Provider) -> None:
    header = signed()
    await verifier.verify(header)
    provider.keys = [RSA]
    provider.monotonic += 11

    with pytest.raises(UnknownSigner):
        await verifier.verify(signed(NEW))  # makes the verifier ask again
    with pytest.raises(UnknownSigner):
        await verifier.verify(header)


async def test_were_nothing_forgotten_a_token_would_outlive_its_key(
    verifier: TokenVerifier, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is remembered is taken at its word: only forgetting it makes the test above pass."""
    header = signed()
    await verifier.verify(header)
    monkeypatch.setattr(verifier._keys[ISSUER], "changed", lambda: None)
    provider.keys = [RSA]
    provider.monotonic += 11

    with pytest.raises(UnknownSigner):
        await verifier.verify(signed(NEW))
    assert (await verifier.verify(header)).subject == "anna"


async def test_a_new_key_is_asked_for_at_most_every_ten_seconds(verifier: TokenVerifier, provider: Provider) -> None:
    provider.keys = [EC, NEW]
    for _ in range(20):
        with pytest.raises(UnknownSigner):
            await verifier.verify(signed(NEW))
    assert provider.asked == 1

    provider.monotonic += 10
    found = await asyncio.gather(*(verifier.verify(signed(NEW, sub=f"p{n}")) for n in range(20)))

    assert len(found) == 20
    assert provider.asked == 2


@pytest.mark.parametrize(
    ("status", "body"), [(0, None), (500, None), (200, b"<html>"), (200, b'{"keys": []}'), (200, b"[]")]
)
async def test_keys_last_seen_go_on_working_while_the_issuer_is_away(
    verifier: TokenVerifier, provider: Provider, status: int, body: bytes | None
) -> None:
    provider.status, provider.body = status, body
    provider.monotonic += 3600
    with pytest.raises(UnknownSigner):
        await verifier.verify(signed(NEW))

    assert (await verifier.verify(signed(sub="still-here"))).subject == "still-here"


async def test_without_any_key_nobody_is_refused_but_asked_to_come_again(provider: Provider) -> None:
    provider.status = 0
    async with made(provider).running() as verifier:
        with pytest.raises(Unavailable, match="sign-in service"):
            await verifier.verify(signed())

        provider.status, provider.monotonic = 200, provider.monotonic + 11

        assert await verifier.verify(signed())


async def test_keys_are_refreshed_behind(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("servicekit.web.jwks.RETRY_SECONDS", 0.01)
    provider.status = 0
    async with made(provider).running() as verifier:
        provider.status = 200

        async def verified() -> bool:
            try:
                return bool(await verifier.verify(signed()))
            except Unavailable:
                return False

        assert await eventually(verified)


async def test_a_token_without_key_id_works_only_where_there_is_one_key(
    verifier: TokenVerifier, provider: Provider
) -> None:
    header = "Bearer " + jwt.encode({"alg": "ES256"}, claims(), EC, algorithms=["ES256"])
    with pytest.raises(UnknownSigner):
        await verifier.verify(header)

    provider.keys, provider.monotonic = [EC], provider.monotonic + 11

    assert await verifier.verify(header)


async def test_keys_that_are_not_for_signing_are_not_used(provider: Provider) -> None:
    provider.keys = [
        EC,
        ECKey.generate_key("P-256", {"kid": "enc", "use": "enc"}),
        OctKey.generate_key(256, {"kid": "o"}),
    ]
    async with made(provider).running() as verifier:
        with pytest.raises(UnknownSigner):
            await verifier.verify(signed(NEW, kid="enc"))
        with pytest.raises(UnknownSigner):
            await verifier.verify(signed(NEW, kid="o"))
