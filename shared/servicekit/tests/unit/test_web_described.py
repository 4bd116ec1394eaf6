"""What a route's description says is what is answered: methods, versions, files and pages."""

import re
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Response

from servicekit.web.after import parse
from servicekit.web.app import create_app
from servicekit.web.etags import ExpectedVersion
from servicekit.web.media import button, file_of, page
from servicekit.web.openapi import description

router = APIRouter(prefix="/api/v1")


@router.get("/notes/{note}")
async def read(note: int) -> dict[str, int]:
    return {"note": note}


@router.put("/notes/{note}")
async def change(note: int, seen: ExpectedVersion) -> dict[str, int]:
    return {"note": note, "seen": seen}


@router.get("/notes.csv", response_class=Response, responses=file_of("text/csv"))
async def file() -> Response:
    return Response("a", media_type="text/csv")


@router.post("/page", response_class=Response, responses=page(), openapi_extra=button("read"))
async def press() -> Response:
    return Response("<p>Done.</p>", media_type="text/html")


@router.delete("/notes/{note}/{part}")
async def tear(note: int, part: str) -> dict[str, int | str]:
    return {"note": note, "part": part}


@router.get("/notes/{note}/cover")
async def cover(note: int) -> dict[str, int]:
    return {"note": note}


async def ready() -> None:
    """It always is."""


@pytest.fixture
def app() -> FastAPI:
    return create_app(title="notes", version="1", routers=[router], lifespan=None, ready=ready, check=lambda _: None)


async def test_a_method_that_there_is_not_names_all_that_there_are(app: FastAPI) -> None:
    """Two routes share the path; the framework would name the first one's."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://notes.test") as http:
        refused = await http.delete("/api/v1/notes/7")

    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, PUT")
    assert refused.json()["code"] == "method-not-allowed"


async def test_what_has_a_name_of_its_own_is_no_id(app: FastAPI) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://notes.test") as http:
        torn = await http.delete("/api/v1/notes/7/corner")
        refused = await http.delete("/api/v1/notes/7/cover")

    assert torn.json() == {"note": 7, "part": "corner"}
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET")


def test_an_edit_is_said_to_need_a_version(app: FastAPI) -> None:
    [header] = [one for one in operation(app, "/api/v1/notes/{note}", "put")["parameters"] if one["name"] == "if-match"]

    assert header["required"] is True
    assert re.search(header["schema"]["pattern"], '"12"')
    assert not re.search(header["schema"]["pattern"], "12")


def test_what_is_said_of_guildhall_after_is_what_is_taken(app: FastAPI) -> None:
    parameters = operation(app, "/api/v1/notes/{note}", "get")["parameters"]
    [pattern] = [one["schema"]["pattern"] for one in parameters if one["name"] == "Guildhall-After"]
    one = "midlands.membership:0190a1b2-0000-7000-8000-000000000001"

    for header in ("", one, f"{one},{one}", ", ".join([one] * 50)):
        assert re.search(pattern, header)
        parse(header)
    assert not re.search(pattern, "hello")
    assert not re.search(pattern, ", ".join([one] * 51))


def test_files_and_pages_are_said_to_be_what_they_are(app: FastAPI) -> None:
    assert list(operation(app, "/api/v1/notes.csv", "get")["responses"]["200"]["content"]) == ["text/csv"]
    pressed = operation(app, "/api/v1/page", "post")
    assert list(pressed["responses"]["4XX"]["content"]) == ["text/html", "application/problem+json"]
    [form] = pressed["requestBody"]["content"].values()
    assert form["schema"]["properties"]["action"] == {"type": "string", "enum": ["read"]}


def operation(app: FastAPI, path: str, method: str) -> dict[str, Any]:
    found: dict[str, Any] = description(app)["paths"][path][method]
    return found
