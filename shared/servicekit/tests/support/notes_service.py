"""A little service that only servicekit's own tests know: notes are written down and read elsewhere."""

from dataclasses import replace
from pathlib import Path
from typing import ClassVar
from uuid import UUID

from servicekit.consumers import Consumer, Delivery, projects, tells
from servicekit.contract import Fact, Signal
from servicekit.database import Conn
from servicekit.database.migrations import Schema

HERE = Path(__file__).parent


class NoteWritten(Signal):
    type: ClassVar[str] = "guildhall.notes.note-written.v1"

    note_id: Fact[UUID]
    text: Fact[str]

    @property
    def key(self) -> str:
        return str(self.note_id)


class Poison(RuntimeError):
    """What a handler raises on a text that it cannot take."""


async def keep_note(conn: Conn, written: Delivery[NoteWritten]) -> None:
    if written.data.text == "poison":
        raise Poison("a text that nobody can take")
    await keep_any_note(conn, written)


async def keep_any_note(conn: Conn, written: Delivery[NoteWritten]) -> None:
    """What `keep_note` becomes once its mistake is found."""
    await conn.execute(
        "INSERT INTO kept_notes (note_id, texts) VALUES ($1, ARRAY[$2])"
        " ON CONFLICT (note_id) DO UPDATE SET texts = kept_notes.texts || excluded.texts",
        written.data.note_id,
        written.data.text,
    )


async def tell_of_note(conn: Conn, written: Delivery[NoteWritten]) -> None:
    await conn.execute("INSERT INTO told (note_id) VALUES ($1)", written.data.note_id)


NOTES = Consumer(
    name="notes",
    projection="projection",
    subscriptions=[projects(NoteWritten, keep_note), tells(NoteWritten, tell_of_note)],
)
MENDED = replace(NOTES, subscriptions=[projects(NoteWritten, keep_any_note), tells(NoteWritten, tell_of_note)])
SCHEMA = Schema(own=HERE / "migrations" / "own", projections={"projection": HERE / "migrations" / "projection"})
