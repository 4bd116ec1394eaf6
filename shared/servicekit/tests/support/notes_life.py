"""Notes that are written on and on, and rebuilds beside them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from notes_service import NOTES
from notes_stack import Stack

from servicekit.consumers.rebuild import Rebuild
from servicekit.consumers.runtime import Consumption
from servicekit.ids import new_id
from servicekit.testing import eventually


def a_rebuild(stack: Stack, kind: type[Rebuild] = Rebuild, **given: Any) -> Rebuild:
    given = {"consumers": [NOTES]} | given
    return kind(service="notes", cells=stack.cells, bootstrap=stack.kafka, db=stack.db, **given)


@dataclass
class Life:
    """Notes that are written on and on while the service works."""

    stack: Stack
    notes: list[UUID] = field(default_factory=lambda: [new_id() for _ in range(10)])
    written: int = 0

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[Consumption]:
        """At the end of the block everything written has been kept and told."""
        self.stack.relay()
        consumption = await self.stack.consume()
        ended = asyncio.Event()
        writing = asyncio.create_task(self._write(ended))
        yield consumption
        ended.set()
        await writing
        await eventually(self.all_is_told, within=30)

    async def write(self, count: int) -> None:
        for _ in range(count):
            await self.stack.write(self.notes[self.written % 10], str(self.written))
            self.written += 1

    async def _write(self, ended: asyncio.Event) -> None:
        while not ended.is_set():
            await self.write(10)

    async def all_is_told(self) -> bool:
        async with self.stack.db.transaction() as conn:
            return bool(await conn.fetchval("SELECT count(*) FROM told") >= self.written)

    async def check(self) -> None:
        """Each text is kept once and in its order, and was told once."""
        async with self.stack.db.transaction() as conn:
            kept = {row["note_id"]: row["texts"] for row in await conn.fetch("SELECT note_id, texts FROM kept_notes")}
            told = dict(await conn.fetch("SELECT note_id, count(*) FROM told GROUP BY note_id"))
        for number, note in enumerate(self.notes):
            expected = [str(text) for text in range(number, self.written, 10)]
            assert kept.get(note, []) == expected
            assert told.get(note, 0) == len(expected)

    async def many_are_kept(self) -> bool:
        async with self.stack.db.transaction() as conn:
            return bool(await conn.fetchval("SELECT count(*) FROM told") > 200)


async def sides_are_equal(stack: Stack) -> bool:
    async with stack.db.transaction() as conn:
        rows = [
            await conn.fetch(f"SELECT note_id, texts FROM projection_{side}.kept_notes ORDER BY note_id")
            for side in "ab"
        ]
    return bool(rows[0]) and rows[0] == rows[1]
