"""Mail on disk: many are written in one transaction, and nobody is told "kept" before it is committed."""

import asyncio
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FILE = "mail.sqlite"
SCHEMA = """
CREATE TABLE IF NOT EXISTS mail (
    id integer PRIMARY KEY AUTOINCREMENT,
    received_at text NOT NULL,
    sender text NOT NULL,
    recipients text NOT NULL,
    raw blob NOT NULL
)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A mail as the SMTP conversation told it."""

    received_at: str
    """ISO, UTC."""
    sender: str
    recipients: Sequence[str]
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept(Arrived):
    id: int
    """Rises; never given again, not even after everything was removed."""


class Store:
    """What was committed survives the end of this process, though not of the machine (no fsync for each)."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._reading = _connect(folder / FILE)
        self._writing = _connect(folder / FILE)
        self._waiting: list[tuple[Arrived, asyncio.Future[int]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def keep(self, arrived: Arrived) -> int:
        """Its id, once it is committed; those that come meanwhile are committed together."""
        kept: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._waiting.append((arrived, kept))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        return await kept

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                ids = await asyncio.to_thread(self._insert, [arrived for arrived, _ in batch])
            except sqlite3.Error as wrong:
                for _, kept in batch:
                    if not kept.done():
                        kept.set_exception(wrong)
                continue
            for (_, kept), id_ in zip(batch, ids, strict=True):
                if not kept.done():  # its client may have gone
                    kept.set_result(id_)

    def _insert(self, batch: Sequence[Arrived]) -> list[int]:
        with self._writing:
            return [
                self._writing.execute(
                    "INSERT INTO mail (received_at, sender, recipients, raw) VALUES (?, ?, ?, ?) RETURNING id",
                    (arrived.received_at, arrived.sender, json.dumps(list(arrived.recipients)), arrived.raw),
                ).fetchone()[0]
                for arrived in batch
            ]

    def after(self, id_: int, *, limit: int, to: str = "") -> list[Kept]:
        """In the order of arrival."""
        return self._several(
            """
            SELECT id, received_at, sender, recipients, raw
              FROM mail
             WHERE id > ? AND recipients LIKE ? ESCAPE '\\'
             ORDER BY id
             LIMIT ?
            """,
            (id_, _containing(to), limit),
        )

    def newest(self, *, skip: int, limit: int, to: str = "") -> list[Kept]:
        return self._several(
            """
            SELECT id, received_at, sender, recipients, raw
              FROM mail
             WHERE recipients LIKE ? ESCAPE '\\'
             ORDER BY id DESC
             LIMIT ? OFFSET ?
            """,
            (_containing(to), limit, skip),
        )

    def count(self, *, to: str = "") -> int:
        counted = self._reading.execute(
            "SELECT count(*) FROM mail WHERE recipients LIKE ? ESCAPE '\\'", (_containing(to),)
        )
        return int(counted.fetchone()[0])

    def find(self, id_: int) -> Kept | None:
        found = self._several("SELECT id, received_at, sender, recipients, raw FROM mail WHERE id = ?", (id_,))
        return found[0] if found else None

    async def remove_all(self) -> int:
        """How many there were."""
        return await asyncio.to_thread(self._remove_all)

    def _remove_all(self) -> int:
        with self._writing:
            return self._writing.execute("DELETE FROM mail").rowcount

    async def close(self) -> None:
        """After the last mail that was being kept."""
        if self._writer is not None:
            await self._writer
        self._reading.close()
        self._writing.close()

    def _several(self, statement: str, values: tuple[object, ...]) -> list[Kept]:
        return [
            Kept(id=id_, received_at=at, sender=sender, recipients=json.loads(recipients), raw=raw)
            for id_, at, sender, recipients, raw in self._reading.execute(statement, values)
        ]


def _connect(path: Path) -> sqlite3.Connection:
    """Passed between threads, never used by two at once: one writer at a time, and readers on the loop."""
    connection = sqlite3.connect(path, check_same_thread=False, timeout=10)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(SCHEMA)
    connection.commit()
    return connection


def _containing(text: str) -> str:
    """A pattern for a part of the recipients, which are stored as JSON."""
    written = json.dumps(text)[1:-1]
    escaped = written.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
