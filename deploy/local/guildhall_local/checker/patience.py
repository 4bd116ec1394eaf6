"""A read that is answered in the end: what is only away for a moment is asked again."""

import asyncio
import time
from typing import Any

import httpx

WITHIN = 20.0
PAUSE = 0.5
AWAY = {502, 503, 504}


class Unanswered(Exception):
    """There was no answer in time, or one that says no; the text says which."""


async def get(http: httpx.AsyncClient, url: str, **options: Any) -> httpx.Response:
    """The first answer that is not `away for a moment`. Raises Unanswered."""
    deadline = time.monotonic() + WITHIN
    while True:
        said = "nothing"
        try:
            answer = await http.get(url, **options)
            if answer.status_code not in AWAY:
                return answer
            said = str(answer.status_code)
        except httpx.TransportError as error:
            said = type(error).__name__
        if time.monotonic() > deadline:
            raise Unanswered(f"{url} answered {said} for {WITHIN:.0f} s")
        await asyncio.sleep(PAUSE)


def said(answer: httpx.Response) -> Any:
    """The JSON of an answer that says yes. Raises Unanswered."""
    if not answer.is_success:
        raise Unanswered(f"{answer.url} was answered {answer.status_code}: {answer.text[:200]}")
    return answer.json()
