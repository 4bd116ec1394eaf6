"""Who comes in: what each bad token is told, in words that its owner can act on."""

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from guildhall_local.gateway.testing import Front, front, new_key
from servicekit.testing import eventually

ME = "/api/v1/me"
DEFINITION = "/api/v1/events/openapi.json"


def refusal(answer: httpx.Response) -> tuple[int, str]:
    """The status and code of a problem that is whole."""
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == f"urn:guildhall:problem:{problem['code']}"
    assert problem["status"] == answer.status_code
    assert problem["request_id"] == answer.headers["x-request-id"]
    assert problem["title"]
    assert problem["detail"]
    return answer.status_code, problem["code"]


async def test_a_good_token_comes_through_and_is_handed_on(gateway: Front) -> None:
    token = gateway.issuer.token()

    answer = await gateway.get(ME, token=token)

    assert answer.status_code == 200
    assert answer.json()["headers"]["authorization"] == f"Bearer {token}"


async def test_a_missing_token_is_told_to_sign_in(gateway: Front) -> None:
    answer = await gateway.get(ME)

    assert refusal(answer) == (401, "token-missing")
    assert answer.json()["title"] == "Sign in first"
    assert answer.headers["www-authenticate"] == 'Bearer realm="guildhall"'


@pytest.mark.parametrize(
    ("claims", "status", "code", "title"),
    [
        ({"exp": -60}, 401, "token-expired", "Your sign-in has expired"),
        ({"nbf": 600}, 401, "token-not-yet-valid", "Your sign-in is not valid yet"),
        (
            {"iss": "https://elsewhere.example"},
            401,
            "token-unknown-signer",
            "Guildhall does not trust the issuer of this token",
        ),
        ({"aud": "payroll"}, 401, "token-not-for-us", "This token is for another application"),
        ({"aud": None}, 401, "token-not-for-us", "This token is for another application"),
        ({"exp": None}, 401, "token-damaged", "This token cannot be accepted"),
        ({"sub": None}, 401, "token-damaged", "This token cannot be accepted"),
        ({"sub": "anna\r\nx-person: bob"}, 401, "token-damaged", "This token cannot be accepted"),
    ],
)
async def test_a_bad_claim_is_named(gateway: Front, claims: dict[str, Any], status: int, code: str, title: str) -> None:
    """Times are told as seconds from now; the tests before this one may take long."""
    now = int(time.time())
    timed = {name: now + value for name, value in claims.items() if isinstance(value, int)}
    token = gateway.issuer.token(**(claims | timed))

    private = await gateway.get(ME, token=token)
    public = await gateway.get(DEFINITION, token=token)

    assert refusal(private) == refusal(public) == (status, code)
    assert private.json()["title"] == title
    assert 'error="invalid_token"' in private.headers["www-authenticate"]
    assert token not in private.text


async def test_a_forged_or_changed_token_is_refused(gateway: Front) -> None:
    same_name = gateway.issuer.key.kid
    forger = new_key(kid=same_name)
    head, claims, signature = gateway.issuer.token("anna").split(".")
    others_claims = gateway.issuer.token("bob").split(".")[1]

    forged = await gateway.get(ME, token=gateway.issuer.token(key=forger))
    changed = await gateway.get(ME, token=f"{head}.{others_claims}.{signature}")
    unsigned = await gateway.get(ME, token=f"eyJhbGciOiJub25lIn0.{claims}.")
    nonsense = await gateway.get(ME, token="nonsense")

    for answer in (forged, changed, unsigned, nonsense):
        assert refusal(answer) == (401, "token-damaged")


async def test_a_token_in_the_address_is_no_token(gateway: Front) -> None:
    answer = await gateway.get(ME, params={"access_token": gateway.issuer.token()})

    assert refusal(answer) == (401, "token-missing")
    assert "access_token" not in str(answer.headers)


async def test_a_definition_is_read_without_a_token(gateway: Front) -> None:
    answer = await gateway.get(DEFINITION)

    assert answer.json()["path"] == "/openapi.json"
    assert answer.json()["service"] == "events"


async def test_without_the_issuers_keys_nobody_is_told_to_sign_in_again(tmp_path: Path) -> None:
    async with front(tmp_path, issuer_up=False) as gateway:
        token = gateway.issuer.token()

        before = await gateway.get(ME, token=token)
        open_to_all = await gateway.get(DEFINITION)
        await gateway.issuer_listener.start()

        async def comes_in() -> bool:
            return (await gateway.get(ME, token=token)).status_code == 200

        assert refusal(before) == (503, "sign-in-unavailable")
        assert before.headers["retry-after"] == "2"
        assert open_to_all.status_code == 200
        await eventually(comes_in, within=5)


async def test_keys_once_seen_serve_on_and_a_new_key_works_after_the_next_look(tmp_path: Path) -> None:
    async with front(tmp_path, keys_cached_seconds=1) as gateway:
        old = gateway.issuer.token()
        gateway.issuer.broken = True
        looks = gateway.issuer.asked

        async def looked_in_vain_thrice() -> bool:
            return gateway.issuer.asked >= looks + 3

        async def new_key_works() -> bool:
            return (await gateway.get(ME, token=new)).status_code == 200

        await eventually(looked_in_vain_thrice)
        while_broken = await gateway.get(ME, token=old)
        gateway.issuer.broken = False
        gateway.issuer.key = new_key()
        new = gateway.issuer.token()

        assert while_broken.status_code == 200
        await eventually(new_key_works)
        assert refusal(await gateway.get(ME, token=old)) == (401, "token-unknown-signer")
