"""Row-level security by itself: the api role's own statements, with every check of the first wall left out."""

from uuid import UUID

import asyncpg
import pytest
from joiners import ask, newcomer
from membership_house import House, Scope

from membership_service.memberships import actions as memberships
from membership_service.people import store as people
from membership_service.people.model import PersonNotFound
from servicekit import clock
from servicekit.ids import new_id
from servicekit.problem import NothingHere

TABLES = (
    "people",
    "memberships",
    "membership_descriptions",
    "membership_history",
    "identities",
    "person_cells",
    "grants",
    "join_requests",
    "invitations",
    "consents",
    "consent_history",
    "directory_choices",
)

MIDLANDS = Scope(new_id(), ["national.midlands"])


async def seen(house: House, scope: Scope, statement: str) -> set[UUID]:
    async with house.api.reading(scope) as conn:
        return {row[0] for row in await conn.fetch(statement)}


async def test_a_regional_lead_sees_the_regions_people_and_nobody_elses(house: House) -> None:
    here, its_membership = await house.member("RWP")
    _, above = await house.member("Y60")
    await house.member("RJ1")
    await house.guest()

    assert await seen(house, MIDLANDS, "SELECT id FROM memberships") == {its_membership.id, above.id}
    assert await seen(house, MIDLANDS, "SELECT membership_id FROM membership_descriptions") == {
        its_membership.id,
        above.id,
    }
    people_seen = await seen(house, MIDLANDS, "SELECT id FROM people")
    assert people_seen == {here.id, above.person_id}


async def test_of_a_member_of_two_regions_each_lead_sees_their_own_membership(house: House) -> None:
    person, here = await house.member("RWP")
    await house.begin(person, "RJ1")

    assert await seen(house, MIDLANDS, "SELECT id FROM people") == {person.id}
    assert await seen(house, MIDLANDS, "SELECT id FROM memberships") == {here.id}


async def test_everybody_sees_themselves_and_their_own(house: House) -> None:
    person, membership = await house.member("RJ1")
    grant = await house.give(person.id, "steward", "RJ1")
    await house.member("RJ1")

    oneself = Scope(person.id)

    assert await seen(house, oneself, "SELECT id FROM people") == {person.id}
    assert await seen(house, oneself, "SELECT id FROM memberships") == {membership.id}
    assert await seen(house, oneself, "SELECT id FROM grants") == {grant.id}


@pytest.mark.parametrize("table", TABLES)
async def test_nobody_in_particular_sees_nothing(house: House, table: str) -> None:
    person, _ = await house.member("RWP")
    await house.sign_in(person)
    await house.give(person.id, "steward", "RWP")

    async with house.api.reading(Scope()) as conn:
        assert await conn.fetchval(f"SELECT count(*) FROM {table}") == 0


async def test_without_the_helpers_a_connection_sees_nothing(house: House) -> None:
    await house.member("RWP")

    conn = await asyncpg.connect(house.database.api)
    try:
        assert [await conn.fetchval(f"SELECT count(*) FROM {table}") for table in TABLES] == [0] * len(TABLES)
    finally:
        await conn.close()


async def test_a_lead_sees_who_asks_to_be_let_in_only_while_they_wait(house: House) -> None:
    nora = (await ask(house, newcomer(house), "RWP")).json()
    await ask(house, newcomer(house, "omar"), "RJ1")
    waiting = await seen(house, MIDLANDS, "SELECT person_id FROM join_requests")
    named = await seen(house, MIDLANDS, "SELECT id FROM people")
    await house.settle()

    await house.http.post(f"/api/v1/me/join-requests/{nora['id']}/withdraw", headers=newcomer(house))

    assert waiting == named == {UUID(nora["person_id"])}
    assert await seen(house, MIDLANDS, "SELECT id FROM people") == set()
    assert await seen(house, MIDLANDS, "SELECT person_id FROM join_requests") == {UUID(nora["person_id"])}


async def test_the_history_of_another_region_is_not_seen(house: House) -> None:
    person, here = await house.member("RWP")
    await house.begin(person, "RJ1")

    assert await seen(house, MIDLANDS, "SELECT membership_id FROM membership_history") == {here.id}


async def test_who_leads_the_nation_is_seen_only_where_somebody_has_been_locked(house: House) -> None:
    person = await house.guest()
    grant = await house.give(person.id, "lead", "national")
    await house.give(person.id, "steward", "national")

    async with house.api.transaction(MIDLANDS) as conn:
        before = await conn.fetchval("SELECT count(*) FROM grants")
        other = new_id()
        await people.lock_many(conn, [other], admitted=other)
        after = [row[0] for row in await conn.fetch("SELECT id FROM grants")]

    assert (before, after) == (0, [grant.id])


async def test_grants_of_another_region_are_not_seen(house: House) -> None:
    person = await house.guest()
    here, _ = await house.give(person.id, "steward", "RWP"), await house.give(person.id, "steward", "RJ1")

    assert await seen(house, MIDLANDS, "SELECT id FROM grants") == {here.id}


async def test_another_regions_rows_cannot_be_changed(house: House) -> None:
    person, membership = await house.member("RJ1")

    async with house.api.transaction(MIDLANDS) as conn:
        changed = [
            await conn.execute("UPDATE people SET given_name = 'Mallory' WHERE id = $1", person.id),
            await conn.execute("UPDATE memberships SET until = since WHERE id = $1", membership.id),
            await conn.execute("DELETE FROM person_cells WHERE person_id = $1", person.id),
        ]
    assert changed == ["UPDATE 0", "UPDATE 0", "DELETE 0"]
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        async with house.api.transaction(MIDLANDS) as conn:
            await conn.execute(
                "INSERT INTO grants (id, person_id, network_id, role, starts_at) VALUES ($1, $2, $3, 'lead', now())",
                new_id(),
                person.id,
                membership.network_id,
            )


async def test_a_verb_finds_nothing_where_the_first_wall_forgot_to_ask(house: House) -> None:
    person, membership = await house.member("RJ1")

    with pytest.raises(NothingHere):
        async with house.api.transaction(MIDLANDS) as conn:
            await memberships.end(conn, membership.id, on=clock.today(), now=clock.now())
    with pytest.raises(PersonNotFound):
        async with house.api.reading(MIDLANDS) as conn:
            await people.get(conn, person.id)
    assert await house.published("membership-ended") == []


async def test_an_address_that_a_sign_in_vouches_for_shows_its_person_alone(house: House) -> None:
    person = await house.guest(email="nora.bell@rwp.example")
    await house.guest(email="other@rwp.example")

    assert await seen(house, Scope(email="Nora.Bell@rwp.example"), "SELECT id FROM people") == {person.id}


@pytest.mark.parametrize("table", TABLES)
async def test_both_roles_are_held_to_the_policies(house: House, table: str) -> None:
    async with house.worker.reading() as conn:
        forced = await conn.fetchrow(
            "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = $1::text::regclass", table
        )
        roles = await conn.fetch(
            """
            SELECT rolname FROM pg_roles
             WHERE (rolsuper OR rolbypassrls) AND rolname IN (current_user, (SELECT tableowner FROM pg_tables
                                                                              WHERE tablename = $1))
            """,
            table,
        )
    assert forced is not None
    assert tuple(forced) == (True, True)
    assert roles == []


async def test_without_the_wall_the_same_statement_shows_everybody(house: House) -> None:
    """What the tests above see is the policies' doing: taken away, the other region is there."""
    await house.member("RWP")
    await house.member("RJ1")
    owner = await asyncpg.connect(house.database.owner)
    try:
        for table in TABLES:
            await owner.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    finally:
        await owner.close()

    assert len(await seen(house, MIDLANDS, "SELECT id FROM people")) == 2
    assert len(await seen(house, MIDLANDS, "SELECT id FROM memberships")) == 2
