"""The mail catcher's addresses: a list, one mail in three views, and the same for programs."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response
from pydantic import BaseModel, Field

from guildhall_local.instance import HOST
from guildhall_local.mailcatcher import smtp
from guildhall_local.mailcatcher.letter import Letter
from guildhall_local.mailcatcher.smtp import Fault, Faults
from guildhall_local.mailcatcher.store import Kept, Store
from guildhall_local.pages import Pages, page_of, serve_style

PAGES = Pages(Path(__file__).with_name("pages"), service="Mail")
ON_A_PAGE = 25
AT_ONCE = 1_000
LETTER_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"
)
"""Somebody else's HTML: no script, nothing fetched, no form; its links open beside it."""
HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)


class FaultsAsked(BaseModel):
    fault: Fault
    count: int = Field(ge=0, le=1_000_000)


def create_app(*, folder: Path, smtp_port: int, host: str = HOST) -> FastAPI:
    store, faults = Store(folder), Faults()
    app = FastAPI(
        title="Guildhall's mail catcher",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=_listening(store, faults, host, smtp_port),
    )
    serve_style(app)
    _add_pages(app, store)
    _add_views(app, store)
    _add_programs(app, store, faults)
    return app


def _listening(
    store: Store, faults: Faults, host: str, port: int
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        server = await smtp.listen(store, faults, host=host, port=port)
        try:
            yield
        finally:
            server.close()
            await store.close()

    return lifespan


def _add_pages(app: FastAPI, store: Store) -> None:
    @app.get("/")
    async def newest(page: str = "", to: str = "") -> Response:
        to = to.strip()
        found = store.count(to=to)
        number, last = page_of(page, items=found, on_a_page=ON_A_PAGE)
        kept = store.newest(skip=(number - 1) * ON_A_PAGE, limit=ON_A_PAGE, to=to)
        letters = await asyncio.to_thread(_read, kept)
        return PAGES.show("list", mails=letters, found=found, page=number, last=last, to=to, at=_at)

    @app.get("/mail/{id_:int}")
    async def one(id_: int) -> Response:
        kept = store.find(id_)
        if kept is None:
            return PAGES.show("gone", status=404, id=id_)
        return PAGES.show(
            "mail",
            policy="frame-src 'self'",
            kept=kept,
            letter=Letter.read(kept.raw),
            at=_at(kept.received_at),
        )

    @app.exception_handler(404)
    async def unknown(request: Request, _error: Exception) -> Response:
        return PAGES.show("gone", status=404, id=None)


def _add_views(app: FastAPI, store: Store) -> None:
    @app.get("/mail/{id_:int}/html")
    async def html(id_: int) -> Response:
        letter = Letter.read(_found(store, id_).raw)
        if letter.html is None:
            raise HTTPException(404)
        beside = HEAD.sub(lambda head: f'{head[0]}<base target="_blank">', letter.html, count=1)
        headers = {"content-security-policy": LETTER_POLICY, "x-content-type-options": "nosniff"}
        return HTMLResponse(beside, headers=headers)

    @app.get("/mail/{id_:int}/source")
    async def source(id_: int) -> Response:
        text = _found(store, id_).raw.decode(errors="replace")
        return PlainTextResponse(text, headers={"x-content-type-options": "nosniff"})


def _add_programs(app: FastAPI, store: Store, faults: Faults) -> None:
    @app.get("/api/messages")
    async def messages(
        after: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=AT_ONCE)] = 100,
        to: str = "",
    ) -> dict[str, Any]:
        """In the order of arrival; ask again with `next` as `after` until `messages` is empty."""
        kept = store.after(after, limit=limit, to=to)
        letters = await asyncio.to_thread(_read, kept)
        return {
            "messages": [_told(mail, letter) for mail, letter in letters],
            "next": kept[-1].id if kept else after,
            "total": store.count(to=to),
        }

    @app.delete("/api/messages")
    async def remove() -> dict[str, int]:
        return {"removed": await store.remove_all()}

    @app.put("/api/faults")
    async def misbehave(asked: FaultsAsked) -> FaultsAsked:
        faults.fault, faults.left = asked.fault, asked.count
        return asked

    @app.get("/readyz")
    async def ready() -> dict[str, str]:
        return {"status": "ready"}


def _read(kept: list[Kept]) -> list[tuple[Kept, Letter]]:
    return [(mail, Letter.read(mail.raw)) for mail in kept]


def _told(mail: Kept, letter: Letter) -> dict[str, Any]:
    return {
        "id": mail.id,
        "message_id": letter.message_id,
        "from": letter.sender,
        "to": list(mail.recipients),
        "subject": letter.subject,
        "text": letter.text,
        "html": letter.html,
        "received_at": mail.received_at,
        "envelope_from": mail.sender,
        "headers": letter.headers,
    }


def _found(store: Store, id_: int) -> Kept:
    kept = store.find(id_)
    if kept is None:
        raise HTTPException(404)
    return kept


def _at(received_at: str) -> str:
    return f"{datetime.fromisoformat(received_at):%-d %b %Y, %H:%M:%S} UTC"
