"""A transaction runs for one caller; nothing of it is left for the next borrower of its connection."""

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from notes_service import NOTES, SCHEMA

from servicekit.database import Database, admit
from servicekit.database.migrations import MigrationFailed, Schema, StaleSchema, check, migrate
from servicekit.ids import new_id
from servicekit.testing.databases import TestDatabase


@dataclass(frozen=True)
class Somebody:
    person_id: UUID
    identity: str = "somebody"
    email: str | None = None
    scopes: tuple[str, ...] = ()


async def a_note_of(worker: Database, person: UUID) -> UUID:
    note = new_id()
    async with worker.transaction() as conn:
        await conn.execute("INSERT INTO notes (id, person_id) VALUES ($1, $2)", note, person)
    return note


async def seen_by(db: Database, scope: Somebody) -> set[UUID]:
    async with db.reading(scope) as conn:
        return {row["id"] for row in await conn.fetch("SELECT id FROM notes")}


async def test_a_person_sees_their_own_rows_only(api: Database, worker: Database) -> None:
    mine, theirs = new_id(), new_id()
    note, _ = await a_note_of(worker, mine), await a_note_of(worker, theirs)

    assert await seen_by(api, Somebody(mine)) == {note}


async def test_a_scope_does_not_outlive_its_transaction(notes: TestDatabase, worker: Database) -> None:
    person = new_id()
    await a_note_of(worker, person)
    single = await Database.open(notes.api, size=1)

    await seen_by(single, Somebody(person))
    async with single.pool.acquire() as conn:
        left = await conn.fetch("SELECT id FROM notes")
    await single.close()

    assert left == []


async def test_the_locked_row_is_admitted_and_no_other(api: Database, worker: Database) -> None:
    first, _second = await a_note_of(worker, new_id()), await a_note_of(worker, new_id())

    async with api.transaction(Somebody(new_id())) as conn:
        await admit(conn, first)
        seen = await conn.fetch("SELECT id FROM notes")

    assert [row["id"] for row in seen] == [first]


async def test_without_the_policy_everybody_sees_everything(
    api: Database, worker: Database, notes: TestDatabase
) -> None:
    """The wrong variant: row-level security taken away."""
    await a_note_of(worker, new_id())
    owner = await asyncpg.connect(notes.owner)
    await owner.execute("ALTER TABLE notes DISABLE ROW LEVEL SECURITY")
    await owner.close()

    assert len(await seen_by(api, Somebody(new_id()))) == 1


async def test_a_stored_answer_is_seen_by_its_own_caller_only(api: Database, worker: Database) -> None:
    async with worker.transaction() as conn:
        await conn.execute(
            "INSERT INTO servicekit.idempotency_keys VALUES ('nora', 'POST /x', 'k', '', 200, '{}', '{}', now())"
        )

    counts = []
    for identity in ("nora", "somebody else"):
        async with api.reading(Somebody(new_id(), identity)) as conn:
            counts.append(await conn.fetchval("SELECT count(*) FROM servicekit.idempotency_keys"))

    assert counts == [1, 0]


async def test_a_reading_cannot_write(api: Database) -> None:
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        async with api.reading(Somebody(new_id())) as conn:
            await conn.execute("INSERT INTO told VALUES ($1)", new_id())


async def test_a_stale_schema_is_refused_by_name(worker: Database, tmp_path: Path) -> None:
    (tmp_path / "20991231000001_later.sql").write_text("-- migrate:up\nSELECT 1;\n-- migrate:down\n")
    newer = Schema(own=tmp_path, projections=SCHEMA.projections)

    async with worker.pool.acquire() as conn:
        await check(conn, SCHEMA)
        with pytest.raises(StaleSchema, match=r"lacks 1 migrations .* run `migrate`"):
            await check(conn, newer)


async def test_migrating_again_changes_nothing(notes: TestDatabase, worker: Database) -> None:
    before = await worker.pool.fetchval("SELECT id FROM servicekit.deployment")

    await migrate(notes.owner, SCHEMA, [NOTES])

    assert await worker.pool.fetchval("SELECT id FROM servicekit.deployment") == before


async def test_a_migration_that_fails_says_why_without_the_password(notes: TestDatabase, tmp_path: Path) -> None:
    (tmp_path / "20991231000001_broken.sql").write_text("-- migrate:up\nSELEKT 1;\n-- migrate:down\n")

    with pytest.raises(MigrationFailed, match="SELEKT") as refused:
        await migrate(notes.owner, Schema(own=tmp_path, projections=SCHEMA.projections), [NOTES])

    assert "for-tests-only" not in str(refused.value)
