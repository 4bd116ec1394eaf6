"""A token counts only where a trusted issuer signed it, for us, for now; every other case is said in words."""

import asyncio
import base64
import hmac
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from servicekit.problem import Unavailable
from servicekit.settings import TrustedIssuer
from servicekit.testing.patience import eventually
from servicekit.web import tokens
from servicekit.web.tokens import (
    Token,
    TokenDamaged,
    TokenExpired,
    TokenMissing,
    TokenNotForUs,
    TokenVerifier,
    UnknownSigner,
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


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
async def verifier(provider: Provider) -> AsyncIterator[TokenVerifier]:
    async with made(provider).running() as verifier:
        yield verifier


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


async def test_a_token_tells_who_signed_in(verifier: TokenVerifier) -> None:
    token = await verifier.verify(signed())

    assert token == Token(
        issuer=ISSUER,
        subject="anna",
        email="anna@trust.example",
        email_verified=True,
        client_id="web",
        claims=claims(),
    )


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


@pytest.mark.parametrize(("key", "alg"), [(EC, "ES256"), (RSA, "RS256"), (RSA, "PS256"), (ED, "Ed25519")])
async def test_four_ways_of_signing_are_accepted(verifier: TokenVerifier, key: Key, alg: str) -> None:
    assert (await verifier.verify(signed(key, alg))).subject == "anna"


@pytest.mark.parametrize(
    ("header", "kind", "said"),
    [
        (None, TokenMissing, "Send a token"),
        ("", TokenMissing, "Send a token"),
        ("Basic YTpi", TokenDamaged, "holds no token"),
        ("Bearer abc", TokenDamaged, "holds no token"),
        ("Bearer a.b.c", TokenDamaged, "cannot be read"),
        ("Bearer " + "A" * 20_000 + ".A.A", TokenDamaged, "holds no token"),
        (signed(exp=int(NOW) - 6), TokenExpired, "has expired"),
        (signed(nbf=int(NOW) + 60), TokenDamaged, "not valid yet"),
        (signed(aud="another"), TokenNotForUs, "not for guildhall"),
        (signed(aud=["another", "third"]), TokenNotForUs, "not for guildhall"),
        (signed(aud=None), TokenNotForUs, "not for guildhall"),
        (signed(exp=None), TokenDamaged, "(exp)"),
        (signed(exp="tomorrow"), TokenDamaged, "(exp)"),
        (signed(exp=True), TokenDamaged, "(exp)"),
        (signed(sub=None), TokenDamaged, "(sub)"),
        (signed(sub=""), TokenDamaged, "(sub)"),
        (signed(sub="anna\nadmin"), TokenDamaged, "(sub)"),
        (signed(sub=7), TokenDamaged, "(sub)"),
        (signed(iss="https://evil.example"), UnknownSigner, "not one that is trusted"),
        (signed(iss=None), UnknownSigner, "not one that is trusted"),
        (signed(FORGED), TokenDamaged, "signature is not right"),
        (signed(NEW), UnknownSigner, "does not publish"),
        (signed(kid="rsa"), TokenDamaged, "in a way that is not accepted"),
        (signed(RSA, "RS512"), TokenDamaged, "in a way that is not accepted"),
    ],
)
async def test_every_refusal_is_said_in_words(
    verifier: TokenVerifier, header: str | None, kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind, match=said.replace("(", r"\(").replace(")", r"\)")):
        await verifier.verify(header)


async def test_a_token_whose_claims_were_changed_is_refused(verifier: TokenVerifier) -> None:
    header, _, signature = signed().split(".")
    other = encoded(json.dumps(claims(sub="the-lead")).encode())

    with pytest.raises(TokenDamaged):
        await verifier.verify(f"{header}.{other}.{signature}")


async def test_a_public_key_is_no_secret_to_sign_with(verifier: TokenVerifier) -> None:
    head = encoded(json.dumps({"alg": "HS256", "kid": "ec"}).encode())
    content = f"{head}.{signed().split('.')[1]}"
    signature = encoded(hmac.digest(EC.as_pem(private=False), content.encode(), "sha256"))

    with pytest.raises(TokenDamaged, match="in a way that is not accepted"):
        await verifier.verify(f"Bearer {content}.{signature}")


async def test_a_token_without_signature_is_refused(verifier: TokenVerifier) -> None:
    head = encoded(b'{"alg":"none","kid":"ec"}')
    _, body, _ = signed().split(".")

    for token in (f"Bearer {head}.{body}.", f"Bearer {head}.{body}.AAAA"):
        with pytest.raises(TokenDamaged):
            await verifier.verify(token)


async def test_a_few_seconds_are_forgiven(verifier: TokenVerifier) -> None:
    assert await verifier.verify(signed(exp=int(NOW) - 4))
    assert await verifier.verify(signed(nbf=int(NOW) + 4))
    assert await verifier.verify(signed(nbf=None))


async def test_an_address_counts_as_verified_only_where_the_issuer_says_so(verifier: TokenVerifier) -> None:
    for said in (None, False, "true", 1):
        assert (await verifier.verify(signed(email_verified=said))).email_verified is False


async def test_a_remembered_token_expires_all_the_same(verifier: TokenVerifier, provider: Provider) -> None:
    header = signed()
    first = await verifier.verify(header)
    assert await verifier.verify(header) is first

    provider.now += 306

    with pytest.raises(TokenExpired):
        await verifier.verify(header)


async def test_a_remembered_token_goes_with_its_key(verifier: TokenVerifier, provider: Provider) -> None:
    header = signed()
    await verifier.verify(header)
    provider.keys = [RSA]
    provider.monotonic += 11

    with pytest.raises(UnknownSigner):
        await verifier.verify(signed(NEW))  # makes the verifier ask again
    with pytest.raises(UnknownSigner):
        await verifier.verify(header)


async def test_no_more_than_so_many_tokens_are_remembered(
    verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "REMEMBERED", 3)
    headers = [signed(sub=f"person-{n}") for n in range(5)]
    kept = [await verifier.verify(header) for header in headers]

    again = [await verifier.verify(header) for header in reversed(headers)]

    assert [new is old for new, old in zip(again, reversed(kept), strict=True)] == [True, True, True, False, False]


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
