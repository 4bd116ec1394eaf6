"""Commands in one transaction: each with its own answer, stored with its effect, and seen by nobody else."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from servicekit.command import Command
from servicekit.database import Conn, Database, Held, admit_all
from servicekit.ids import new_id
from servicekit.problem import Conflict, Problem
from servicekit.testing import eventually
from servicekit.web import create_app, grouping
from servicekit.web.grouping import Asked, GroupedCommands
from servicekit.web.rules import anyone


@dataclass(frozen=True)
class Somebody:
    person_id: UUID
    identity: str
    email: str | None = None
    scopes: tuple[str, ...] = ()


class Write(BaseModel):
    text: str


class NoteView(BaseModel):
    id: UUID
    text: str


@dataclass
class Desk:
    """Where notes are written in groups."""

    http: httpx.AsyncClient
    groups: list[int]
    entered: asyncio.Event
    go_on: asyncio.Event
    asked: int = 0

    async def write(self, who: str, text: str, key: str | None = "k1") -> httpx.Response:
        headers = {"idempotency-key": key} if key else {}
        return await self.http.post(f"/notes/{who}", json={"text": text}, headers=headers)

    async def together(self, *asked: tuple[str, str, str | None]) -> list[httpx.Response]:
        """In one group: they arrive while another is served."""
        self.go_on.clear()
        expected = self.asked + 1 + len(asked)
        first = asyncio.create_task(self.write("somebody-else", "first", None))
        await self.entered.wait()
        others = [asyncio.create_task(self.write(*one)) for one in asked]

        async def all_have_asked() -> bool:
            return self.asked == expected

        assert await eventually(all_have_asked)
        self.go_on.set()
        await first
        return [await other for other in others]


@pytest.fixture
async def desk(api: Database) -> AsyncIterator[Desk]:
    router, groups = APIRouter(dependencies=[Depends(anyone)]), []
    entered, go_on = asyncio.Event(), asyncio.Event()
    go_on.set()

    async def write_all(
        conn: Conn, requests: Sequence[Asked[tuple[UUID, str]]], *, waits: bool
    ) -> list[NoteView | Problem | Held]:
        groups.append(len(requests))
        entered.set()
        await go_on.wait()
        outcomes: list[NoteView | Problem | Held] = []
        for asked in requests:
            person, text = asked.what
            if text == "full":
                outcomes.append(Conflict("The book is full."))
            elif text == "held" and not waits:
                outcomes.append(Held(person))
            else:
                view = NoteView(id=new_id(), text=text)
                await admit_all(conn, [view.id])
                await conn.execute("INSERT INTO told (note_id) VALUES ($1)", view.id)
                outcomes.append(view)
        return outcomes

    writing = GroupedCommands(write_all, database=lambda: api, status=201)
    ids: dict[str, UUID] = {}

    @router.post("/notes/{who}", status_code=201, response_model=NoteView)
    async def write(who: str, body: Write, request: Request) -> Response:
        person = ids.setdefault(who, new_id())
        desk.asked += 1
        return await writing.answer(Somebody(person, who), (person, body.text))

    async def ready() -> None: ...

    app = create_app(title="Notes", version="1", routers=[router], lifespan=None, ready=ready)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://notes") as http:
        desk = Desk(http, groups, entered, go_on)
        yield desk


async def notes(worker: Database) -> int:
    async with worker.reading() as conn:
        count: int = await conn.fetchval("SELECT count(*) FROM told")
    return count


async def test_the_same_key_of_different_people_is_not_the_same_key(desk: Desk, worker: Database) -> None:
    answers = await desk.together(*((f"person-{n}", "hello", "k1") for n in range(5)))

    assert desk.groups == [1, 5]
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 5
    for number, answer in enumerate(answers):
        again = await desk.write(f"person-{number}", "hello", "k1")
        assert (again.json(), again.headers["idempotent-replayed"]) == (answer.json(), "true")
    assert await notes(worker) == 6


async def test_twins_in_one_group(desk: Desk, worker: Database) -> None:
    answers = await desk.together(("a", "hello", "k1"), ("a", "hello", "k1"), ("a", "goodbye", "k1"))

    assert [answer.status_code for answer in answers] == [201, 409, 422]
    assert [answer.json()["code"] for answer in answers[1:]] == ["in-flight", "idempotency-key-reused"]
    assert await notes(worker) == 2


async def test_unless_twins_are_found_in_process_both_pass_the_lock(
    desk: Desk, worker: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lock of a key is re-entrant: in one transaction it stops nobody."""
    monkeypatch.setattr(grouping, "twins", lambda _group: {})

    async with worker.group([Command("r", "k", b"1", "a"), Command("r", "k", b"1", "a")]) as (_, implied):
        assert implied == [None, None]


async def test_a_key_that_is_in_flight_elsewhere(desk: Desk, api: Database, worker: Database) -> None:
    async with api.group([Command("POST /notes/a", "k1", b"", "a")]):
        answers = await desk.together(("a", "hello", "k1"), ("b", "hello", "k1"))

    assert [answer.status_code for answer in answers] == [409, 201]
    assert answers[0].json()["code"] == "in-flight"


async def test_refusals_are_not_stored_and_concern_nobody_else(desk: Desk, worker: Database) -> None:
    answers = await desk.together(("a", "full", "k1"), ("b", "hello", "k1"), ("c", "full", None))

    assert [answer.status_code for answer in answers] == [409, 201, 409]
    assert (await desk.write("a", "now", "k1")).status_code == 201
    assert await notes(worker) == 3


async def test_whoever_is_about_a_held_row_waits_apart(desk: Desk) -> None:
    answers = await desk.together(("a", "held", "k1"), ("b", "hello", "k1"), ("a", "held", "k2"))

    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert desk.groups == [1, 3, 2]


async def test_answers_and_effects_commit_together(desk: Desk, worker: Database, api: Database) -> None:
    """The group's transaction fails after its work: nothing is kept, neither effects nor answers."""

    async def cut() -> None:
        async with api.group([Command("POST /notes/a", "k1", b"h", "a")]) as (conn, _):
            await conn.execute("INSERT INTO told (note_id) VALUES ($1)", new_id())
            raise RuntimeError("cut")

    with pytest.raises(RuntimeError, match="cut"):
        await cut()

    assert await notes(worker) == 0
    assert (await desk.write("a", "hello")).status_code == 201


async def test_a_group_reads_no_stored_answer_but_by_its_own_requests_keys(desk: Desk, api: Database) -> None:
    await desk.write("a", "hello", "k1")
    stored = "SELECT count(*) FROM servicekit.idempotency_keys"

    async with api.group([Command("POST /notes/b", "k1", b"h", "b"), Command("POST /notes/a", "k2", b"h", "a")]) as (
        conn,
        implied,
    ):
        assert implied == [None, None]
        assert await conn.fetchval(stored) == 0
    async with api.reading(Somebody(new_id(), "a")) as conn:
        assert await conn.fetchval(stored) == 1, "there is one to be seen"


async def test_a_group_runs_for_nobody_and_the_next_borrower_inherits_nothing(desk: Desk, api: Database) -> None:
    settings = "SELECT current_setting('guildhall.' || name, true) FROM unnest($1::text[]) name"
    names = ["person", "scopes", "identity", "identities", "admitted", "admitted_rows"]

    async with api.group([Command("r", "k", b"1", "a")]) as (conn, _):
        entered = [row[0] for row in await conn.fetch(settings, names)]
        await admit_all(conn, [new_id()])
    async with api.reading() as conn:
        after = [row[0] for row in await conn.fetch(settings, names)]
        planner = await conn.fetchval("SHOW enable_seqscan")

    assert entered == ["", "{}", "", "", "", ""]
    assert after == ["", "{}", "worker", "", "", ""]
    assert planner == "on"
