"""Registrations and check-ins with nothing around them: a body, one transaction of four statements, an answer."""

import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel

SIGNAL = b"s" * int(os.environ["SIGNAL_BYTES"])
ANSWER = b"a" * int(os.environ["ANSWER_BYTES"])
HEADERS = "h" * int(os.environ["HEADER_BYTES"])
BODY_HASH = b"h" * 32
CODE = "34679ACDEFGHJKMNPQRTUVWXY"


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    size = int(os.environ["POOL_SIZE"])
    async with asyncpg.create_pool(os.environ["DATABASE_URL"], min_size=1, max_size=size) as pool:
        app.state.pool = pool
        yield


app = FastAPI(lifespan=lifespan, openapi_url=None)


class Register(BaseModel):
    event_id: UUID
    person_id: UUID
    key: str


class CheckIn(BaseModel):
    event_id: UUID
    registration_id: UUID
    key: str


class View(BaseModel):
    id: UUID
    event_id: UUID
    status: str
    place: int
    at: datetime


@app.post("/registrations", status_code=201)
async def register(body: Register) -> View:
    now, registration_id = datetime.now(UTC), uuid4()
    async with app.state.pool.acquire() as conn, conn.transaction():
        place = await conn.fetchval(
            """
            UPDATE events SET confirmed = confirmed + 1, last_place = last_place + 1
             WHERE id = $1 AND confirmed < capacity
            RETURNING last_place
            """,
            body.event_id,
        )
        if place is None:
            raise HTTPException(409)
        await conn.execute(
            """
            INSERT INTO registrations (id, event_id, person_id, status, place, code, registered_at, waited, version)
            VALUES ($1, $2, $3, 'confirmed', $4, $5, $6, false, 1)
            """,
            registration_id,
            body.event_id,
            body.person_id,
            place,
            "".join(secrets.choice(CODE) for _ in range(8)),
            now,
        )
        await _tell(conn, "guildhall.events.registration-confirmed.v1", body.event_id, registration_id, now)
        await _keep(conn, body.person_id, f"POST /registrations {body.event_id}", body.key, 201, now)
    return View(id=registration_id, event_id=body.event_id, status="confirmed", place=place, at=now)


@app.post("/check-ins")
async def check_in(body: CheckIn) -> View:
    """The event's row is locked, as it is where signals of one event keep their order."""
    now = datetime.now(UTC)
    async with app.state.pool.acquire() as conn, conn.transaction():
        if await conn.fetchval("SELECT true FROM events WHERE id = $1 FOR UPDATE", body.event_id) is None:
            raise HTTPException(404)
        place = await conn.fetchval(
            """
            UPDATE registrations SET attended_at = $3, version = version + 1
             WHERE id = $1 AND event_id = $2 AND status = 'confirmed' AND attended_at IS NULL
            RETURNING place
            """,
            body.registration_id,
            body.event_id,
            now,
        )
        if place is None:
            raise HTTPException(409)
        await _tell(conn, "guildhall.events.attendance-recorded.v1", body.event_id, body.registration_id, now)
        await _keep(conn, body.registration_id, f"POST /check-ins {body.event_id}", body.key, 200, now)
    return View(id=body.registration_id, event_id=body.event_id, status="confirmed", place=place, at=now)


async def _tell(conn: Any, kind: str, event_id: UUID, subject: UUID, now: datetime) -> None:
    await conn.execute(
        """
        INSERT INTO servicekit.outbox (id, topic, key, type, subject, version, body, published_at)
        VALUES ($1, 'midlands.events', $2, $3, $4, 1, $5, $6)
        """,
        uuid4(),
        str(event_id),
        kind,
        str(subject),
        SIGNAL,
        now,
    )


async def _keep(conn: Any, caller: UUID, route: str, key: str, status: int, now: datetime) -> None:
    await conn.execute(
        """
        INSERT INTO servicekit.idempotency_keys (caller, route, key, body_hash, status, body, headers, at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        caller.hex * 2,
        route,
        key,
        BODY_HASH,
        status,
        ANSWER,
        HEADERS,
        now,
    )
