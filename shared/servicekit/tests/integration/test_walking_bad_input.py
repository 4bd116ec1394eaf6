"""The walk through a service's routes finds each way in which one of them takes bad input, and nothing in a good one."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any, Literal
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from servicekit.database import Database
from servicekit.problem import Invalid
from servicekit.testing.bad_input import Walk, contents
from servicekit.testing.databases import TestDatabase
from servicekit.web import Cursors, Keys, Paged, create_app
from servicekit.web.days import Day, Instant, WallTime
from servicekit.web.rules import anyone

PURPOSE = "1"


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
    starts: WallTime | None = None
    parts: Annotated[list[Inside], Field(max_length=3)] = []
    span: tuple[Annotated[int, Field(ge=1, le=9)], Annotated[int, Field(ge=1, le=9)]] | None = None


class Open(BaseModel):
    text: Annotated[str, Field(max_length=9)]


Endpoint = Callable[..., Awaitable[Any]]


@asynccontextmanager
async def a_walk(method: str, path: str, endpoint: Endpoint, **known: str) -> AsyncIterator[Walk]:
    async def ready() -> None: ...

    router = APIRouter(dependencies=[Depends(anyone)])
    router.add_api_route(path, endpoint, methods=[method])
    app = create_app(title="notes", version="v1", routers=[router], lifespan=None, ready=ready)
    app.state.cursors = Cursors(Keys(PURPOSE, {PURPOSE: b"." * 32}))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service.test") as http:
        yield Walk(app=app, http=http, caller=lambda _: {}, known=known, cursors=app.state.cursors)


async def good(note_id: UUID, body: Note, paging: Paged, on: Annotated[Day | None, Query()] = None) -> None: ...


async def open_body(body: Open) -> None: ...


async def counts_on(upto: Annotated[int, Query(ge=1)] = 1) -> None:
    if upto > 2**63:
        raise OverflowError


async def no_problem(note_id: str) -> Response:
    return Response("no", 404, media_type="text/plain")


async def in_no_words(body: Annotated[dict[str, Any], Depends(dict)], note_id: str) -> None:
    raise Invalid("")


async def of_something_else(limit: Annotated[str, Query(max_length=9)] = "") -> None:
    raise Invalid("It is not to be.") if limit else None


async def takes_any_cursor(cursor: Annotated[str | None, Query(max_length=99)] = None) -> None: ...
