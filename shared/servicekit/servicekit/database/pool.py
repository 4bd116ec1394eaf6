"""The only door to the database: a transaction always knows for whom it runs and which projection is active."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol, TypeAlias
from uuid import UUID

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from servicekit import command as commands
from servicekit import idempotency
from servicekit.command import Command
from servicekit.crash_points import Point, reached

ACQUIRE_SECONDS = 5.0
"""A pool that is exhausted for longer answers 503, not never."""

Conn: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"


class Scope(Protocol):
    """For whom a transaction runs, as row-level security sees it."""

    @property
    def identity(self) -> str:
        """Who asked, as an opaque string that outlives a token."""

    @property
    def person_id(self) -> UUID | None: ...

    @property
    def email(self) -> str | None:
        """The verified address of somebody who is not linked to a person yet."""

    @property
    def scopes(self) -> Sequence[str]:
        """Paths of the networks where the caller holds a grant."""


@dataclass(frozen=True, slots=True)
class _Worker:
    identity: str = "worker"
    person_id: UUID | None = None
    email: str | None = None
    scopes: tuple[str, ...] = ()


WORKER: Scope = _Worker()
"""The scope of background work, which connects as a role of its own."""


class Held(Exception):
    """Not an error: somebody else holds the row, and a group of requests does not wait for the sake of one of them."""

    def __init__(self, row: UUID) -> None:
        super().__init__("held")
        self.row = row


class Database:
    """A pool of one role. `reset=` is never overridden: that would leak a scope to the next borrower."""

    def __init__(self, pool: "asyncpg.Pool[asyncpg.Record]") -> None:
        self.pool = pool

    @classmethod
    async def open(
        cls,
        dsn: str,
        *,
        size: int = 10,
        application_name: str = "guildhall",
        server: Mapping[str, str] | None = None,
    ) -> "Database":
        """server: settings of every connection beside those that all have."""
        pool = await asyncpg.create_pool(
            dsn,
            min_size=1,
            max_size=size,
            command_timeout=30,
            server_settings={
                "application_name": application_name,
                "idle_in_transaction_session_timeout": "60s",
                **(server or {}),
            },
        )
        return cls(pool)

    async def close(self) -> None:
        await self.pool.close()

    @asynccontextmanager
    async def transaction(self, scope: Scope = WORKER) -> AsyncIterator[Conn]:
        """One transaction for one caller; commits at the end of the block, before any answer is sent.

        Where the request carries an `Idempotency-Key`, its twin is found here: 409 while it is in flight,
        422 with another body, and the stored answer (raised as `Replayed`) where it has succeeded before.
        """
        async with self.pool.acquire(timeout=ACQUIRE_SECONDS) as conn, conn.transaction():
            await enter(conn, scope)
            command = commands.current.get()
            if command is not None and scope is not WORKER:
                await idempotency.begin(conn, command, scope.identity)
            yield conn
            if command is not None and scope is not WORKER:
                idempotency.check_kept(command)
                reached(Point.COMMAND_BEFORE_COMMIT)
        if command is not None and scope is not WORKER:
            reached(Point.COMMAND_AFTER_COMMIT)

    @asynccontextmanager
    async def group(self, requests: Sequence[Command]) -> AsyncIterator[tuple[Conn, list[Exception | None]]]:
        """One transaction for a group of requests: it runs for nobody, and sees only what it locks and admits.

        With it, for each request, what the earlier use of its `Idempotency-Key` implies, or None. No two of them may
        be twins: the lock of a key is re-entrant.
        """
        async with self.pool.acquire(timeout=ACQUIRE_SECONDS) as conn, conn.transaction():
            implied = await idempotency.begin_all(conn, requests)
            reached(Point.GROUP_CLAIMED)
            yield conn, implied
            reached(Point.GROUP_BEFORE_COMMIT)
        reached(Point.GROUP_AFTER_COMMIT)

    @asynccontextmanager
    async def reading(self, scope: Scope = WORKER) -> AsyncIterator[Conn]:
        """A read-only transaction for one caller."""
        async with self.pool.acquire(timeout=ACQUIRE_SECONDS) as conn, conn.transaction(readonly=True):
            await enter(conn, scope)
            yield conn


async def enter(conn: Conn, scope: Scope, *, schemas: str | None = None) -> None:
    """Tell this transaction for whom it runs and which projections it reads, in one round trip.

    schemas: a search path to use in place of the active projections (a rebuild writes the idle ones).
    """
    await conn.fetchrow(
        "SELECT servicekit.enter($1, $2, $3, $4, $5)",
        str(scope.person_id) if scope.person_id else "",
        scope.email or "",
        "{" + ",".join(scope.scopes) + "}",
        schemas,
        scope.identity,
    )


async def admit(conn: Conn, locked_id: UUID) -> None:
    """Admit the one row that this transaction has locked, after `may` allowed it, and all rows that hang on it."""
    await conn.execute("SELECT set_config('guildhall.admitted', $1, true)", str(locked_id))


async def admit_all(conn: Conn, locked_ids: Sequence[UUID]) -> None:
    """The same for the rows that a transaction has locked for a group of requests."""
    rows = "{" + ",".join(map(str, locked_ids)) + "}"
    await conn.execute("SELECT set_config('guildhall.admitted_rows', $1, true)", rows)
