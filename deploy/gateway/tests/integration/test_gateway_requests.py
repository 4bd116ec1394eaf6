"""What reaches a service, and what never does: spoofed headers, odd paths, bodies that are too large."""

import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from guildhall_local.gateway.testing import Front, front
from servicekit.testing import eventually

ME = "/api/v1/me"
MEBIBYTE = 1_048_576
SPOOFED = {
    "x-person": "carla",
    "X-Person-Roles": "admin",
    "x-user-id": "carla",
    "x-forwarded-for": "203.0.113.9",
    "x-forwarded-user": "carla",
    "forwarded": "for=203.0.113.9",
    "x-real-ip": "203.0.113.9",
    "x-original-url": "/admin",
    "x-envoy-upstream-rq-timeout-ms": "1",
    "x-envoy-external-address": "203.0.113.9",
}


async def test_nobody_says_who_they_are_by_a_header(gateway: Front) -> None:
    answer = await gateway.get(ME, token=gateway.issuer.token(), headers=SPOOFED)

    arrived = answer.json()["headers"]
    assert "carla" not in arrived.values()
    assert not [name for name in arrived if name.startswith(("x-person", "x-user", "x-real", "x-original", "x-envoy"))]
    assert "203.0.113.9" not in str(arrived)


async def test_without_the_stripping_they_would(tmp_path: Path, changed: Callable[[str, str, str], Path]) -> None:
    source = changed("bootstrap.yaml.j2", "{prefix: {{ beginning | quoted }}, ", "{exact: x-nothing, ")

    async with front(tmp_path / "state", source=source) as gateway:
        answer = await gateway.get(ME, token=gateway.issuer.token(), headers=SPOOFED)

    assert answer.json()["headers"]["x-person"] == "carla"


async def test_a_request_gets_an_id_that_its_sender_cannot_choose(gateway: Front) -> None:
    token = gateway.issuer.token()

    mine = await gateway.get(ME, token=token, headers={"x-request-id": "mine"})
    refused = await gateway.get(ME)

    assert mine.headers["x-request-id"] == mine.json()["headers"]["x-request-id"] != "mine"
    assert len({mine.headers["x-request-id"], refused.headers["x-request-id"]}) == 2


async def test_what_clients_and_services_say_to_each_other_passes_untouched(gateway: Front) -> None:
    said = {
        "idempotency-key": "once",
        "guildhall-after": "midlands.events:0190",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "if-match": '"7"',
        "last-event-id": "12",
    }

    answer = await gateway.get(ME, token=gateway.issuer.token(), headers=said)

    assert said.items() <= answer.json()["headers"].items()


@pytest.mark.parametrize("spelling", ["x_person", "X_PERSON"])
async def test_a_header_with_an_underscore_is_refused(gateway: Front, spelling: str) -> None:
    answer = await gateway.get(ME, token=gateway.issuer.token(), headers={spelling: "carla"})

    assert answer.status_code == 400
    assert answer.json()["code"] == "refused-by-gateway"


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/events/openapi.json/../../me",
        "/api/v1/events/openapi.json/%2e%2e/%2e%2e/me",
        "//api/v1//me",
        "/api/v1/me%00",
        "/api/v1%2fme",
        "/API/v1/me",
        "/api/v1/events/openapi.json%2f..%2fme",
    ],
)
async def test_no_spelling_of_a_path_comes_round_the_token(gateway: Front, path: str) -> None:
    asked = gateway.services["membership"].asked

    answer = await gateway.get(path)

    assert answer.status_code in (400, 401)
    assert gateway.services["membership"].asked == asked


@pytest.mark.parametrize(("path", "limit"), [(ME, MEBIBYTE), ("/api/v1/imports", 10 * MEBIBYTE)])
async def test_a_body_may_be_as_large_as_the_limit_and_no_byte_larger(gateway: Front, path: str, limit: int) -> None:
    token = gateway.issuer.token()

    whole = await gateway.send("POST", path, token=token, content=b"x" * limit)
    asked = gateway.services["membership"].asked
    larger = await gateway.send("POST", path, token=token, content=b"x" * (limit + 1))
    in_pieces = await gateway.send("POST", path, token=token, content=pieces(limit + 1))

    assert whole.json()["size"] == limit
    for refused in (larger, in_pieces):
        assert refused.status_code == 413
        assert refused.json()["code"] == "too-large"
    assert gateway.services["membership"].asked == asked


async def pieces(size: int) -> AsyncIterator[bytes]:
    """A body whose length is not told beforehand."""
    for _ in range(size // 65_536):
        yield b"x" * 65_536
    yield b"x" * (size % 65_536)


async def test_the_log_holds_no_token_and_no_query(gateway: Front) -> None:
    token = gateway.issuer.token("canary-subject")

    answer = await gateway.get(ME, token=token, params={"email": "canary@rwp.nhs.example"})

    async def logged() -> bool:
        return answer.headers["x-request-id"] in log.read_text()

    log = gateway.gateway.folder / "gateway.log"
    await eventually(logged)
    assert "canary" not in log.read_text()
    assert token not in log.read_text()
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    [line] = [line for line in lines if line["request_id"] == answer.headers["x-request-id"]]
    assert (line["method"], line["path"], line["status"]) == ("GET", ME, 200)
