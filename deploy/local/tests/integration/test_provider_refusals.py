"""How the provider says no over HTTP: with OAuth's errors, and never by sending anything where it should not."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from guildhall_local.provider.client import new_client_key, signed_assertion
from guildhall_local.provider.clients import register
from guildhall_local.provider.testing import SIGN_IN, START, Desk, answered, running_desk


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    async with running_desk(tmp_path) as running:
        yield running


@pytest.mark.parametrize(
    ("changes", "later", "words"),
    [
        ({"code_verifier": "w" * 43}, 0, "The code_verifier does not fit the code_challenge."),
        ({"redirect_uri": "http://127.0.0.1:1/elsewhere"}, 0, "The redirect_uri is not the one"),
        ({"code": "made-up"}, 0, "The code is unknown"),
        ({}, 61, "older than a minute"),
    ],
)
async def test_a_code_with_the_wrong_proof_gives_no_token(
    desk: Desk, changes: dict[str, str], later: int, words: str
) -> None:
    form = await desk.redemption()
    desk.seconds += later

    answer = await desk.token(**{**form, **changes})

    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_grant"
    assert words in answer.json()["error_description"]
    assert answer.headers["cache-control"] == "no-store"


async def test_a_code_gives_one_token(desk: Desk) -> None:
    form = await desk.redemption()

    first, again = await desk.token(**form), await desk.token(**form)

    assert first.status_code == 200
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
    ],
)
async def test_a_client_that_asks_wrongly_is_told_where_it_waits(
    desk: Desk, changes: dict[str, str | None], error: str
) -> None:
    for hint in (None, "nadia"):
        told = answered(await desk.authorize(**{**changes, "login_hint": hint}))

        assert (told["error"], told["state"]) == (error, "my state")
        assert "code" not in told


@pytest.mark.parametrize(
    "changes", [{"redirect_uri": "https://evil.example/"}, {"client_id": "payroll"}, {"redirect_uri": None}]
)
async def test_nothing_is_sent_where_no_client_of_ours_waits(desk: Desk, changes: dict[str, str | None]) -> None:
    answer = await desk.authorize(**{**changes, "login_hint": "nadia"})

    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert "You cannot be signed in from there" in answer.text


async def test_a_parameter_may_not_be_sent_twice(desk: Desk) -> None:
    pairs = httpx.QueryParams({**SIGN_IN, "login_hint": "nadia"}).add("redirect_uri", "https://evil.example/")

    answer = await desk.http.get("/authorize", params=pairs)

    assert answer.status_code == 400
    assert answer.json()["error_description"] == "A parameter was sent more than once."


async def test_a_replayed_or_forged_assertion_gives_no_token(desk: Desk) -> None:
    private, public = new_client_key()
    register(desk.state, "nhs-england", name="NHS England", public_jwk=public)
    forger, _ = new_client_key()

    async def asked_with(key: dict[str, Any], **form: str) -> httpx.Response:
        assertion = signed_assertion("nhs-england", key, audience=desk.issuer, now=START, jti="the only one")
        return await desk.token(**{**client_credentials(assertion), **form})

    forged = await asked_with(forger)
    for_another = await asked_with(private, client_id="nhs-providers")
    replayed = await asked_with(private)

    for answer, words in [
        (forged, "its signature is not by a key of this client"),
        (for_another, "The client_id is not the assertion's."),
        (replayed, "it was used before"),
    ]:
        assert answer.status_code == 401
        assert answer.json()["error"] == "invalid_client"
        assert words in answer.json()["error_description"]


def client_credentials(assertion: str) -> dict[str, str]:
    return {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": assertion,
    }


async def test_a_secret_in_place_of_an_assertion_is_refused(desk: Desk) -> None:
    answer = await desk.token(grant_type="client_credentials", client_id="nhs-england", client_secret="guess")

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
