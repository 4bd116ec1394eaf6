"""What a body may be, and what is said of one that may not."""

import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict

from servicekit.problem import Problem
from servicekit.web import create_app, strict_json
from servicekit.web.rules import anyone

LIMIT = 1024 * 1024

router = APIRouter(dependencies=[Depends(anyone)])


class Note(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str
    stars: int = 0
    tags: list[str] = []


@router.post("/notes", status_code=201)
async def write(note: Note) -> dict[str, Any]:
    return {"note": note.model_dump()}


@router.post("/uploads")
async def upload(request: Request) -> dict[str, int]:
    return {"bytes": len(await request.body())}


async def ready() -> None: ...


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(
        title="Notes",
        version="1",
        routers=[router],
        lifespan=None,
        ready=ready,
        body_limits={"/uploads": 10 * LIMIT},
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://notes") as client:
        yield client


async def post(client: httpx.AsyncClient, body: bytes | str, **headers: str) -> httpx.Response:
    named = {"content-type": "application/json"} | {key.replace("_", "-"): value for key, value in headers.items()}
    return await client.post("/notes", content=body, headers=named)


def nested(levels: int) -> str:
    return '{"text": "x", "tags": ' + "[" * (levels - 1) + "]" * (levels - 1) + "}"


@pytest.mark.parametrize(
    ("body", "status", "code", "said"),
    [
        ('{"text": "x", "text": "y"}', 422, "ambiguous-json", 'the field "text" is given twice'),
        ('{"text": "x", "stars": NaN}', 422, "ambiguous-json", "NaN is not a number in JSON"),
        ('{"text": "x", "stars": -Infinity}', 422, "ambiguous-json", "-Infinity is not a number in JSON"),
        ('{"text": "x", "stars": 1e999}', 422, "ambiguous-json", "a number is too large"),
        (
            '{"text": "x", "stars": ' + "9" * 4301 + "}",
            422,
            "ambiguous-json",
            "a number has more than 4,300 digits",
        ),
        (nested(33), 422, "ambiguous-json", "the body is nested more than 32 levels deep"),
        (nested(49_000), 422, "ambiguous-json", "the body is nested more than 32 levels deep"),
        ("[" * 50_001, 422, "ambiguous-json", "the body has more than 50,000 lists and objects"),
        ('{"text": "a\\u0000b"}', 422, "ambiguous-json", "a text holds the character U+0000"),
        ('{"text": "\\ud800"}', 422, "ambiguous-json", "a text holds half of a surrogate pair"),
        (b'{"text": "\xff"}', 400, "not-json", "byte 10 of the body is not UTF-8"),
        ('{"text": ', 400, "not-json", "line 1, column 10"),
        ("{'text': 'x'}", 400, "not-json", "line 1, column 2"),
        ('{"text": "x"}'.encode("utf-16"), 400, "not-json", "byte 0 of the body is not UTF-8"),
        ("[]", 422, "invalid", "body: expected an object"),
        ("", 422, "invalid", "body: is required"),
    ],
)
async def test_a_body_with_more_than_one_meaning_is_refused_in_words(
    client: httpx.AsyncClient, body: bytes | str, status: int, code: str, said: str
) -> None:
    answer = await post(client, body)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert said in answer.json()["detail"]


async def test_a_body_within_all_bounds_is_taken(client: httpx.AsyncClient) -> None:
    answer = await post(client, '{"text": "\\ud83d\\ude00 \u00e9", "stars": 3}')

    assert answer.status_code == 201
    assert answer.json()["note"]["text"] == "\U0001f600 \u00e9"


async def test_the_deepest_body_that_is_taken_reaches_the_model(client: httpx.AsyncClient) -> None:
    answer = await post(client, nested(32))

    assert answer.json()["errors"][0]["field"] == "tags[0]"


async def test_a_body_one_byte_too_long_is_refused_and_one_that_fits_is_not(
    client: httpx.AsyncClient,
) -> None:
    fits = json.dumps({"text": "x" * (LIMIT - len('{"text": ""}'))})

    assert len(fits) == LIMIT
    assert (await post(client, fits)).status_code == 201
    answer = await post(client, fits + " ")

    assert answer.status_code == 413
    assert answer.json()["detail"] == "The body may have at most 1,048,576 bytes here."


async def test_json_is_bounded_also_where_other_forms_may_be_longer(client: httpx.AsyncClient) -> None:
    answer = await client.post("/uploads", content=b" " * (LIMIT + 1), headers={"content-type": "application/json"})

    assert answer.status_code == 413


@pytest.mark.parametrize(
    "body",
    [
        "{" + ",".join(f'"{n}":0' for n in range(90_000)) + ',"89999":1}',
        "[" + ",".join(["[]"] * 49_000) + "]",
        "[" + ",".join('"é"' for _ in range(LIMIT // 5 - 1)) + "]",
        "[" + ",".join(["1"] * (LIMIT // 2 - 1)) + "]",
    ],
    ids=["a field twice among many", "lists", "texts", "numbers"],
)
def test_no_body_costs_much_more_to_look_at_than_to_read(body: str) -> None:
    """A search of each name among all before it would cost a thousand times as much."""
    assert least_cost(strict_json.check, body) < 50 * least_cost(json.loads, body)


def least_cost(look_at: Callable[[bytes], object], body: str) -> float:
    """CPU seconds, the least of three."""
    return min(_cost(look_at, body.encode()) for _ in range(3))


def _cost(look_at: Callable[[bytes], object], body: bytes) -> float:
    began = time.process_time()
    with contextlib.suppress(Problem):
        look_at(body)
    return time.process_time() - began
