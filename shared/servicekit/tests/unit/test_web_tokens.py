"""A token counts only where a trusted issuer signed it, for us, for now; every other case is said in words."""

import hmac
import json
from collections.abc import AsyncIterator

import pytest
from sign_in import EC, ED, FORGED, ISSUER, NEW, NOW, RSA, Key, Provider, claims, encoded, made, signed

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


@pytest.fixture
def provider() -> Provider:
    return Provider()


@pytest.fixture
async def verifier(provider: Provider) -> AsyncIterator[TokenVerifier]:
    async with made(provider).running() as verifier:
        yield verifier


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


async def test_no_more_than_so_many_tokens_are_remembered(
    verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "REMEMBERED", 3)
    headers = [signed(sub=f"person-{n}") for n in range(5)]
    kept = [await verifier.verify(header) for header in headers]

    again = [await verifier.verify(header) for header in reversed(headers)]

    assert [new is old for new, old in zip(again, reversed(kept), strict=True)] == [True, True, True, False, False]
