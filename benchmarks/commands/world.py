"""The same people, events and places in two databases of one schema; one of them has its policies taken away."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import asyncpg

from benchmarks.stage import Stage, environment
from guildhall_local import children
from guildhall_local.instance import PROJECT
from membership_contracts import subject_hash
from servicekit.database import roles

CELL, REGION, TRUST = "midlands", "national.midlands", "national.midlands.rwp"
MANY = 1_000_000
"""Places at each event: nobody waits, so that every request does the same work."""
STEWARDS = 8
PASSWORD = "for-benchmarks-only"
BARE, OURS = "bare", "ours"
MIGRATED = "migrated"
"""The database that both are copies of; the roles are named after it."""

MEMBERSHIP = [
    *("membership_id", "version", "person_id", "network_id", "main", "since"),
    *("job_role", "sector", "described_from"),
]

WITHOUT_POLICIES = """
DO $$
DECLARE
    walled record;
BEGIN
    FOR walled IN SELECT c.oid::regclass AS name FROM pg_class c WHERE c.relrowsecurity LOOP
        EXECUTE format('ALTER TABLE %s NO FORCE ROW LEVEL SECURITY', walled.name);
        EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', walled.name);
    END LOOP;
END
$$
"""


def person(number: int) -> UUID:
    return uuid5(NAMESPACE_URL, f"person-{number}")


def steward(number: int) -> UUID:
    return uuid5(NAMESPACE_URL, f"steward-{number}")


def event(number: int) -> UUID:
    return uuid5(NAMESPACE_URL, f"event-{number}")


def registration(number: int) -> UUID:
    """Of the person with this number, at the first event."""
    return uuid5(NAMESPACE_URL, f"registration-{number}")


def network(path: str) -> UUID:
    return uuid5(NAMESPACE_URL, path)


@dataclass
class World:
    """Both databases, and what is in them."""

    stage: Stage
    issuer: str
    people: int
    events: int
    registered: int
    """How many people have a place at the first event beforehand."""

    def dsn(self, side: str, role: str) -> str:
        """role: owner, api or worker; or admin, whom no policy concerns."""
        admin_dsn = self.stage.postgres.admin_dsn
        if role == "admin":
            return admin_dsn.rsplit("/", 1)[0] + f"/{side}"
        return roles.dsn(admin_dsn, database=side, role=f"{MIGRATED}_{role}", password=PASSWORD)

    async def found(self) -> None:
        """Both databases anew, as copies of one that is migrated once."""
        admin_dsn = self.stage.postgres.admin_dsn
        admin = await asyncpg.connect(admin_dsn)
        if not await admin.fetchval("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)", MIGRATED):
            await roles.found(admin, admin_dsn, MIGRATED, dict.fromkeys(("owner", "api", "worker"), PASSWORD))
            self._migrate()
        for side in (BARE, OURS):
            await admin.execute(f'DROP DATABASE IF EXISTS "{side}" WITH (FORCE)')
            await admin.execute(f'CREATE DATABASE "{side}" TEMPLATE "{MIGRATED}" OWNER "{MIGRATED}_owner"')
            await self._people_it(side)
        await admin.close()

    def _migrate(self) -> None:
        log = self.stage.own_folder(MIGRATED) / "migrate.log"
        child = children.start(
            ["python", "-m", "events_service", "migrate"],
            environment=environment(OWNER_DATABASE_URL=self.dsn(MIGRATED, "owner"), SERVICE_PROFILE="local"),
            folder=PROJECT,
            log=log,
        )
        if child.wait() != 0:
            raise RuntimeError(log.read_text())

    async def _people_it(self, side: str) -> None:
        conn = await asyncpg.connect(self.dsn(side, "admin"))
        if side == BARE:
            await conn.execute(WITHOUT_POLICIES)
        await self._people(conn)
        await self._events(conn)
        await conn.close()

    async def _people(self, conn: "asyncpg.Connection[Any]") -> None:
        long_ago, members = date(2020, 1, 1), [person(number) for number in range(self.people)]
        await _networks(conn)
        stewards = [steward(number) for number in range(STEWARDS)]
        await _copy(
            conn,
            "access_a.access_identities",
            ["issuer", "subject_hash", "person_id", "version"],
            [(self.issuer, subject_hash(self.issuer, str(one)), one, 1) for one in [*members, *stewards]],
        )
        await _copy(
            conn,
            "access_a.access_memberships",
            MEMBERSHIP,
            [
                (one, 1, one, network(TRUST), True, long_ago, "service-manager", "acute", long_ago)
                for one in [*members, *stewards]
            ],
        )
        await _copy(
            conn,
            "grants_a.access_grants",
            ["cell", "person_id", "grant_id", "role", "network_id", "starts_at"],
            [(CELL, one, one, "steward", network(REGION), datetime(2020, 1, 1, tzinfo=UTC)) for one in stewards],
        )

    async def _events(self, conn: "asyncpg.Connection[Any]") -> None:
        starts = datetime.now(UTC).replace(tzinfo=None, microsecond=0) + timedelta(hours=2)
        await conn.executemany(
            """
            INSERT INTO events (id, cell, network_id, kind, title, summary, venue, starts, ends, zone, starts_at,
                                ends_at, capacity, open_to, sectors, job_roles, status, published_at, revision, version)
            VALUES ($1, $2, $3, 'masterclass', 'Winter masterclass', 'Beds, flow and winter.', 'Room 4, Birmingham',
                    $4::timestamp, $4::timestamp + interval '8 hours', 'UTC', $4::timestamp AT TIME ZONE 'UTC',
                    ($4::timestamp + interval '8 hours') AT TIME ZONE 'UTC', $5, ARRAY[$3::uuid], '{}', '{}',
                    'published', now(), 1, 2)
            """,
            [(event(number), CELL, network(REGION), starts, MANY) for number in range(self.events)],
        )

    async def reset(self, side: str) -> None:
        """As it was before anybody asked for anything: emptied, vacuumed, checkpointed."""
        conn = await asyncpg.connect(self.dsn(side, "admin"))
        await conn.execute(
            """
            TRUNCATE registrations, waiting_places, servicekit.outbox, servicekit.idempotency_keys;
            UPDATE events SET confirmed = 0, waiting = 0, last_place = 0;
            UPDATE servicekit.switches SET is_on = true WHERE name = 'relay-held';
            INSERT INTO grants_a.access_heartbeats (cell, at) VALUES ('national', now()), ('midlands', now())
                ON CONFLICT (cell) DO UPDATE SET at = excluded.at
            """
        )
        if self.registered:
            await self._register(conn)
        await conn.execute("VACUUM (ANALYZE)")
        await conn.execute("CHECKPOINT")
        await conn.close()

    async def let_the_relay_go(self, side: str) -> None:
        """A reset holds it back."""
        conn = await asyncpg.connect(self.dsn(side, "admin"))
        await conn.execute("UPDATE servicekit.switches SET is_on = false WHERE name = 'relay-held'")
        await conn.close()

    async def _register(self, conn: "asyncpg.Connection[Any]") -> None:
        now = datetime.now(UTC)
        await _copy(
            conn,
            "public.registrations",
            ["id", "event_id", "person_id", "status", "place", "code", "registered_at", "waited", "version"],
            [
                (registration(n), event(0), person(n), "confirmed", n + 1, f"C{n:07d}", now, False, 1)
                for n in range(self.registered)
            ],
        )
        await conn.execute(
            "UPDATE events SET confirmed = $2::int, last_place = $2::int WHERE id = $1", event(0), self.registered
        )

    async def count(self, side: str, statement: str) -> list[int]:
        """The row of numbers that a statement gives."""
        conn = await asyncpg.connect(self.dsn(side, "admin"))
        row = await conn.fetchrow(statement)
        await conn.close()
        return [int(value) for value in row or ()]


async def _networks(conn: "asyncpg.Connection[Any]") -> None:
    """The national network, a region, and as many trusts as there are in England."""
    trusts = [TRUST, *(f"{REGION}.t{number:03d}" for number in range(200))]
    tree = [("national", "national", "national"), (REGION, "region", CELL), *((path, "trust", CELL) for path in trusts)]
    await conn.executemany(
        """
        INSERT INTO access_a.access_networks (network_id, version, kind, name, path, cell, since)
        VALUES ($1, 1, $2, $3::text, $3::text::ltree, $4, '2020-01-01')
        """,
        [(network(path), kind, path, cell) for path, kind, cell in tree],
    )


async def _copy(
    conn: "asyncpg.Connection[Any]", table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    schema, name = table.split(".")
    await conn.copy_records_to_table(name, schema_name=schema, columns=list(columns), records=rows)
