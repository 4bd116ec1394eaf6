"""How clients ask: through the gateway, again by the same key while the outcome is unknown, and never for ever."""

import asyncio
import json
import random
import time
import uuid
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
from workload.history import Line, Log, Phase

from guildhall_local.instance import Instance
from guildhall_local.provider.client import SignInFailed, client_token, sign_in

TIMEOUT = 10.0
ASKED_WITHIN = 60.0
"""Seconds after which a client lets a wish be, whose outcome is then unknown."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
AT_ONCE = 128
REMEMBERED = 60
AGAIN_LATER = {"not-yet-applied", "not-yet-known", "in-flight", "access-stale"}
"""Refusals that say no more than `ask again in a moment`."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Any
    headers: httpx.Headers

    @property
    def yes(self) -> bool:
        return 200 <= self.status < 300

    @property
    def code(self) -> str:
        return str(self.body.get("code", "")) if isinstance(self.body, dict) else ""


@dataclass(frozen=True, slots=True)
class Asked:
    """A wish that was granted, to be asked again."""

    who: str
    method: str
    path: str
    body: Any
    key: str
    deed: str


@dataclass(slots=True)
class Client:
    """One for everybody: who asks is told by the token."""

    instance: Instance
    log: Log
    http: httpx.AsyncClient
    rng: random.Random
    partner_keys: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By client id: those who sign in as a machine does."""
    granted: deque[Asked] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    """The latest by a key of their own."""
    _tokens: dict[str, str] = field(default_factory=dict)
    _at_once: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def post(
        self, who: str, path: str, body: Any = None, *, deed: str, about: str = "", **rest: Any
    ) -> Answer | None:
        return await self.ask(
            who, "POST", path, body, deed=deed, about=about, key=rest.pop("key", None) or self.key(), **rest
        )

    async def get(self, who: str, path: str, *, deed: str, about: str = "") -> Answer | None:
        return await self.ask(who, "GET", path, deed=deed, about=about)

    def key(self) -> str:
        """Drawn from the client's chance, and never the same twice, in whichever run."""
        return uuid.UUID(int=self.rng.getrandbits(64) << 64 | uuid.uuid4().int >> 64).hex

    async def ask(
        self,
        who: str,
        method: str,
        path: str,
        body: Any = None,
        *,
        deed: str,
        about: str = "",
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        within: float = ASKED_WITHIN,
        slowly: float = 0.0,
    ) -> Answer | None:
        """The first answer that says yes or no; None where what became of it cannot be told.

        slowly: seconds that the body takes, as over a bad line.
        """
        op, attempt, deadline, pause = self.log.next_op(), 0, time.monotonic() + within, FIRST_PAUSE
        while True:
            line = {"op": op, "attempt": attempt, "deed": deed, "about": about, "who": who}
            async with self._at_once:
                sent = {**(headers or {}), **({"idempotency-key": key} if key else {})}
                told = {"method": method, "path": path, "key": key, "body": body}
                self.log.write(Line(phase="invoke", at=time.monotonic(), **line, **told))
                phase, answer, signals = await self._try(who, method, path, body, sent, slowly)
            known = answer and (answer.status, signals, _kept(answer.body))
            status, named, said = known or (None, [], None)
            self.log.write(Line(phase=phase, at=time.monotonic(), status=status, signals=named, answer=said, **line))
            if answer is not None and phase != "unknown" and not _says_ask_again(answer):
                if answer.yes and key and attempt == 0:
                    self.granted.append(Asked(who, method, path, body, key, deed))
                return answer
            if time.monotonic() > deadline:
                return None
            await asyncio.sleep(pause * self.rng.uniform(0.5, 1.0))
            attempt, pause = attempt + 1, min(pause * 2, LONGEST_PAUSE)

    async def _try(
        self, who: str, method: str, path: str, body: Any, headers: dict[str, str], slowly: float
    ) -> tuple[Phase, Answer | None, list[str]]:
        try:
            bearer = {"authorization": f"Bearer {await self.token(who)}"}
        except (SignInFailed, httpx.HTTPError, ValueError):
            return "fail", Answer(429, {"code": "not-signed-in"}, httpx.Headers()), []  # nothing has been sent
        try:
            content = _trickling(json.dumps(body).encode(), slowly) if slowly else json.dumps(body).encode()
            got = await self.http.request(
                method,
                self.instance.url("gateway", path),
                content=None if body is None else content,
                headers=headers | bearer | ({} if body is None else {"content-type": "application/json"}),
                timeout=TIMEOUT,
            )
            answer = Answer(got.status_code, _body(got), got.headers)
        except (httpx.HTTPError, ValueError):
            return "unknown", None, []
        if answer.status == 401:
            self._tokens.pop(who, None)
        signals = [one.strip() for one in got.headers.get("guildhall-signal", "").split(",") if one.strip()]
        unknown = answer.status >= 500 or answer.code == "in-flight"
        return "unknown" if unknown else "ok" if answer.yes else "fail", answer, signals

    async def token(self, who: str) -> str:
        if who not in self._tokens:
            if who in self.partner_keys:
                issued = await client_token(self.http, self.instance.issuer, who, self.partner_keys[who])
            else:
                issued = await sign_in(self.http, self.instance.issuer, who)
            self._tokens[who] = issued
        return self._tokens[who]


async def _trickling(content: bytes, seconds: float) -> AsyncIterator[bytes]:
    yield content[:1]
    await asyncio.sleep(seconds)
    yield content[1:]


def new_http() -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=AT_ONCE + 40, max_keepalive_connections=AT_ONCE, keepalive_expiry=4)
    return httpx.AsyncClient(limits=limits, timeout=TIMEOUT)


def _says_ask_again(answer: Answer) -> bool:
    return answer.status in {401, 429} or answer.code in AGAIN_LATER


def _body(got: httpx.Response) -> Any:
    return got.json() if got.content and "json" in got.headers.get("content-type", "") else got.text


def _kept(body: Any) -> Any:
    """What is written down of an answer: of a list its ids and positions alone."""
    if isinstance(body, dict) and isinstance(body.get("items"), list):
        ids = [(item.get("id"), item.get("position")) for item in body["items"]]
        return {"items": ids, "next": body.get("next")}
    return body
