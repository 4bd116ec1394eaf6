"""How the story's people ask: what is unknown is asked again under the same key, and all of it is written down."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from rich.console import Console

from guildhall_local.story import journal
from guildhall_local.story.asking import NOBODY, SIGN_INS, Asker, StoryStopped
from guildhall_local.story.journal import Journal, Wish
from guildhall_local.story.stage import together, until
from guildhall_local.story.telling import Chapter

PROBLEM = "application/problem+json"


@dataclass
class Gateway:
    """Answers as it is told, in this order, and keeps what reached it."""

    answers: list[Response]
    keys: list[str | None] = field(default_factory=list)
    after: list[str | None] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.api_route("/places", methods=["GET", "POST"])
        async def places(request: Request) -> Response:
            self.keys.append(request.headers.get("idempotency-key"))
            self.after.append(request.headers.get("guildhall-after"))
            self.tokens.append(request.headers.get("authorization"))
            return self.answers.pop(0)

        return app


def done(**body: str) -> Response:
    return JSONResponse(body, 201, headers={"guildhall-signal": "national.events:one, national.events:two"})


def refused(code: str, status: int = 409) -> Response:
    said = {"code": code, "title": "No", "detail": f"because of {code}"}
    return JSONResponse(said, status, media_type=PROBLEM)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "story" / "log.jsonl"


Asking = Callable[[Gateway], Asker]


@pytest.fixture
async def asking(log: Path) -> AsyncIterator[Asking]:
    clients: list[httpx.AsyncClient] = []

    def through(gateway: Gateway) -> Asker:
        http = httpx.AsyncClient(transport=httpx.ASGITransport(gateway.app()))
        clients.append(http)
        asker = Asker(gateway="http://gateway", issuer="http://provider", journal=written, http=http)
        asker.keep_token("ann", "a token")
        return asker

    with Journal(log) as written:
        yield through
    for client in clients:
        await client.aclose()


def only_wish(log: Path) -> Wish:
    [wish] = journal.read(log)
    return wish


async def test_an_outcome_that_is_unknown_is_asked_for_again_with_the_same_key(asking: Asking, log: Path) -> None:
    gateway = Gateway([Response(status_code=503), Response(status_code=502), done(id="1")])

    answer = await asking(gateway).post("ann", "/places", deed="register")

    assert answer.body == {"id": "1"}
    assert answer.signals == ("national.events:one", "national.events:two")
    assert len(gateway.keys) == 3
    assert len(set(gateway.keys)) == 1
    wish = only_wish(log)
    assert (wish.tries, wish.first.outcome, wish.last.outcome) == (3, "unknown", "done")
    assert wish.first.answered <= wish.last.sent
    assert wish.answer == {"id": "1"}


async def test_each_wish_has_a_key_of_its_own(asking: Asking) -> None:
    gateway = Gateway([done(), done()])
    asker = asking(gateway)

    await asker.post("ann", "/places", deed="register")
    await asker.post("ann", "/places", deed="register")

    assert None not in gateway.keys
    assert len(set(gateway.keys)) == 2


@pytest.mark.parametrize("code", ["in-flight", "not-yet-applied", "not-yet-known"])
async def test_not_yet_is_asked_again(asking: Asking, log: Path, code: str) -> None:
    gateway = Gateway([refused(code), done(id="1")])

    answer = await asking(gateway).post("ann", "/places", deed="register")

    assert answer.body == {"id": "1"}
    assert only_wish(log).tries == 2


async def test_a_refusal_is_known_and_ends_the_story_where_it_was_not_expected(asking: Asking, log: Path) -> None:
    gateway = Gateway([refused("already-registered")])

    with pytest.raises(StoryStopped, match="ann: POST /places was answered 409: No: because of already-registered"):
        await asking(gateway).post("ann", "/places", deed="register")

    assert only_wish(log).last.outcome == "refused"
    assert not only_wish(log).done


async def test_a_refusal_that_is_expected_goes_by(asking: Asking) -> None:
    answer = await asking(Gateway([refused("not-found", 404)])).get("ann", "/places", deed="trespass", expect={404})

    assert answer.body["code"] == "not-found"


async def test_a_connection_that_breaks_leaves_the_outcome_unknown(asking: Asking, log: Path) -> None:
    asker = asking(Gateway([done(id="1")]))
    working, asker.http = asker.http, _Breaking()

    async def mend() -> None:
        asker.http = working

    answer, _ = await asyncio.gather(asker.post("ann", "/places", deed="register"), mend())

    assert answer.body == {"id": "1"}
    wish = only_wish(log)
    assert (wish.tries, wish.first.outcome, wish.first.status) == (2, "unknown", None)


class _Breaking(httpx.AsyncClient):
    """A network that nothing comes through."""

    def __init__(self) -> None:
        async def nowhere(scope: object, receive: object, send: object) -> None:
            raise httpx.ConnectError("cut")

        super().__init__(transport=httpx.ASGITransport(nowhere))


async def test_nobody_asks_without_a_token(asking: Asking) -> None:
    gateway = Gateway([done(), done()])
    asker = asking(gateway)

    await asker.get("ann", "/places", deed="read")
    await asker.get(NOBODY, "/places", deed="read")

    assert gateway.tokens == ["Bearer a token", None]


async def test_an_answer_without_a_body_is_an_answer(asking: Asking) -> None:
    gateway = Gateway([Response(status_code=204, media_type="application/json")])

    assert (await asking(gateway).post("ann", "/places", deed="leave")).body == ""


@pytest.mark.parametrize(("breaks", "answered"), [(1, True), (2, True), (3, False)])
async def test_a_sign_in_whose_connection_breaks_is_tried_again(asking: Asking, breaks: int, answered: bool) -> None:
    asker, provider = asking(Gateway([])), _Provider(breaks)
    asker.http = httpx.AsyncClient(transport=httpx.ASGITransport(provider))

    with pytest.raises(StoryStopped, match="knows nobody called 'ann'" if answered else "could not sign in: cut"):
        await asker.sign_in("ann")

    await asker.http.aclose()
    assert provider.asked == min(breaks + 1, SIGN_INS)


class _Provider:
    """Breaks off so many times, then knows nobody."""

    def __init__(self, breaks: int) -> None:
        self._breaks, self.asked = breaks, 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        if self.asked <= self._breaks:
            raise httpx.ReadError("cut")
        await Response(status_code=400)(scope, receive, send)


async def test_many_signals_are_waited_for_in_several_requests(asking: Asking) -> None:
    gateway = Gateway([done(), done(), done()])

    await asking(gateway).await_applied("ann", "/places", [f"t:{number}" for number in range(120)], deed="await")

    assert [len(str(after).split(", ")) for after in gateway.after] == [50, 50, 20]


async def test_what_never_comes_ends_the_story() -> None:
    async def never() -> None:
        return None

    with pytest.raises(StoryStopped, match="the mail: not within 0 s"):
        await until("the mail", never, within=0.1)


async def test_the_first_of_many_that_stops_says_why(asking: Asking, log: Path) -> None:

    async def stop(number: int) -> None:
        raise StoryStopped(f"number {number} stopped")

    with pytest.raises(StoryStopped, match="number 1 stopped"):
        await together(Chapter(Console(quiet=True)), "asking", [1, 2], stop)
