"""What a group asks for is found by its key, though the plan was made when there was nothing: a table grows on."""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import asyncpg
import pytest
from events_house import House

from events_service.registrations import lookups
from servicekit.command import Command
from servicekit.database import Conn, Database, admit_all
from servicekit.ids import new_id

GROWN = 2_000


@pytest.fixture
async def one_connection(house: House) -> AsyncIterator[Database]:
    """All groups in one session, whose plans are made for empty tables."""
    await house.as_owner("VACUUM ANALYZE registrations")
    await house.as_owner("VACUUM ANALYZE servicekit.idempotency_keys")
    database = await Database.open(house.database.api, size=1)
    yield database
    await database.close()


async def fetched(conn: Conn, table: str) -> int:
    """Rows of the table that this transaction has fetched by an index."""
    rows: int = await conn.fetchval("SELECT idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = $1", table)
    return rows


async def grow(house: House, event_id: UUID) -> list[UUID]:
    people = [uuid4() for _ in range(GROWN)]
    admin = await asyncpg.connect(house.database.admin)
    await admin.execute(
        """
        INSERT INTO registrations (id, event_id, person_id, status, place, code, registered_at, waited, version)
        SELECT gen_random_uuid(), $1, person_id, 'confirmed', place, 'C' || place, now(), false, 1
          FROM unnest($2::uuid[]) WITH ORDINALITY AS new (person_id, place)
        """,
        event_id,
        people,
    )
    await admin.execute(
        """
        INSERT INTO servicekit.idempotency_keys (caller, route, key, body_hash, status, body, headers, at)
        SELECT 'somebody', 'POST', 'key-' || n, '', 201, '', '{}', now() FROM generate_series(1, $1) AS n
        """,
        GROWN,
    )
    await admin.close()
    return people


async def test_a_plan_made_for_an_empty_table_reads_only_what_is_asked_for(
    house: House, one_connection: Database
) -> None:
    event = await house.published(await house.organiser(), capacity=GROWN)
    event_id, nobody = UUID(event["id"]), uuid4()
    asked = [Command("POST", f"key-{number}", caller="somebody") for number in (1, 2, 3)]

    for _ in range(8):  # the plan is made for good at the sixth time
        async with one_connection.group(asked) as (conn, _):
            await admit_all(conn, [event_id])
            await lookups.live_of(conn, [(event_id, nobody)])
            await lookups.codes_taken(conn, [(event_id, "C1")])
            await lookups.named(conn, [(event_id, nobody), (event_id, "C1")])
    people = await grow(house, event_id)

    async with one_connection.group(asked) as (conn, implied):
        await admit_all(conn, [event_id])
        assert await fetched(conn, "idempotency_keys") <= 2 * len(asked)
        assert None not in implied
        live = await lookups.live_of(conn, [(event_id, person) for person in people[:3]])
        assert len(live) == 3
        assert await fetched(conn, "registrations") == 3
        assert await lookups.codes_taken(conn, [(event_id, "C7"), (event_id, "X")]) == {(event_id, "C7")}
        assert await fetched(conn, "registrations") == 4
        assert len(await lookups.named(conn, [(event_id, "C8"), (event_id, new_id())])) == 1
        assert await fetched(conn, "registrations") == 5
