"""How the story's people ask: signed in, through the gateway, again with the same key while the outcome is unknown."""

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

from guildhall_local.provider.client import SignInFailed, sign_in
from guildhall_local.story.journal import Attempt, Journal, Outcome

TIMEOUT = 20.0
AT_ONCE = 64
"""Requests that are under way at the same time, at most."""
TRIES_WITHIN = 60.0
"""Seconds after which an outcome that stays unknown ends the story."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
SIGN_INS = 3
"""Tries of a sign-in whose connection breaks off: an idle one may be closed as it is used again."""
SIGNALS_IN_A_HEADER = 50
NOBODY = ""
"""Whoever asks without a token: a mail program, a calendar program, somebody with a link."""
NOT_YET = {"not-yet-applied", "not-yet-known", "in-flight"}
"""Refusals that say no more than `ask again in a moment`."""

TokenOf = Callable[[str], Awaitable[str]]


class StoryStopped(Exception):
    """Something went otherwise than the story tells; the text is for whoever watches."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Any
    headers: httpx.Headers
    signals: tuple[str, ...]


@dataclass(slots=True)
class Asker:
    """One client for everybody: who asks is told by the token."""

    gateway: str
    issuer: str
    journal: Journal
    http: httpx.AsyncClient
    _tokens: dict[str, str] = field(default_factory=dict)
    _at_once: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def sign_in(self, sub: str) -> None:
        """By authorization code and PKCE at the local provider."""
        for again in reversed(range(SIGN_INS)):
            try:
                async with self._at_once:
                    self._tokens[sub] = await sign_in(self.http, self.issuer, sub)
                return
            except (SignInFailed, httpx.TransportError) as failed:
                if isinstance(failed, SignInFailed) or not again:
                    raise StoryStopped(f"{sub} could not sign in: {failed}") from failed

    def keep_token(self, client_id: str, token: str) -> None:
        """A token that was got in another way, such as a partner body's."""
        self._tokens[client_id] = token

    async def get(self, who: str, path: str, *, deed: str, about: str = "", **options: Any) -> Answer:
        return await self.ask(who, "GET", path, deed=deed, about=about, **options)

    async def post(
        self, who: str, path: str, body: Any = None, *, deed: str, about: str = "", **options: Any
    ) -> Answer:
        """With an Idempotency-Key of its own."""
        return await self.ask(who, "POST", path, deed=deed, about=about, body=body, key=uuid.uuid4().hex, **options)

    async def ask(
        self,
        who: str,
        method: str,
        path: str,
        *,
        deed: str,
        about: str = "",
        body: Any = None,
        content: bytes | None = None,
        key: str | None = None,
        headers: dict[str, str] | None = None,
        after: Iterable[str] = (),
        expect: Collection[int] = range(200, 300),
    ) -> Answer:
        """The answer; StoryStopped where its status is not among those that the story expects.

        content: bytes to send in place of a JSON body. after: signals that must have been applied before.
        """
        sent = {**(headers or {}), **({"idempotency-key": key} if key else {})}
        if after:
            sent["guildhall-after"] = ", ".join(after)
        wish = _Wish(self.journal.next_ask(), deed, about, who, method, path, key, body, content, sent)
        async with self._at_once:
            answer = await self._until_known(wish)
        if answer.status not in expect:
            raise StoryStopped(f"{who}: {method} {path} was answered {answer.status}: {_words(answer.body)}")
        return answer

    async def await_applied(self, who: str, path: str, signals: Sequence[str], *, deed: str) -> None:
        """Until the service behind this path has applied all of these signals."""
        for start in range(0, len(signals), SIGNALS_IN_A_HEADER):
            await self.get(who, path, deed=deed, after=signals[start : start + SIGNALS_IN_A_HEADER])

    async def _until_known(self, wish: "_Wish") -> Answer:
        deadline, pause = time.monotonic() + TRIES_WITHIN, FIRST_PAUSE
        while True:
            answer = await self._try(wish)
            if answer is not None and not _says_ask_again(answer):
                return answer
            if time.monotonic() > deadline:
                last = "no answer" if answer is None else f"{answer.status}: {_words(answer.body)}"
                raise StoryStopped(
                    f"{wish.who}: {wish.method} {wish.path} has had no outcome for {TRIES_WITHIN:.0f} s"
                    f" (the last was {last})"
                )
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    async def _try(self, wish: "_Wish") -> Answer | None:
        """One request, written down; None where what became of it cannot be told."""
        bearer = {} if wish.who == NOBODY else {"authorization": f"Bearer {self._tokens[wish.who]}"}
        sent = time.monotonic()
        try:
            got = await self.http.request(
                wish.method,
                self.gateway + wish.path,
                json=wish.body,
                content=wish.content,
                headers=wish.headers | bearer,
                timeout=TIMEOUT,
            )
        except httpx.TransportError:
            self._note(wish, sent, None, "unknown")
            return None
        answer = Answer(got.status_code, _body(got), got.headers, _signals(got))
        outcome: Outcome = "unknown" if got.status_code >= 500 else "done" if got.is_success else "refused"
        self._note(wish, sent, answer, outcome)
        return None if outcome == "unknown" else answer

    def _note(self, wish: "_Wish", sent: float, answer: Answer | None, outcome: Outcome) -> None:
        self.journal.write(
            Attempt(
                ask=wish.ask,
                deed=wish.deed,
                about=wish.about,
                who=wish.who,
                method=wish.method,
                path=wish.path,
                key=wish.key,
                body=wish.body,
                sent=sent,
                answered=time.monotonic(),
                outcome=outcome,
                status=None if answer is None else answer.status,
                signals=[] if answer is None else list(answer.signals),
                answer=None if answer is None else answer.body,
            )
        )


@dataclass(frozen=True, slots=True)
class _Wish:
    ask: int
    deed: str
    about: str
    who: str
    method: str
    path: str
    key: str | None
    body: Any
    content: bytes | None
    headers: dict[str, str]


def new_client() -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=AT_ONCE + 8, max_keepalive_connections=AT_ONCE + 8)
    return httpx.AsyncClient(limits=limits, timeout=TIMEOUT)


def _says_ask_again(answer: Answer) -> bool:
    return answer.status == 409 and isinstance(answer.body, dict) and answer.body.get("code") in NOT_YET


def _body(got: httpx.Response) -> Any:
    is_json = bool(got.content) and "json" in got.headers.get("content-type", "")
    return got.json() if is_json else got.text


def _signals(got: httpx.Response) -> tuple[str, ...]:
    said = got.headers.get("guildhall-signal", "")
    return tuple(item.strip() for item in said.split(",") if item.strip())


def _words(body: Any) -> str:
    if isinstance(body, dict):
        return f"{body.get('title', '')}: {body.get('detail', body)}"
    return str(body)[:300]
