"""A fresh database per test: one is migrated for a service, then copied as PostgreSQL's template."""

import hashlib
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import asyncpg

from servicekit.consumers.subscription import Consumer
from servicekit.database import roles
from servicekit.database.migrations import Schema, migrate

PASSWORD = "for-tests-only"
TEMPLATE_LOCK = 0x746D706C


@dataclass(frozen=True, slots=True)
class TestDatabase:
    """DSNs of one fresh database, by role."""

    __test__: ClassVar[bool] = False

    name: str
    owner: str
    api: str
    worker: str
    admin: str


@asynccontextmanager
async def fresh(
    admin_dsn: str, service: str, schema: Schema, consumers: Sequence[Consumer]
) -> AsyncIterator[TestDatabase]:
    """A migrated, empty database of a service for as long as the block."""
    admin = await asyncpg.connect(admin_dsn)
    try:
        template = await _template(admin, admin_dsn, service, schema, consumers)
        name = f"{service}_{secrets.token_hex(5)}"
        await admin.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" OWNER "{template}_owner"')
        await admin.execute(f'GRANT CONNECT ON DATABASE "{name}" TO "{template}_api", "{template}_worker"')
        try:
            yield _dsns(admin_dsn, name, template)
        finally:
            await admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    finally:
        await admin.close()


def _dsns(admin_dsn: str, name: str, template: str) -> TestDatabase:
    def of(kind: str) -> str:
        return roles.dsn(admin_dsn, database=name, role=f"{template}_{kind}", password=PASSWORD)

    return TestDatabase(name, of("owner"), of("api"), of("worker"), admin_dsn.rsplit("/", 1)[0] + f"/{name}")


async def _template(
    admin: "asyncpg.Connection[Any]",
    admin_dsn: str,
    service: str,
    schema: Schema,
    consumers: Sequence[Consumer],
) -> str:
    """The migrated database that is copied; named after its migrations, so that a change makes a new one."""
    name = f"t_{service}_{_fingerprint(schema, consumers)}"
    await admin.execute("SELECT pg_advisory_lock($1)", TEMPLATE_LOCK)
    try:
        done = await admin.fetchval(
            "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1 AND datistemplate)", name
        )
        if not done:
            await admin.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            await roles.found(admin, admin_dsn, name, dict.fromkeys(("owner", "api", "worker"), PASSWORD))
            owner = roles.dsn(admin_dsn, database=name, role=f"{name}_owner", password=PASSWORD)
            await migrate(owner, schema, consumers)
            await admin.execute(f'ALTER DATABASE "{name}" WITH IS_TEMPLATE true')
    finally:
        await admin.execute("SELECT pg_advisory_unlock($1)", TEMPLATE_LOCK)
    return name


def _fingerprint(schema: Schema, consumers: Sequence[Consumer]) -> str:
    digest = hashlib.sha256(repr([(c.name, c.projection) for c in consumers]).encode())
    for step in schema.steps:
        for path in sorted(Path(step.folder).glob("*.sql")):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]
