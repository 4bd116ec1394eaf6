"""The provider's rules by themselves: where a code may be sent, what an assertion must say, who is known."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from guildhall_local.provider import people
from guildhall_local.provider.assertions import Assertions
from guildhall_local.provider.client import new_client_key, signed_assertion
from guildhall_local.provider.clients import find_partner, is_loopback, register
from guildhall_local.provider.codes import Codes, challenge_of, check_sign_in
from guildhall_local.provider.people import People, Persona
from guildhall_local.provider.refusal import Refused, Unusable

NOW = 1_795_000_000
ISSUER = "http://127.0.0.1:7401"
VERIFIER = "v" * 43
SIGN_IN = {
    "response_type": "code",
    "client_id": "guildhall-web",
    "redirect_uri": "http://127.0.0.1:8080/signed-in",
    "code_challenge": challenge_of(VERIFIER),
    "code_challenge_method": "S256",
}
REDEMPTION = {
    "client_id": "guildhall-web",
    "redirect_uri": "http://127.0.0.1:8080/signed-in",
    "code_verifier": VERIFIER,
}
PRIVATE, PUBLIC = new_client_key()


@pytest.mark.parametrize(
    "place",
    ["http://127.0.0.1/", "http://127.0.0.1:49152/back?x=1", "http://localhost:3000", "http://[::1]:8080/a"],
)
def test_a_code_may_be_sent_to_any_port_of_this_machine(place: str) -> None:
    assert is_loopback(place)


@pytest.mark.parametrize(
    "place",
    [
        "",
        "https://127.0.0.1/",
        "http://guildhall.example/",
        "http://127.0.0.1.evil.example/",
        "http://127.0.0.1@evil.example/",
        "http://evil.example@127.0.0.1/",
        "http://127.0.0.1:8080/#fragment",
        "http://127.0.0.1:eight/",
        "javascript:alert(1)",
        "//127.0.0.1/",
    ],
)
def test_and_nowhere_else(place: str) -> None:
    assert not is_loopback(place)
    with pytest.raises(Unusable, match="Signing in cannot lead to"):
        check_sign_in({**SIGN_IN, "redirect_uri": place})


def test_an_unknown_client_is_not_answered() -> None:
    with pytest.raises(Unusable, match="No client is called 'payroll'"):
        check_sign_in({**SIGN_IN, "client_id": "payroll"})


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"code_challenge": ""}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "too short"}, "invalid_request"),
    ],
)
def test_a_sign_in_without_its_proof_is_refused(change: Mapping[str, str], code: str) -> None:
    with pytest.raises(Refused) as refused:
        check_sign_in({**SIGN_IN, **change})

    assert refused.value.code == code


@pytest.fixture
def codes() -> Codes:
    names = iter(range(1_000))
    return Codes(lambda: f"code-{next(names)}")


def test_a_code_is_good_once(codes: Codes) -> None:
    code = codes.issue(check_sign_in(SIGN_IN), "nadia", now=NOW)

    assert codes.redeem({**REDEMPTION, "code": code}, now=NOW + 60).sub == "nadia"
    with pytest.raises(Refused, match="used before"):
        codes.redeem({**REDEMPTION, "code": code}, now=NOW + 1)


@pytest.mark.parametrize(
    ("change", "seconds", "words"),
    [
        ({"code": "code-made-up"}, 0, "unknown"),
        ({}, 61, "older than a minute"),
        ({"code_verifier": "w" * 43}, 0, "code_verifier does not fit"),
        ({"code_verifier": ""}, 0, "code_verifier does not fit"),
        ({"redirect_uri": "http://127.0.0.1:8081/signed-in"}, 0, "redirect_uri is not the one"),
        ({"client_id": "payroll"}, 0, "another client"),
    ],
)
def test_a_code_in_wrong_hands_is_refused_and_spent(
    codes: Codes, change: Mapping[str, str], seconds: int, words: str
) -> None:
    code = codes.issue(check_sign_in(SIGN_IN), "nadia", now=NOW)

    with pytest.raises(Refused, match=words) as refused:
        codes.redeem({**REDEMPTION, "code": code, **change}, now=NOW + seconds)

    assert refused.value.code == "invalid_grant"
    if change.get("code") is None:
        with pytest.raises(Refused):
            codes.redeem({**REDEMPTION, "code": code}, now=NOW)


@pytest.fixture
def assertions(tmp_path: Path) -> Assertions:
    register(tmp_path, "nhs-england", name="NHS England", public_jwk=PUBLIC)
    return Assertions(audiences={ISSUER, f"{ISSUER}/token"}, find=lambda client_id: find_partner(tmp_path, client_id))


def signed(**claims: Any) -> str:
    return signed_assertion("nhs-england", claims.pop("key", PRIVATE), audience=ISSUER, now=NOW, **claims)


def test_a_partner_is_known_by_its_signature(assertions: Assertions) -> None:
    assert assertions.judge(signed(), now=NOW).name == "NHS England"
    assert assertions.judge(signed(aud=f"{ISSUER}/token"), now=NOW).client_id == "nhs-england"
    assert assertions.judge(signed(aud=["https://elsewhere.example", ISSUER]), now=NOW)


def test_an_assertion_is_good_once_even_where_another_client_uses_its_id(
    assertions: Assertions, tmp_path: Path
) -> None:
    register(tmp_path, "nhs-providers", name="NHS Providers", public_jwk=PUBLIC)
    assertion = signed(jti="once")

    assert assertions.judge(assertion, now=NOW)
    assert assertions.judge(signed(jti="once", iss="nhs-providers", sub="nhs-providers"), now=NOW)
    with pytest.raises(Refused, match="used before"):
        assertions.judge(assertion, now=NOW + 30)


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"key": new_client_key()[0]}, "not by a key of this client"),
        ({"iss": "unknown-body"}, "no client with this `iss`"),
        ({"iss": "../clients/nhs-england"}, "no client with this `iss`"),
        ({"iss": 7}, "no client with this `iss`"),
        ({"sub": "nhs-providers"}, "its `sub` must be the client's id"),
        ({"aud": "https://elsewhere.example"}, "its `aud` must be one of"),
        ({"exp": NOW}, "it has expired"),
        ({"exp": NOW + 601}, "good for 600 s at most"),
        ({"exp": None}, "its `exp` must be a number"),
        ({"exp": "soon"}, "its `exp` must be a number"),
        ({"iat": NOW + 31}, "its `iat` lies in the future"),
        ({"nbf": NOW + 31}, "its `nbf` lies in the future"),
        ({"jti": None}, "it has no `jti`"),
        ({"jti": 7}, "it has no `jti`"),
    ],
)
def test_an_assertion_that_is_not_in_order_is_refused(
    assertions: Assertions, claims: Mapping[str, Any], words: str
) -> None:
    with pytest.raises(Refused, match=words) as refused:
        assertions.judge(signed(**claims), now=NOW)

    assert (refused.value.code, refused.value.status) == ("invalid_client", 401)


@pytest.mark.parametrize("assertion", ["", "x", "a.b.c", "e30.W10.e30", "....", "é.é.é"])
def test_nonsense_is_no_assertion(assertions: Assertions, assertion: str) -> None:
    with pytest.raises(Refused, match="cannot be accepted"):
        assertions.judge(assertion, now=NOW)


def test_an_unsigned_assertion_is_refused(assertions: Assertions) -> None:
    claims = signed().split(".")[1]

    with pytest.raises(Refused, match="not by a key of this client"):
        assertions.judge(f"eyJhbGciOiJub25lIn0.{claims}.", now=NOW)


def test_a_secret_key_is_not_registered(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds the secret"):
        register(tmp_path, "nhs-england", name="NHS England", public_jwk=PRIVATE)
    with pytest.raises(ValueError, match="cannot be a client's id"):
        register(tmp_path, "../nhs", name="NHS England", public_jwk=PUBLIC)


def test_the_cast_has_everybody_whom_a_visitor_wants_to_be(tmp_path: Path) -> None:
    cast = People(tmp_path).search("")

    assert len({persona.sub for persona in cast}) == len({persona.email for persona in cast}) == len(cast) == 9
    assert cast[0].name == "Nadia Rahman"
    assert all(persona.email.endswith(".example") and persona.email_verified for persona in cast)
    for part in (
        "national lead",
        "midlands",
        "london",
        "trust lead",
        "organiser",
        "steward",
        "member",
        "guest",
    ):
        assert [persona for persona in cast if persona.matches([part])], part


def test_the_directory_is_read_again_when_it_changes(tmp_path: Path) -> None:
    known = People(tmp_path)
    assert known.find("p1") is None

    people.write_directory(tmp_path, [Persona(sub="p1", name="Ada Byron", email="ada@rwp.nhs.example")])
    added = known.find("p1")
    people.write_directory(tmp_path, [Persona(sub="nadia", name="Nadia Other", email="n@rwp.nhs.example")])
    replaced = known.find("nadia")
    (tmp_path / people.DIRECTORY).unlink()

    assert added is not None
    assert added.name == "Ada Byron"
    assert replaced is not None
    assert replaced.name == "Nadia Other"
    assert known.find("p1") is None
    assert known.search("other") == []


def test_a_directory_is_never_seen_half_written(tmp_path: Path) -> None:
    people.write_directory(tmp_path, [Persona(sub="p1", name="Ada Byron", email="ada@rwp.nhs.example")])

    assert [path.name for path in tmp_path.iterdir()] == [people.DIRECTORY]
