"""Everybody who asks: the same people, strangers and partner bodies' clients before every service."""

import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
from fastapi import FastAPI
from house import service
from places import CLIENTS, NATIONAL, PEOPLE, STRANGERS, Principal
from rights_model import Caller
from undone import Undone, undone

from access.principal import Principals
from access.testing import Directory, Issuer, Somebody, client
from servicekit import cells as cell_files
from servicekit.database import Database
from servicekit.process import Service
from servicekit.testing import databases
from servicekit.testing.databases import TestDatabase
from servicekit.web import write_keys

UNLINKED_ADDRESS = "una.unlinked@rwp.example"
"""Verified, of somebody who is registered and has not been linked yet."""
WHOLE_DAY = 86_400


class LastingIssuer(Issuer):
    """Its tokens outlast the whole matrix, unless a test says otherwise."""

    def token(self, subject: str, **claims: Any) -> str:
        return super().token(subject, **({"exp": int(time.time()) + WHOLE_DAY} | claims))


@dataclass
class Opened:
    """A service that runs in this process on a database of its own."""

    service: Service[Any]
    app: FastAPI
    http: httpx.AsyncClient
    worker: Database
    api: Database
    database: TestDatabase
    settings: Any
    directory: Directory

    @asynccontextmanager
    async def with_nothing_lasting(self, dsn: str = "") -> AsyncIterator[Undone]:
        """From here on whatever is asked is undone. dsn: another role than the API's."""
        before = self.app.state.database, self.app.state.principals
        async with undone(dsn or self.database.api) as database:
            self.app.state.database, self.app.state.principals = database, Principals(database)
            try:
                yield database
            finally:
                self.app.state.database, self.app.state.principals = before

    async def rows(self, statement: str, *values: Any) -> list[asyncpg.Record]:
        """Past every policy."""
        admin = await asyncpg.connect(self.database.admin)
        try:
            return list(await admin.fetch(statement, *values))
        finally:
            await admin.close()

    async def erase(self, person_id: UUID) -> None:
        """Take every row about a person away, as if there had never been any."""
        found = await self.rows(
            """
            SELECT c.table_schema || '.' || c.table_name AS name, c.column_name AS "column"
              FROM information_schema.columns c
              JOIN information_schema.tables t USING (table_schema, table_name)
             WHERE t.table_type = 'BASE TABLE' AND c.table_schema !~ '^(pg_|information)'
               AND (c.column_name = 'person_id' OR (c.table_name = 'people' AND c.column_name = 'id'))
            """
        )
        admin = await asyncpg.connect(self.database.admin)
        try:
            async with admin.transaction():
                await admin.execute("SET LOCAL session_replication_role = replica")
                for row in found:
                    await admin.execute(f"DELETE FROM {row['name']} WHERE {row['column']} = $1", person_id)
        finally:
            await admin.close()

    async def told(self, method: str, path: str, whose: Mapping[str, str], **given: Any) -> Any:
        """What is answered while the world is founded."""
        answer = await self.http.request(method, path, headers=dict(whose) | given.pop("headers", {}), **given)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content and "json" in answer.headers["content-type"] else answer.text


@asynccontextmanager
async def opened(
    name: str, *, postgres: str, cells_file: Path, issuer: Issuer, secrets: Path, **given: Any
) -> AsyncIterator[Opened]:
    found = service(name)
    async with databases.fresh(postgres, name, found.schema, found.consumers) as database:
        for purpose in ("cursor", "tickets", "unsubscribe", "address", "webhooks", "manifests"):
            write_keys(secrets, purpose)
        settings = found.settings(
            service_profile="local",
            database_url=database.api,
            worker_database_url=database.worker,
            cells_file=cells_file,
            trusted_issuers=[issuer.trusted()],
            secrets_dir=secrets,
            access_bound_seconds=WHOLE_DAY,
            **given,
        )
        worker, api = await Database.open(database.worker, size=4), await Database.open(database.api, size=4)
        directory = Directory(worker, cell_files.load(cells_file), issuer)
        app = found.create_app(settings)
        async with client(app) as http:
            yield Opened(found, app, http, worker, api, database, settings, directory)
        await worker.close()
        await api.close()


def person(name: str, somebody: Somebody) -> Principal:
    memberships, grant = PEOPLE[name]
    caller = Caller(
        person=str(somebody.person_id), memberships=frozenset(memberships), grants=frozenset([grant] if grant else [])
    )
    return Principal(name, caller, somebody.bearer, somebody.person_id)


def strangers(issuer: Issuer) -> Iterable[Principal]:
    """Whoever has no valid token; each of these would be the national lead's, but for one thing."""
    nobody = Caller(signed_in=False)
    other = LastingIssuer(key=issuer.key, url="https://sign-in.elsewhere.example")
    headers = {
        "anonymous": {},
        "expired": issuer.bearer("national lead", exp=1_600_000_000),
        "wrong audience": issuer.bearer("national lead", aud="another-service"),
        "wrong issuer": other.bearer("national lead"),
    }
    return [Principal(name, nobody, headers[name]) for name in STRANGERS]


def unlinked(issuer: Issuer) -> Principal:
    return Principal("unlinked", Caller(), issuer.bearer("nobody-yet", email=UNLINKED_ADDRESS))


def partners(issuer: Issuer, agreements: Mapping[str, str]) -> Iterable[Principal]:
    """agreements: by client, the live one."""
    return [
        Principal(
            name,
            Caller(is_client=True, agreements=frozenset([agreements[name]] if name in agreements else [])),
            issuer.bearer(client_of(name), client_id=client_of(name)),
        )
        for name in CLIENTS
    ]


def client_of(name: str) -> str:
    return name.replace(" ", "-")


def by_name(*principals: Principal) -> dict[str, Principal]:
    return {principal.name: principal for principal in principals}


async def introduce(directory: Directory) -> dict[str, Principal]:
    """Everybody of `PEOPLE`, where a directory arrives as signals."""
    found = {}
    for name, (memberships, grant) in PEOPLE.items():
        somebody = await directory.person(*memberships, subject=name)
        if grant:
            await directory.grant(somebody.person_id, *grant)
        found[name] = person(name, somebody)
    await _suspend(directory, found["suspended"])
    return found


async def _suspend(directory: Directory, suspended: Principal) -> None:
    assert suspended.person_id is not None
    await directory.grant(suspended.person_id, "lead", NATIONAL)
    await directory.revoke_all(suspended.person_id, NATIONAL)
