"""A command is known by its key and its body, carries its trace, and finishes although its client leaves."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Request
from pydantic import BaseModel, ConfigDict

from servicekit import command as commands
from servicekit.problem import Conflict
from servicekit.web import create_app
from servicekit.web.rules import anyone

SIGNAL = UUID("0190b3a0-7c1e-7000-8000-000000000001")

router = APIRouter(dependencies=[Depends(anyone)])


class Note(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str
    stars: int = 0
    tags: list[str] = []


@router.post("/notes", status_code=201)
async def write(note: Note) -> dict[str, Any]:
    command = commands.current.get()
    assert command is not None
    return {
        "note": note.model_dump(),
        "route": command.route,
        "key": command.idempotency_key,
        "hash": command.body_hash.hex(),
        "traceparent": commands.traceparent.get(),
    }


@router.put("/notes/{name}")
async def replace(name: str) -> dict[str, Any]:
    command = commands.current.get()
    assert command is not None
    return {"route": command.route, "key": command.idempotency_key}


@router.get("/notes")
async def read() -> dict[str, Any]:
    return {"command": commands.current.get() is not None, "traceparent": commands.traceparent.get()}


@router.post("/published")
async def publish(fail: bool = False) -> dict[str, str]:
    command = commands.current.get()
    assert command is not None
    command.published[("midlands.events", "e1")] = SIGNAL
    if fail:
        raise Conflict("after publishing")
    return {}


async def ready() -> None: ...


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(
        title="Notes",
        version="1",
        routers=[router],
        lifespan=None,
        ready=ready,
    )
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://notes") as client:
        yield client


async def post(client: httpx.AsyncClient, body: bytes | str, **headers: str) -> httpx.Response:
    named = {"content-type": "application/json"} | {key.replace("_", "-"): value for key, value in headers.items()}
    return await client.post("/notes", content=body, headers=named)


async def test_a_post_is_a_command_with_its_key_and_the_hash_of_what_was_asked(
    client: httpx.AsyncClient,
) -> None:
    first = (await post(client, '{"text": "x"}', idempotency_key="k-1")).json()
    again = (await post(client, '{"text": "x"}', idempotency_key="k-1")).json()
    other = (await post(client, '{"text": "y"}', idempotency_key="k-1")).json()

    assert (first["route"], first["key"]) == ("POST /notes", "k-1")
    assert first["hash"] == again["hash"] != other["hash"]


@pytest.mark.parametrize("key", ["", "a b", "x" * 129, "caf\u00e9".encode("latin-1").decode("latin-1")])
async def test_a_malformed_key_is_refused(client: httpx.AsyncClient, key: str) -> None:
    answer = await client.post(
        "/notes",
        content='{"text": "x"}',
        headers=[(b"content-type", b"application/json"), (b"idempotency-key", key.encode("latin-1"))],
    )

    assert answer.status_code == 422
    assert answer.json()["detail"] == "Idempotency-Key: expected 1 to 128 visible ASCII characters."


async def test_an_edit_is_a_command_without_a_key(client: httpx.AsyncClient) -> None:
    answer = await client.put("/notes/n1", headers={"idempotency-key": "k"})

    assert answer.json() == {"route": "PUT /notes/n1", "key": None}


async def test_a_read_is_no_command_and_does_not_inherit_one(client: httpx.AsyncClient) -> None:
    await post(client, '{"text": "x"}', traceparent=f"00-{'a' * 32}-{'b' * 16}-01")

    assert (await client.get("/notes")).json() == {"command": False, "traceparent": None}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (f"00-{'a' * 32}-{'b' * 16}-01", True),
        (f"00-{'0' * 32}-{'b' * 16}-01", False),
        (f"00-{'A' * 32}-{'b' * 16}-01", False),
        ("nonsense", False),
    ],
)
async def test_a_trace_is_carried_on_where_it_is_one(client: httpx.AsyncClient, sent: str, kept: bool) -> None:
    answer = await client.get("/notes", headers={"traceparent": sent})

    assert answer.json()["traceparent"] == (sent if kept else None)


async def test_a_command_that_published_says_which_signals_follow(client: httpx.AsyncClient) -> None:
    published, failed = await client.post("/published"), await client.post("/published?fail=true")

    assert published.headers["guildhall-signal"] == f"midlands.events:{SIGNAL}"
    assert failed.status_code == 409
    assert "guildhall-signal" not in failed.headers


async def test_a_command_is_not_told_that_its_client_left() -> None:
    """Taken away, the handler below would hear of the disconnection and end half-way."""
    finished = asyncio.Event()
    heard: list[str] = []
    leaving = APIRouter(dependencies=[Depends(anyone)])

    @leaving.post("/slow")
    async def slow(request: Request) -> dict[str, str]:
        await request.is_disconnected()  # takes the body, which nobody read
        heard.append("left" if await request.is_disconnected() else "here")
        finished.set()
        return {}

    app = create_app(title="x", version="1", routers=[leaving], lifespan=None, ready=ready)
    told = await _ask_and_leave(app, "POST")

    assert finished.is_set()
    assert heard == ["here"]
    assert told == [200]


async def test_a_read_hears_that_its_client_left() -> None:
    heard: list[str] = []
    leaving = APIRouter(dependencies=[Depends(anyone)])

    @leaving.get("/slow")
    async def slow(request: Request) -> dict[str, str]:
        await request.is_disconnected()  # takes the body, which nobody read
        heard.append("left" if await request.is_disconnected() else "here")
        return {}

    await _ask_and_leave(create_app(title="x", version="1", routers=[leaving], lifespan=None, ready=ready), "GET")

    assert heard == ["left"]


async def test_nobody_is_answered_who_left_before_the_request_was_whole() -> None:
    app = create_app(title="x", version="1", routers=[router], lifespan=None, ready=ready)
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": b"{", "more_body": True},
        {"type": "http.disconnect"},
    ]

    assert await _ask(app, "POST", "/notes", messages) == []


async def _ask_and_leave(app: FastAPI, method: str) -> list[int]:
    messages: list[dict[str, Any]] = [
        {"type": "http.request", "body": b"", "more_body": False},
        {"type": "http.disconnect"},
    ]
    return await _ask(app, method, "/slow", messages)


async def _ask(app: FastAPI, method: str, path: str, messages: list[dict[str, Any]]) -> list[int]:
    """The statuses of the answers to one request made of these messages."""
    upcoming = iter(messages)
    statuses: list[int] = []

    async def receive() -> dict[str, Any]:
        return next(upcoming)

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [],
        "server": ("x", 80),
        "client": ("y", 1),
    }
    await app(scope, receive, send)
    return statuses
