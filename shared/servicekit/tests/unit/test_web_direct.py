"""A direct route answers as the framework's way would, runs every rule, and takes nothing that it cannot give."""

from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from servicekit.problem import Forbidden
from servicekit.web import create_app
from servicekit.web.direct import NotDirect, _Way, direct
from servicekit.web.rules import ATTRIBUTE

NOTE = "0190b3a0-7c1e-7000-8000-000000000001"


class Note(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str


async def rule(request: Request) -> str:
    """Counted by the request, so that a test sees how often it ran."""
    asked = request.scope["state"].setdefault("asked", [])
    asked.append("rule")
    if request.headers.get("authorization") != "somebody":
        raise Forbidden("Nobody may.")
    return "somebody"


async def shelf(shelf: str, who: Annotated[str, Depends(rule)]) -> str:
    return f"{shelf} of {who}"


setattr(rule, ATTRIBUTE, "somebody()")


async def ready() -> None: ...


def made(mark: Callable[[Any], Any]) -> FastAPI:
    router = APIRouter(prefix="/shelves/{shelf}", dependencies=[Depends(rule)])

    @router.put("/notes/{note_id}", response_model=None)
    @mark
    async def put(place: Annotated[str, Depends(shelf)], note_id: UUID, body: Note, request: Request) -> Response:
        asked = ",".join(request.state.asked)
        return Response(f"{place}: {note_id} {body.text} ({asked}) {request.url.path}")

    @router.post("/sweep", response_model=None)
    @mark
    async def sweep(shelf: str, body: Note | None = None) -> Response:
        return Response(f"{shelf} {body}", 202)

    return create_app(title="Notes", version="1", routers=[router], lifespan=None, ready=ready)


@pytest.fixture(params=[direct, lambda endpoint: endpoint], ids=["direct", "the framework's way"])
async def client(request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(made(request.param))
    async with httpx.AsyncClient(
        transport=transport, base_url="http://notes", headers={"authorization": "somebody"}
    ) as http:
        yield http


async def test_it_is_answered_with_every_rule_run_once(client: httpx.AsyncClient) -> None:
    answer = await client.put(f"/shelves/top/notes/{NOTE}", json={"text": "hello"})

    assert (answer.status_code, answer.text) == (
        200,
        f"top of somebody: {NOTE} hello (rule) /shelves/top/notes/{NOTE}",
    )


@pytest.mark.parametrize(("content", "gone"), [(b'{"text": "x"}', 1), (b'{"text": 4}', 0)])
async def test_the_direct_way_is_taken_where_all_is_well(
    monkeypatch: pytest.MonkeyPatch, content: bytes, gone: int
) -> None:
    """Were it never taken, the other tests would compare the framework with itself."""
    ways: list[str] = []
    go = _Way.go

    async def watched(self: _Way, *given: Any) -> Response:
        ways.append("direct")
        return await go(self, *given)

    monkeypatch.setattr(_Way, "go", watched)
    headers = {"authorization": "somebody", "content-type": "application/json"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(made(direct)), base_url="http://notes") as http:
        await http.put(f"/shelves/top/notes/{NOTE}", content=content, headers=headers)

    assert len(ways) == gone


async def test_a_rule_that_refuses_refuses(client: httpx.AsyncClient) -> None:
    answer = await client.put(f"/shelves/top/notes/{NOTE}", json={"text": "x"}, headers={"authorization": "nobody"})

    assert (answer.status_code, answer.json()["detail"]) == (403, "Nobody may.")


@pytest.mark.parametrize(
    ("path", "content", "said"),
    [
        (f"notes/{NOTE}", b'{"text": 4}', "text: expected text"),
        (f"notes/{NOTE}", b"{}", "text: is required"),
        (f"notes/{NOTE}", b"", "is required"),
        (f"notes/{NOTE}", b"null", "body: expected an object"),
        (f"notes/{NOTE}", b'{"text": "x", "size": 4}', 'unknown field "size"; known: text'),
        ("notes/x", b'{"text": "x"}', "note_id: expected an id"),
        (f"notes/{NOTE}?colour=red", b'{"text": "x"}', 'unknown field "colour"; known: none'),
    ],
)
async def test_mistakes_are_told_in_the_same_words(
    client: httpx.AsyncClient, path: str, content: bytes, said: str
) -> None:
    answer = await client.put(f"/shelves/top/{path}", content=content, headers={"content-type": "application/json"})

    assert answer.status_code == 422, answer.text
    assert said in answer.json()["detail"]


@pytest.mark.parametrize(
    ("content", "said"), [(b"", "top None"), (b"null", "top None"), (b'{"text": "x"}', "top text='x'")]
)
async def test_a_body_that_need_not_be_there(client: httpx.AsyncClient, content: bytes, said: str) -> None:
    answer = await client.post("/shelves/top/sweep", content=content, headers={"content-type": "application/json"})

    assert (answer.status_code, answer.text) == (202, said)


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "sweep", 405), ("POST", "sweeping", 404)])
async def test_other_addresses_are_not_its_own(client: httpx.AsyncClient, method: str, path: str, status: int) -> None:
    assert (await client.request(method, f"/shelves/top/{path}")).status_code == status


async def test_what_only_the_framework_can_give_is_found_before_the_first_request() -> None:
    def sync(request: Request) -> str:
        return "waits for nothing"

    async def asks_a_query(page: Annotated[int, Query()] = 1) -> int:
        return page

    for dependency in (sync, asks_a_query):
        router = APIRouter(dependencies=[Depends(rule), Depends(dependency)])

        @router.post("/notes", response_model=None)
        @direct
        async def write() -> Response:
            return Response()

        with pytest.raises(NotDirect, match="asks for more than a direct route can give"):
            create_app(title="Notes", version="1", routers=[router], lifespan=None, ready=ready)
