"""A read that names signals waits for them, and says honestly when they have not arrived."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI
from notes_service import NOTES, NoteWritten

from servicekit.cells import load
from servicekit.database import Database
from servicekit.envelope import Origin
from servicekit.ids import new_id
from servicekit.problem import NotSignedIn
from servicekit.testing import deliver
from servicekit.testing.deliveries import as_record
from servicekit.web import create_app, readers
from servicekit.web.rules import anyone

MIDLANDS = Origin("midlands", "national.midlands")
TOPIC = "midlands.notes"

router = APIRouter(dependencies=[Depends(anyone)])


@router.get("/notes")
async def notes() -> dict[str, str]:
    return {}


async def ready() -> None: ...


@pytest.fixture
def app(api: Database, cells_file: Path) -> FastAPI:
    cells = load(cells_file, serve=["midlands"])
    return create_app(
        title="Notes",
        version="1",
        routers=[router],
        lifespan=None,
        ready=ready,
        database=lambda: api,
        consumers_by_topic=readers([NOTES], cells),
    )


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://notes") as client:
        yield client


class Tokens:
    """Knows one token."""

    async def verify(self, authorization: str | None) -> None:
        if authorization != "Bearer right":
            raise NotSignedIn("Sign in.")


async def written(worker: Database, signal_id: UUID, text: str = "read me") -> None:
    signal = NoteWritten(version=1, note_id=new_id(), text=text)
    await deliver(worker, [NOTES], as_record(signal, at=MIDLANDS, id=signal_id))


async def read(client: httpx.AsyncClient, *items: str) -> httpx.Response:
    return await client.get("/notes", headers=[("guildhall-after", item) for item in items])


async def test_what_has_been_applied_is_not_waited_for(client: httpx.AsyncClient, worker: Database) -> None:
    first, second = new_id(), new_id()
    await written(worker, first)
    await written(worker, second)

    assert (await read(client, f"{TOPIC}:{first}, {TOPIC}:{second}")).status_code == 200
    assert (await read(client, f"{TOPIC}:{first}", f"{TOPIC}:{second}")).status_code == 200


async def test_what_arrives_within_two_seconds_is_waited_for(client: httpx.AsyncClient, worker: Database) -> None:
    signal_id = new_id()
    waiting = asyncio.create_task(read(client, f"{TOPIC}:{signal_id}"))
    done, _ = await asyncio.wait({waiting}, timeout=0.1)
    assert not done

    await written(worker, signal_id)

    assert (await waiting).status_code == 200


async def test_what_does_not_arrive_is_said_to_be_on_its_way(client: httpx.AsyncClient, worker: Database) -> None:
    arrived = new_id()
    await written(worker, arrived)
    began = asyncio.get_running_loop().time()

    answer = await read(client, f"{TOPIC}:{arrived}, {TOPIC}:{new_id()}")

    assert (answer.status_code, answer.json()["code"]) == (409, "not-yet-applied")
    assert answer.headers["retry-after"] == "1"
    assert 1.5 < asyncio.get_running_loop().time() - began < 3


async def test_what_is_parked_has_not_been_applied(client: httpx.AsyncClient, worker: Database) -> None:
    signal_id = new_id()
    await written(worker, signal_id, text="poison")

    assert (await read(client, f"{TOPIC}:{signal_id}")).status_code == 409


@pytest.mark.parametrize("topic", ["london.notes", "midlands.events", "midlands.notes.profiles"])
async def test_topics_that_are_not_read_here_are_passed_over(client: httpx.AsyncClient, topic: str) -> None:
    assert (await read(client, f"{topic}:{new_id()}")).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "midlands.notes",
        "midlands.notes:7",
        f"midlands.notes:{'g' * 36}",
        "midlands.notes:0190b3a0-7c1e-7000-8000-00000000000-",
        f"Midlands Notes:{UUID(int=1)}",
        ",".join([f"{TOPIC}:{UUID(int=1)}"] * 51),
        f"{TOPIC}:{UUID(int=1)}," + " " * 8000,
    ],
)
async def test_a_malformed_header_is_refused(client: httpx.AsyncClient, header: str) -> None:
    answer = await read(client, header)

    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("Guildhall-After:")


async def test_whoever_shows_no_token_that_holds_is_not_waited_for(app: FastAPI, client: httpx.AsyncClient) -> None:
    app.state.tokens = Tokens()
    headers = {"guildhall-after": f"{TOPIC}:{new_id()}"}

    for wrong in ({}, {"authorization": "Bearer wrong"}):
        assert (await client.get("/notes", headers=headers | wrong)).status_code == 200
    assert (await client.get("/notes", headers=headers | {"authorization": "Bearer right"})).status_code == 409


async def test_an_empty_header_asks_for_nothing(client: httpx.AsyncClient) -> None:
    assert (await read(client, " , ")).status_code == 200
