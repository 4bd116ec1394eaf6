"""Refusals are problem documents in the user's words, with nothing of our insides in them."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import asyncpg
import httpx
import pytest
from fastapi import APIRouter, Depends, HTTPException, Response
from fastapi.responses import StreamingResponse

from servicekit.idempotency import Replayed
from servicekit.problem import Conflict, NotSignedIn, Unavailable
from servicekit.testing.log_capture import CapturedLogs, captured_logs
from servicekit.web import create_app
from servicekit.web.problems import AnswerCutOff
from servicekit.web.rules import anyone

router = APIRouter(dependencies=[Depends(anyone)])
SECRET = "constraint people_email_key of table people"


class Closed(Conflict):
    code = "event-closed"
    title = "The event is closed"


def raised(name: str) -> Exception:
    unique = asyncpg.UniqueViolationError(SECRET)
    unique.table_name = "idempotency_keys"
    return {
        "closed": Closed("Registration closed on 1 May.", event="e1"),
        "signed-out": NotSignedIn("Send a token."),
        "later": Unavailable("Not now.", retry_after=7),
        "http": HTTPException(418, "short and stout", {"x-pot": "tea"}),
        "bug": RuntimeError(SECRET),
        "unique": asyncpg.UniqueViolationError(SECRET),
        "twin": unique,
        "refused": ConnectionRefusedError(SECRET),
        "starting": asyncpg.CannotConnectNowError(SECRET),
        "timeout": TimeoutError(),
        "lock": asyncpg.LockNotAvailableError(SECRET),
        "deadlock": asyncpg.DeadlockDetectedError(SECRET),
        "serial": asyncpg.SerializationError(SECRET),
        "closing": asyncpg.InterfaceError("pool is closing"),
        "wrong-call": asyncpg.InterfaceError("the server expects 2 arguments for this query, 1 was passed"),
        "replayed": Replayed(201, b'{"id":1}', {"guildhall-signal": "midlands.events:1", "etag": '"1"'}),
    }[name]


@router.post("/raise/{name}")
async def fail(name: str) -> None:
    raise raised(name)


@router.get("/fine")
async def fine() -> dict[str, str]:
    return {}


@router.get("/half")
async def half() -> Response:
    async def body() -> AsyncIterator[bytes]:
        yield b"half"
        raise RuntimeError(SECRET)

    return StreamingResponse(body())


async def ready() -> None: ...


@pytest.fixture(autouse=True)
def written() -> Iterator[CapturedLogs]:
    with captured_logs("events") as captured:
        yield captured


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(title="Events", version="1", routers=[router], lifespan=None, ready=ready)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://events") as client:
        yield client


async def test_a_refusal_names_its_kind_and_the_request(client: httpx.AsyncClient) -> None:
    answer = await client.post("/raise/closed", headers={"x-request-id": "r-1"})

    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["x-request-id"] == "r-1"
    assert answer.json() == {
        "type": "urn:guildhall:problem:event-closed",
        "title": "The event is closed",
        "status": 409,
        "detail": "Registration closed on 1 May.",
        "code": "event-closed",
        "event": "e1",
        "request_id": "r-1",
    }


@pytest.mark.parametrize(
    ("name", "status", "code", "retry"),
    [
        ("later", 503, "unavailable", "7"),
        ("refused", 503, "unavailable", "2"),
        ("starting", 503, "unavailable", "2"),
        ("timeout", 503, "unavailable", "2"),
        ("closing", 503, "unavailable", "2"),
        ("lock", 503, "unavailable", "1"),
        ("deadlock", 503, "unavailable", "1"),
        ("serial", 503, "unavailable", "1"),
        ("twin", 409, "in-flight", "1"),
        ("unique", 500, "failed", None),
        ("wrong-call", 500, "failed", None),
        ("bug", 500, "failed", None),
        ("http", 418, "i'm-a-teapot", None),
    ],
)
async def test_every_exception_has_one_meaning_and_shows_no_insides(
    client: httpx.AsyncClient, written: CapturedLogs, name: str, status: int, code: str, retry: str | None
) -> None:
    answer = await client.post(f"/raise/{name}")

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers.get("retry-after") == retry
    assert SECRET not in answer.text
    assert "server expects" not in answer.text
    assert SECRET not in written.text
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


async def test_what_went_wrong_on_our_side_is_found_by_the_requests_id(
    client: httpx.AsyncClient, written: CapturedLogs
) -> None:
    answer = await client.post("/raise/unique")

    [failed, line] = written.entries
    assert failed["exception"] == "UniqueViolationError (23505)"
    assert failed["request_id"] == line["request_id"] == answer.json()["request_id"]
    assert (line["route"], line["status"]) == ("/raise/{name}", 500)
    assert answer.json()["request_id"] in answer.json()["detail"]


async def test_the_log_tells_the_route_never_the_address(client: httpx.AsyncClient, written: CapturedLogs) -> None:
    await client.get("/nowhere/philippa.canary?name=canary", headers={"user-agent": "canary"})

    [line] = written.entries
    assert line["route"] == "(no route)"
    assert set(line) == {
        *("event", "level", "timestamp", "service", "request_id"),
        *("method", "route", "status", "ms"),
    }
    assert "canary" not in written.text


async def test_who_is_not_signed_in_is_told_how(client: httpx.AsyncClient) -> None:
    answer = await client.post("/raise/signed-out")

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")


async def test_a_stored_answer_is_given_again(client: httpx.AsyncClient) -> None:
    answer = await client.post("/raise/replayed")

    assert (answer.status_code, answer.json()) == (201, {"id": 1})
    assert answer.headers["idempotent-replayed"] == "true"
    assert answer.headers["guildhall-signal"] == "midlands.events:1"
    assert answer.headers["content-type"] == "application/json"


async def test_what_does_not_exist_and_what_cannot_be_done_are_problems_too(
    client: httpx.AsyncClient,
) -> None:
    nowhere, wrong = await client.get("/nowhere"), await client.delete("/raise/x")

    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "not-found")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method-not-allowed")
    assert "GET" in wrong.headers["allow"] or "POST" in wrong.headers["allow"]


async def test_an_answer_that_breaks_off_is_cut_and_says_nothing(client: httpx.AsyncClient) -> None:
    with pytest.raises(AnswerCutOff) as cut:
        await client.get("/half")

    assert cut.value.__cause__ is None
    assert SECRET not in str(cut.value)


async def test_answers_are_not_kept_by_anybody_in_between(client: httpx.AsyncClient) -> None:
    assert (await client.get("/fine")).headers["cache-control"] == "no-store"


@pytest.mark.parametrize("given", ["x" * 65, "a b", "é"])
async def test_a_request_id_that_is_none_is_replaced(client: httpx.AsyncClient, given: str) -> None:
    answer = await client.get("/fine", headers=[(b"x-request-id", given.encode("latin-1"))])

    assert len(answer.headers["x-request-id"]) == 32


async def test_concurrent_requests_keep_their_own_ids(client: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(
        *(client.post("/raise/closed", headers={"x-request-id": f"r-{n}"}) for n in range(20))
    )

    assert [answer.json()["request_id"] for answer in answers] == [f"r-{n}" for n in range(20)]
