"""Row-level security stands behind every route: the API's role sees a person's own rows and nothing else."""

import asyncpg
import pytest
from notifications_house import House, a_registration, published

from access import Principal
from access.principal import HeldGrant
from events_contracts import RegistrationConfirmed
from servicekit import clock
from servicekit.database.pool import enter

TABLES = ("notifications", "people", "registrations", "preferences", "addresses", "letters", "bounces")


async def filled(house: House) -> tuple[Principal, Principal]:
    """Two people with rows in every table; the second is the national lead."""
    event = published()
    await house.hear(event)
    people = [await house.person() for _ in range(2)]
    for person in people:
        await house.hear(a_registration(RegistrationConfirmed, event, person))
    await house.send_all()
    async with house.worker.transaction() as conn:
        for number, person in enumerate(people):
            await conn.execute(
                "INSERT INTO preferences VALUES ($1, 'all', 'email', NULL, 1, false, $2)", person, clock.now()
            )
            await conn.execute(
                "INSERT INTO addresses VALUES ($1, 'k:x', 1, 'suppressed', 'complaint', $2)", person, clock.now()
            )
            await conn.execute(
                "INSERT INTO bounces VALUES ($1, 0, 'hard', '', '', 'mail', NULL, $2, 'k:x', $3)",
                str(number),
                person,
                clock.now(),
            )
    grant = HeldGrant(role="lead", path="national", network_id=event.network_id, cell="national")
    return (
        Principal(identity="asha", issuer="i", person_id=people[0]),
        Principal(identity="lead", issuer="i", person_id=people[1], grants=(grant,)),
    )


@pytest.mark.parametrize("table", TABLES)
async def test_everybody_sees_their_own_rows_and_nobody_elses(house: House, table: str) -> None:
    for who in await filled(house):
        async with house.api.reading(who) as conn:
            seen = {row["person_id"] for row in await conn.fetch(f"SELECT person_id FROM {table}")}

        assert seen == {who.person_id}


@pytest.mark.parametrize("table", TABLES)
async def test_who_is_nobody_sees_nothing(house: House, table: str) -> None:
    await filled(house)

    async with house.api.reading(Principal(identity="nobody", issuer="i")) as conn:
        assert await conn.fetchval(f"SELECT count(*) FROM {table}") == 0


@pytest.mark.parametrize("table", TABLES)
async def test_nobody_can_change_anothers_rows(house: House, table: str) -> None:
    asha, lead = await filled(house)

    async with house.api.transaction(lead) as conn:
        status = await conn.execute(f"DELETE FROM {table} WHERE person_id = $1", asha.person_id)

    assert status == "DELETE 0"


async def test_a_read_mark_cannot_be_moved_to_another_person(house: House) -> None:
    asha, lead = await filled(house)

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with house.api.transaction(asha) as conn:
            await conn.execute("UPDATE notifications SET person_id = $1", lead.person_id)


async def test_the_worker_sees_all_of_them(house: House) -> None:
    await filled(house)

    async with house.worker.reading() as conn:
        counts = [await conn.fetchval(f"SELECT count(DISTINCT person_id) FROM {table}") for table in TABLES]

    assert counts == [2] * len(TABLES)


async def test_the_wall_stands_on_both_sides_of_the_projection(house: House) -> None:
    asha, _ = await filled(house)
    async with house.worker.transaction() as conn:
        await conn.execute("INSERT INTO projection_b.people SELECT * FROM projection_a.people")

    async with house.api.pool.acquire() as conn, conn.transaction():
        await enter(conn, asha, schemas="projection_b, public")
        assert await conn.fetchval("SELECT count(*) FROM people") == 1
