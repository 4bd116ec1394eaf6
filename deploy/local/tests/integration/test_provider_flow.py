"""Signing in over HTTP, as a browser and as a partner's machine go through it."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path

import httpx
import pytest

from guildhall_local.gateway.testing import Listener, front
from guildhall_local.instance import HOST
from guildhall_local.provider.app import Provider, create_app
from guildhall_local.provider.client import SignInFailed, client_token, new_client_key, sign_in
from guildhall_local.provider.clients import register
from guildhall_local.provider.people import Persona, write_directory
from guildhall_local.provider.testing import BACK, SIGN_IN, START, VERIFIER, Desk, answered, running_desk
from guildhall_local.testservers import free_ports
from servicekit.testing import eventually


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with running_desk(tmp_path) as running:
        yield running


async def test_a_program_signs_a_person_in(desk: Desk) -> None:
    token = await sign_in(desk.http, desk.issuer, "nadia")

    assert await desk.claims(token) == {
        "iss": desk.issuer,
        "sub": "nadia",
        "aud": "guildhall",
        "iat": START,
        "exp": START + 600,
        "email": "nadia.rahman@guildhall.example",
        "email_verified": True,
    }


async def test_the_keys_say_their_algorithm_and_hold_no_secret(desk: Desk) -> None:
    [key] = (await desk.http.get("/jwks.json")).json()["keys"]

    assert (key["alg"], key["use"], key["kty"], key["crv"]) == ("ES256", "sig", "EC", "P-256")
    assert key["kid"]
    assert "d" not in key


async def test_discovery_names_addresses_that_answer(desk: Desk) -> None:
    told = (await desk.http.get("/.well-known/openid-configuration")).json()

    assert told["issuer"] == desk.issuer
    assert told["code_challenge_methods_supported"] == ["S256"]
    assert "private_key_jwt" in told["token_endpoint_auth_methods_supported"]
    assert (await desk.http.get(told["jwks_uri"])).status_code == 200
    assert (await desk.http.get(told["authorization_endpoint"], params=SIGN_IN)).status_code == 200
    assert (await desk.http.post(told["token_endpoint"])).json()["error"] == "unsupported_grant_type"


async def test_a_browser_signs_in_by_the_page_alone(desk: Desk) -> None:
    page = await desk.authorize()
    fields = hidden_fields(page.text)
    chosen = answered(await desk.http.post("/authorize", data={**fields, "sub": "priya"}))
    answer = await desk.token(
        grant_type="authorization_code",
        code=chosen["code"],
        client_id="guildhall-web",
        redirect_uri=BACK,
        code_verifier=VERIFIER,
    )

    assert fields == SIGN_IN
    assert 'value="priya"' in page.text
    assert (chosen["state"], chosen["iss"], chosen["kept"]) == ("my state", desk.issuer, "1")
    assert answer.headers["cache-control"] == "no-store"
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("Bearer", 600)
    identity = await desk.claims(answer.json()["id_token"])
    assert (identity["aud"], identity["nonce"], identity["name"]) == (
        "guildhall-web",
        "my nonce",
        "Priya Nair",
    )
    bearer = {"authorization": f"Bearer {answer.json()['access_token']}"}
    assert (await desk.http.get("/userinfo", headers=bearer)).json()["name"] == "Priya Nair"


def hidden_fields(page: str) -> dict[str, str]:
    """Of the last form: the one with the people."""
    form = page.rpartition("<form")[2]
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form)
    return {name: unescape(value) for name, value in found}


async def test_two_thousand_people_are_found_and_paged(desk: Desk) -> None:
    write_directory(
        desk.state,
        [
            Persona(sub=f"p{n}", name=f"Person {n}", email=f"p{n}@rwp.nhs.example", about="Trust RWP")
            for n in range(2_000)
        ],
    )

    everybody = await desk.authorize()
    second = await desk.authorize(page="2")
    beyond = await desk.authorize(page="99999")
    found = await desk.authorize(q="person 1234 rwp")
    none = await desk.authorize(q="nobody at all")

    assert "2,009 people, page 1 of 101" in everybody.text
    assert everybody.text.count('name="sub"') == 20
    assert "Sign in<span" in everybody.text
    next_page = re.search(r'href="(/authorize[^"]+page=2)"', everybody.text)
    assert next_page is not None
    assert (await desk.http.get(unescape(next_page[1]))).text == second.text
    assert "page 101 of 101" in beyond.text
    assert "1 person for “person 1234 rwp”" in found.text
    assert 'value="p1234"' in found.text
    assert "Nobody fits “nobody at all”" in none.text


async def test_names_and_searches_are_text_and_never_markup(desk: Desk) -> None:
    bad = "<script>alert(1)</script>"
    write_directory(desk.state, [Persona(sub='"><b>', name=bad, email="x@rwp.nhs.example", about=bad)])

    page = await desk.authorize(q="script", state=bad)

    assert "<script" not in page.text
    assert "<b>" not in page.text
    assert "&lt;script&gt;" in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_an_unknown_person_is_chosen_from_the_page_instead(desk: Desk) -> None:
    page = await desk.authorize(login_hint="nobody")

    assert page.status_code == 200
    assert "Nobody called <strong>nobody</strong> stands in the directory" in page.text
    with pytest.raises(SignInFailed, match="knows nobody called 'nobody'"):
        await sign_in(desk.http, desk.issuer, "nobody")


async def test_six_hundred_people_sign_in_at_once(desk: Desk) -> None:
    write_directory(
        desk.state,
        [Persona(sub=f"p{n}", name=f"Person {n}", email=f"p{n}@rwp.nhs.example") for n in range(600)],
    )
    async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=16)) as http:
        tokens = await asyncio.gather(*(sign_in(http, desk.issuer, f"p{n}") for n in range(600)))

    assert [(await desk.claims(tokens[n]))["sub"] for n in (0, 299, 599)] == ["p0", "p299", "p599"]
    assert len(set(tokens)) == 600


async def test_a_restart_ends_nobodys_sign_in(desk: Desk) -> None:
    token = await sign_in(desk.http, desk.issuer, "nadia")
    [port] = free_ports(1)
    again = Listener(create_app(Provider(issuer=desk.issuer, state=desk.state)), port)
    await again.start()

    async with httpx.AsyncClient(base_url=f"http://{HOST}:{port}") as http:
        claims = await Desk(desk.issuer, desk.state, http).claims(token)
    await again.stop()

    assert claims["sub"] == "nadia"
    assert (desk.state / "provider-key.json").stat().st_mode & 0o077 == 0


async def test_a_partner_body_gets_a_token_of_its_own(desk: Desk) -> None:
    private, public = new_client_key()
    register(desk.state, "nhs-england", name="NHS England", public_jwk=public)
    desk.seconds = now()

    token = await client_token(desk.http, desk.issuer, "nhs-england", private)

    claims = await desk.claims(token)
    assert (claims["sub"], claims["client_id"], claims["aud"]) == ("nhs-england", "nhs-england", "guildhall")
    assert "email" not in claims
    person = await desk.http.get("/userinfo", headers={"authorization": f"Bearer {token}"})
    assert (person.status_code, person.json()["error"]) == (401, "invalid_token")


def now() -> int:
    return int(time.time())


async def test_the_gateway_takes_its_tokens(desk: Desk, tmp_path: Path) -> None:
    desk.seconds = now()
    async with front(tmp_path / "gateway", issuer=desk.issuer, jwks_url=f"{desk.issuer}/jwks.json") as gateway:
        token = await sign_in(desk.http, desk.issuer, "nadia")

        async def comes_in() -> bool:
            return (await gateway.get("/api/v1/me", token=token)).status_code == 200

        await eventually(comes_in, within=5)
