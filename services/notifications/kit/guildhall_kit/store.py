"""What has arrived, in one SQLite file: each signal once, where reading goes on, and up to where it was proved."""

import hashlib
import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from guildhall_kit.refusals import AlreadyReceived
from guildhall_kit.signals import Signal

SEEN_FOR_SECONDS = 40 * 24 * 3600
"""For how long ids are remembered: longer than anything is sent again."""

_TABLES = """
CREATE TABLE IF NOT EXISTS signals (
    agreement_id TEXT NOT NULL, position INTEGER NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL, time TEXT NOT NULL,
    network TEXT, data TEXT NOT NULL, sha256 TEXT, salt TEXT NOT NULL, whole INTEGER NOT NULL,
    PRIMARY KEY (agreement_id, position)
);
CREATE TABLE IF NOT EXISTS seen (id TEXT PRIMARY KEY, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS marks (agreement_id TEXT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (agreement_id, name));
"""


class Store:
    """path: of the file, or `:memory:`. It may be used by several threads."""

    def __init__(self, path: str | Path = ":memory:", *, now: Callable[[], float] = time.time) -> None:
        self._db = sqlite3.connect(str(path), check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.executescript(_TABLES)
        self._lock, self._now = threading.RLock(), now

    def close(self) -> None:
        self._db.close()

    def receive(self, signal: Signal) -> None:
        """Keep one that was pushed. Raises AlreadyReceived where it came before; then nothing changes."""
        with self._transaction():
            self._db.execute("DELETE FROM seen WHERE at < ?", (self._now() - SEEN_FOR_SECONDS,))
            added = self._db.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (signal.id, self._now()))
            if added.rowcount == 0:
                raise AlreadyReceived(f"{signal.id} was received before")
            self._keep([signal])

    def keep(self, signals: Sequence[Signal], *, agreement_id: str, cursor: str | None = None) -> None:
        """Keep a page that was pulled, and where the next begins: both or neither."""
        with self._transaction():
            self._keep(signals)
            if cursor is not None:
                self._mark(agreement_id, "cursor", cursor)

    def replace(self, signals: Sequence[Signal], *, agreement_id: str, first: int, last: int) -> None:
        """What stands from first to last is now this."""
        with self._transaction():
            self._db.execute(
                "DELETE FROM signals WHERE agreement_id = ? AND position BETWEEN ? AND ?", (agreement_id, first, last)
            )
            self._keep(signals)

    def signals(self, agreement_id: str, *, after: int = 0) -> Iterator[Signal]:
        """All that is kept, in order."""
        with self._lock:
            rows = self._db.execute(
                "SELECT position, id, type, time, network, data, sha256, salt, whole FROM signals"
                " WHERE agreement_id = ? AND position > ? ORDER BY position",
                (agreement_id, after),
            ).fetchall()
        for position, name, kind, at, network, data, sha256, salt, whole in rows:
            yield Signal(
                position=position,
                id=name,
                type=kind,
                time=at,
                network=network,
                data=json.loads(data),
                sha256=sha256,
                salt=salt,
                whole=bool(whole),
                agreement_id=agreement_id,
            )

    def lines(self, agreement_id: str, *, first: int, last: int) -> dict[int, str]:
        """The line of each position that is kept, as a manifest counts it."""
        with self._lock:
            rows = self._db.execute(
                "SELECT position, id, sha256 FROM signals WHERE agreement_id = ? AND position BETWEEN ? AND ?"
                " ORDER BY position",
                (agreement_id, first, last),
            ).fetchall()
        return {position: line(position, name, sha256) for position, name, sha256 in rows}

    def mark(self, agreement_id: str, name: str) -> str | None:
        """`cursor`: where to read on. `proved`: the last manifest that was held against what is kept."""
        with self._lock:
            row = self._db.execute(
                "SELECT value FROM marks WHERE agreement_id = ? AND name = ?", (agreement_id, name)
            ).fetchone()
        return row[0] if row else None

    def set_mark(self, agreement_id: str, name: str, value: str) -> None:
        with self._transaction():
            self._mark(agreement_id, name, value)

    def _mark(self, agreement_id: str, name: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO marks VALUES (?, ?, ?)", (agreement_id, name, value))

    def _keep(self, signals: Sequence[Signal]) -> None:
        """A later copy of a position takes the place of an earlier one: there may be less in it."""
        self._db.executemany(
            "INSERT OR REPLACE INTO signals VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    signal.agreement_id,
                    signal.position,
                    signal.id,
                    signal.type,
                    signal.time,
                    signal.network,
                    json.dumps(signal.data),
                    signal.sha256,
                    signal.salt,
                    signal.whole,
                )
                for signal in signals
                if signal.position is not None
            ],
        )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")


def line(position: int | None, name: str, sha256: str | None) -> str:
    return f"{position} {name} {sha256}\n"


def digest(lines: Sequence[str]) -> str:
    """SHA-256 of the lines, in hex, as a manifest tells it."""
    return hashlib.sha256("".join(lines).encode("utf-8")).hexdigest()
