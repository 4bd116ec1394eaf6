"""A database in which nothing lasts: all that one request does is done in a transaction that is then undone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from servicekit.database import Database

BETWEEN_TRANSACTIONS = """
SELECT set_config(name, '', true)
  FROM unnest(ARRAY['guildhall.person', 'guildhall.email', 'guildhall.identity', 'guildhall.scopes',
                    'guildhall.admitted', 'guildhall.admitted_rows', 'guildhall.admitted_people']) AS name
"""
"""What would have ended with each transaction of its own, were it not a part of another here."""


class OneConnection:
    """A pool of one, whose borrowers wait for each other."""

    def __init__(self, conn: "asyncpg.Connection[Any]") -> None:
        self._conn = conn
        self.turn = asyncio.Lock()
        """Held by whoever uses the connection."""

    @asynccontextmanager
    async def acquire(self, *, timeout: float | None = None) -> AsyncIterator["asyncpg.Connection[Any]"]:
        async with asyncio.timeout(timeout), self.turn:
            await self._conn.fetch(BETWEEN_TRANSACTIONS)
            yield self._conn


class Undone(Database):
    """Where every block of `undoing` leaves the database as it was. One request at a time."""

    def __init__(self, conn: "asyncpg.Connection[Any]") -> None:
        self._one = OneConnection(conn)
        super().__init__(self._one)
        self._conn = conn

    @asynccontextmanager
    async def undoing(self) -> AsyncIterator[None]:
        whole = self._conn.transaction()
        async with self._one.turn:
            await whole.start()
        try:
            yield
        finally:
            async with self._one.turn:
                await whole.rollback()


@asynccontextmanager
async def undone(dsn: str) -> AsyncIterator[Undone]:
    conn = await asyncpg.connect(dsn, command_timeout=30)
    try:
        yield Undone(conn)
    finally:
        await conn.close(timeout=5)
