"""A repeated POST gives the answer of the first, through the whole chassis and a real database."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, Depends, Response
from notes_service import NoteWritten
from pydantic import BaseModel, ConfigDict

from servicekit.database import Database
from servicekit.envelope import Origin
from servicekit.idempotency import keep
from servicekit.ids import new_id
from servicekit.outbox import publish
from servicekit.problem import Conflict
from servicekit.testing import eventually
from servicekit.web import create_app, set_etag
from servicekit.web.rules import anyone

PERSON = UUID("0190b3a0-7c1e-7000-8000-000000000001")


@dataclass(frozen=True)
class Somebody:
    person_id: UUID = PERSON
    identity: str = "somebody"
    email: str | None = None
    scopes: tuple[str, ...] = ()


class Write(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str


class NoteView(BaseModel):
    id: UUID
    text: str


class Held:
    """Lets a test keep one command in flight."""

    def __init__(self) -> None:
        self.entered, self.released = asyncio.Event(), asyncio.Event()
        self.released.set()


@pytest.fixture
def held() -> Held:
    return Held()


@pytest.fixture
async def client(api: Database, held: Held) -> AsyncIterator[httpx.AsyncClient]:
    router = APIRouter(dependencies=[Depends(anyone)])

    @router.post("/notes", status_code=201)
    async def write(body: Write, response: Response) -> NoteView:
        async with api.transaction(Somebody()) as conn:
            note = new_id()
            await conn.execute("INSERT INTO notes (id, person_id) VALUES ($1, $2)", note, PERSON)
            if body.text == "full":
                raise Conflict("The book is full.")
            await publish(
                conn, NoteWritten(version=1, note_id=note, text=body.text), at=Origin("midlands", "national.midlands")
            )
            held.entered.set()
            await held.released.wait()
            view = await keep(conn, NoteView(id=note, text=body.text), status=201, headers={"etag": '"1"'})
        set_etag(response, 1)
        return view

    async def ready() -> None: ...

    app = create_app(title="Notes", version="1", routers=[router], lifespan=None, ready=ready)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://notes") as client:
        yield client


async def post(client: httpx.AsyncClient, text: str, key: str | None = "k1") -> httpx.Response:
    return await client.post("/notes", json={"text": text}, headers={"idempotency-key": key} if key else {})


async def notes_written(worker: Database) -> int:
    async with worker.reading() as conn:
        count: int = await conn.fetchval("SELECT count(*) FROM notes")
    return count


async def test_the_same_request_gives_the_same_answer_once_done(client: httpx.AsyncClient, worker: Database) -> None:
    first, second = await post(client, "hello"), await post(client, "hello")

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    for header in ("guildhall-signal", "etag", "content-type"):
        assert first.headers[header] == second.headers[header]
    assert await notes_written(worker) == 1


async def test_without_a_key_each_request_counts(client: httpx.AsyncClient, worker: Database) -> None:
    assert (await post(client, "hello", None)).json() != (await post(client, "hello", None)).json()
    assert await notes_written(worker) == 2


async def test_the_same_key_with_another_body_is_refused(client: httpx.AsyncClient, worker: Database) -> None:
    await post(client, "hello")

    answer = await post(client, "goodbye")

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency-key-reused")
    assert await notes_written(worker) == 1


async def test_a_twin_in_flight_is_asked_to_come_again(client: httpx.AsyncClient, worker: Database, held: Held) -> None:
    held.released.clear()
    first = asyncio.create_task(post(client, "hello"))
    await held.entered.wait()

    twin = await post(client, "hello")
    held.released.set()

    assert (twin.status_code, twin.json()["code"], twin.headers["retry-after"]) == (409, "in-flight", "1")
    assert (await first).status_code == 201
    assert (await post(client, "hello")).json() == (await first).json()
    assert await notes_written(worker) == 1


async def test_a_refusal_is_not_stored(client: httpx.AsyncClient, worker: Database) -> None:
    assert (await post(client, "full")).status_code == 409
    assert await notes_written(worker) == 0

    async def stored() -> bool:
        return (await post(client, "hello")).status_code == 201

    assert await eventually(stored)


async def test_while_the_database_is_away_a_command_is_refused_at_once(
    client: httpx.AsyncClient, api: Database
) -> None:
    await api.close()

    answer = await post(client, "hello")

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"] == "2"
