"""Three roles for each database: `owner` migrates, `api` serves people, `worker` works behind; policies name groups."""

from typing import Any

import asyncpg

GROUPS = ("guildhall_api", "guildhall_worker")
EXTENSIONS = ("ltree", "pg_trgm", "btree_gist", "citext")


def dsn(admin_dsn: str, *, database: str, role: str, password: str) -> str:
    """The same server, another role and database."""
    scheme, rest = admin_dsn.split("://", 1)
    host = rest.rsplit("@", 1)[-1].split("/", 1)[0]
    return f"{scheme}://{role}:{password}@{host}/{database}"


async def found(admin: "asyncpg.Connection[Any]", admin_dsn: str, database: str, passwords: dict[str, str]) -> None:
    """Make the roles and the database where they are missing. Running it again changes only the passwords.

    passwords: by `owner`, `api` and `worker`; the roles are called `<database>_owner` and so on.
    """
    for group in GROUPS:
        await _role(admin, group, "NOLOGIN")
    for kind, password in passwords.items():
        await _role(admin, f"{database}_{kind}", f"LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD {_quoted(password)}")
    await admin.execute(f'GRANT guildhall_api TO "{database}_api"')
    await admin.execute(f'GRANT guildhall_worker TO "{database}_worker"')
    if not await admin.fetchval("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", database):
        await admin.execute(f'CREATE DATABASE "{database}" OWNER "{database}_owner"')
    inside = await asyncpg.connect(admin_dsn.rsplit("/", 1)[0] + f"/{database}")
    try:
        for extension in EXTENSIONS:
            await inside.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
        await inside.execute(f'ALTER SCHEMA public OWNER TO "{database}_owner"')
        await inside.execute(f'REVOKE CONNECT ON DATABASE "{database}" FROM PUBLIC')
        # One server may hold many services: a role enters no database but its own.
        await inside.execute(f'GRANT CONNECT ON DATABASE "{database}" TO "{database}_api", "{database}_worker"')
    finally:
        await inside.close()


async def _role(admin: "asyncpg.Connection[Any]", name: str, options: str) -> None:
    exists = await admin.fetchval("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", name)
    await admin.execute(f'{"ALTER" if exists else "CREATE"} ROLE "{name}" {options}')


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
