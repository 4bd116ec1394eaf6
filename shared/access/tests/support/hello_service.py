"""A service with nothing but routes, to see decisions at work."""

from typing import Any

from fastapi import APIRouter, FastAPI

from access import ACCESS, Caller, Db, anyone, application, may, schema, signed_in
from servicekit.settings import ServiceSettings

SCHEMA = schema(own=None)


def hello_app(settings: ServiceSettings, **given: Any) -> FastAPI:
    return application(title="hello", settings=settings, schema=SCHEMA, consumers=ACCESS, routers=[router()], **given)


async def asked_path(path: str) -> str:
    return path


def router() -> APIRouter:
    routes = APIRouter()

    @routes.get("/public", dependencies=[anyone()])
    async def public() -> str:
        return "hello"

    @routes.get("/signed-in", dependencies=[signed_in()])
    async def somebody(caller: Caller) -> str:
        return caller.identity

    @routes.get("/networks", dependencies=[may("read-networks")])
    async def networks() -> str:
        return "networks"

    @routes.get("/members/{path}", dependencies=[may("read-members", at=asked_path)])
    async def members(path: str, db: Db, caller: Caller) -> int:
        async with db.reading(caller) as conn:
            count: int = await conn.fetchval("SELECT count(*) FROM access_memberships")
        return count

    @routes.get("/doors/{path}", dependencies=[may("check-in", at=asked_path)])
    async def doors(path: str) -> str:
        return path

    @routes.get("/streams", dependencies=[may("read-stream")])
    async def streams(caller: Caller) -> str:
        return caller.client_id or ""

    return routes
