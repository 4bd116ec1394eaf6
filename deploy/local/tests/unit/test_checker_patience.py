"""The checker asks again what is away for a moment, and says in words what was never answered."""

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse, Response

from guildhall_local.checker import patience
from guildhall_local.checker.patience import Unanswered


def through(*statuses: int) -> httpx.AsyncClient:
    """A client of somebody who answers with these statuses, and with the last one for ever."""
    answers, app = list(statuses), FastAPI()

    @app.get("/figures")
    async def figures() -> Response:
        return PlainTextResponse('"8"', answers.pop(0) if len(answers) > 1 else answers[0])

    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway")


async def test_what_is_away_for_a_moment_is_asked_again() -> None:
    async with through(503, 200) as http:
        assert patience.said(await patience.get(http, "/figures")) == "8"


async def test_what_stays_away_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "WITHIN", 0.0)

    async with through(503) as http:
        with pytest.raises(Unanswered, match="/figures answered 503"):
            await patience.get(http, "/figures")


async def test_a_refusal_is_an_answer_and_not_the_one_that_was_wanted() -> None:
    async with through(404) as http:
        answer = await patience.get(http, "/figures")

    assert answer.status_code == 404
    with pytest.raises(Unanswered, match="was answered 404"):
        patience.said(answer)
