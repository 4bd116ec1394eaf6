"""People of the story who come back after it: signed in at the provider, asking through the gateway."""

import json
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from guildhall_local.instance import Instance
from guildhall_local.provider.client import sign_in
from guildhall_local.story import journal
from guildhall_local.story.plan import JOURNAL

SIGN_IN_AGAIN_AFTER = 120.0
"""Seconds; well before a token's time is over, however long the tests take together."""


@dataclass(slots=True)
class Visitors:
    http: httpx.AsyncClient
    instance: Instance
    _tokens: dict[str, tuple[str, float]] = field(default_factory=dict, repr=False)
    """By whom: the token, and when it was given on the monotonic clock."""

    async def token(self, sub: str) -> str:
        token, given = self._tokens.get(sub, ("", float("-inf")))
        if time.monotonic() - given > SIGN_IN_AGAIN_AFTER:
            token = await sign_in(self.http, self.instance.issuer, sub)
            self._tokens[sub] = token, time.monotonic()
        return token

    async def ask(self, sub: str, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {await self.token(sub)}", **options.pop("headers", {})}
        return await self.http.request(method, path, headers=headers, **options)

    def told(self, deed: str, about: str | None = None) -> list[journal.Wish]:
        """What was done in the story, and what was answered."""
        wishes = journal.read(self.instance.state / "story" / JOURNAL)
        return [wish for wish in wishes if wish.done and wish.last.deed == deed and about in (None, wish.last.about)]

    def event(self, label: str) -> str:
        """The address of an event of the story."""
        [published] = self.told("publish-event", label)
        return str(published.answer["url"])

    def person_id(self, sub: str) -> str:
        [linked] = [wish for wish in self.told("link") if wish.who == sub]
        return str(linked.answer["id"])


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a refusal that is whole."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    said = json.loads(answer.text)
    assert said["type"] == f"urn:guildhall:problem:{said['code']}"
    assert said["title"]
    assert said["detail"]
    return answer.status_code, said["code"]
