"""The walk through a service's routes finds each way in which one of them takes bad input, and none in a good one."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from servicekit.database import Database
from servicekit.ids import new_id
from servicekit.problem import Invalid, NotFound
from servicekit.testing import bad_input
from servicekit.testing.bad_input import Walk, Wrong, contents, fault_of
from servicekit.testing.databases import TestDatabase
from servicekit.web import Cursors, ExpectedVersion, Keys, Paged, create_app
from servicekit.web.addresses import CellName
from servicekit.web.days import Day, Instant
from servicekit.web.rules import anyone

CURSORS = Cursors(Keys("a", {"a": b"." * 32}))
NOTES = "/api/v1/notes"


class Inside(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=9)]


class Note(BaseModel):
    """With a part of every kind."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["long", "short"]
    text: Annotated[str, Field(pattern="^[a-z]{2}$")]
    pages: Annotated[int, Field(ge=1, le=9)] = 1
    kept: bool = False
    day: Day
    at: Instant | None = None
    parts: Annotated[list[Inside], Field(max_length=3)] = []


class Open(BaseModel):
    text: Annotated[str, Field(max_length=9)]


class Promised(BaseModel):
    """It says more than it holds."""

    model_config = ConfigDict(extra="forbid")

    pages: Annotated[int, Field(json_schema_extra={"minimum": 1, "maximum": 9})]


async def good(
    cell: CellName, note_id: UUID, body: Note, seen: ExpectedVersion, paging: Paged, on: Day | None = None
) -> None:
    if cell == bad_input.NO_CELL:
        raise NotFound("There is no such cell.")


async def takes_unknown_fields(body: Open) -> None: ...


async def takes_too_much(body: Promised) -> None: ...


async def goes_wrong(upto: Annotated[int, Query(json_schema_extra={"maximum": 9})] = 1) -> None:
    if upto > 2**63:
        raise OverflowError
    if upto > 9:
        raise Invalid("upto: too much")


async def takes_any_cell(cell: CellName) -> None: ...


async def takes_any_cursor(cursor: Annotated[str, Query(max_length=1024)] = "") -> None: ...


async def answers_in_plain_text(note_id: str) -> Response:
    return Response("no", 404, media_type="text/plain")


async def never_ends(note_id: str) -> None:
    await asyncio.get_running_loop().create_future()


def a_walk(method: str, path: str, endpoint: Callable[..., Awaitable[Any]]) -> Walk:
    async def ready() -> None: ...

    router = APIRouter(dependencies=[Depends(anyone)])
    router.add_api_route(NOTES + path, endpoint, methods=[method])
    app = create_app(title="notes", version="v1", routers=[router], lifespan=None, ready=ready)
    app.state.cursors = CURSORS
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service.test")
    return Walk(
        app=app, http=http, caller=lambda _: {}, known={"cell": "national", "note_id": str(new_id())}, cursors=CURSORS
    )


async def test_a_good_route_has_no_faults() -> None:
    walk = a_walk("PATCH", "/{cell}/{note_id}", good)
    (operation,) = bad_input.operations(walk.app)

    assert await walk.faults() == []
    assert len(list(walk.wrongs(operation))) > 40


@pytest.mark.parametrize(
    ("method", "path", "endpoint", "fault"),
    [
        ("POST", "", takes_unknown_fields, "the body.strange_field: an unknown field: 200"),
        ("POST", "", takes_too_much, "the body.pages: too much: 200"),
        ("GET", "", goes_wrong, "upto: more than a database can count: 500"),
        ("GET", "/{cell}", takes_any_cell, "a cell that is none: 200"),
        ("GET", "", takes_any_cursor, "a cursor of another list: 200"),
        ("GET", "/{note_id}", answers_in_plain_text, "note_id that leads nowhere: it is text/plain, not a problem"),
        ("GET", "/{note_id}", never_ends, "note_id that leads nowhere: no answer within"),
    ],
)
async def test_a_route_that_takes_bad_input_is_found(
    method: str, path: str, endpoint: Callable[..., Awaitable[Any]], fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bad_input, "SECONDS", 0.2)

    found = await a_walk(method, path, endpoint).faults()

    assert [one for one in found if one.startswith(f"{method} {NOTES}{path}, {fault}")], found


@pytest.mark.parametrize(
    ("status", "kind", "document", "fault"),
    [
        (422, "application/problem+json", {}, None),
        (422, "application/problem+json", {"detail": ""}, "it does not say its detail"),
        (422, "application/problem+json", {"title": "", "type": None}, "it does not say its type, title"),
        (422, "application/problem+json", {"detail": "It is bad."}, "it does not name pages: It is bad."),
        (422, "application/problem+json", {"errors": [{"field": "text"}]}, "it does not name pages: pages: no"),
        (422, "application/json", {}, "it is application/json, not a problem"),
        (422, "text/html; charset=utf-8", {}, "it is text/html, not a problem"),
        (409, "application/problem+json", {}, '409 {"type":'),
        (500, "application/problem+json", {}, '500 {"type":'),
    ],
)
def test_a_refusal_says_what_is_wrong_and_is_a_problem(
    status: int, kind: str, document: dict[str, Any], fault: str | None
) -> None:
    whole = {"type": "urn:guildhall:problem:invalid", "title": "No", "detail": "pages: no", "code": "invalid"}
    answer = httpx.Response(
        status, headers={"content-type": kind}, content=httpx.Response(200, json=whole | document).content
    )

    found = fault_of(answer, Wrong("too many pages", names="pages"))

    assert found == fault or (fault is not None and found is not None and found.startswith(fault))


async def test_what_was_left_behind_shows_in_the_contents(notes: TestDatabase, worker: Database) -> None:
    before = await contents(notes.admin)
    assert await contents(notes.admin) == before

    async with worker.transaction() as conn:
        await conn.execute("INSERT INTO told (note_id) VALUES ($1)", new_id())

    after = await contents(notes.admin)
    assert [name for name in after if after[name] != before[name]] == ["public.told"]
