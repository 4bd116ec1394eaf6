"""Row-level security: the role behind the API sees own rows, its scopes, or the one event that it has locked."""

from uuid import UUID

from events_house import LONDON, MIDLANDS, NATIONAL, RRK, RWP, House, Thing

from access.principal import HeldGrant, Principal
from access.testing import Somebody
from events_service.gatherings import store as gatherings
from servicekit.ids import new_id


def scope(somebody: Somebody, *paths: str) -> Principal:
    grants = [HeldGrant(role="steward", path=path, network_id=new_id(), cell="midlands") for path in paths]
    return Principal(identity="test", issuer="test", person_id=somebody.person_id, grants=tuple(grants))


async def two_events(house: House) -> tuple[Somebody, list[Thing]]:
    """One person registered for an event of rwp, two for one of the Midlands; the first of them comes first."""
    of_rwp = await house.published(await house.organiser(RWP), path=RWP)
    of_midlands = await house.published(await house.organiser())
    one, two = await house.named("Jane", "Okafor"), await house.named("Amir", "Khan")
    await house.registered(of_rwp, one)
    await house.registered(of_midlands, one)
    await house.registered(of_midlands, two)
    return one, [of_rwp, of_midlands]


async def seen(house: House, by: Principal, *, admitted: Thing | None = None) -> tuple[int, int]:
    """How many registrations and names."""
    async with house.api.transaction(by) as conn:
        if admitted is not None:
            await gatherings.lock(conn, "midlands", UUID(admitted["id"]))
        return (
            await conn.fetchval("SELECT count(*) FROM registrations"),
            await conn.fetchval("SELECT count(*) FROM profiles"),
        )


async def test_a_person_sees_their_own(house: House) -> None:
    one, _ = await two_events(house)
    stranger = await house.named("Ann", "Other")

    assert await seen(house, scope(one)) == (2, 1)
    assert await seen(house, scope(stranger)) == (0, 1)


async def test_a_grant_sees_the_events_of_its_network_and_below(house: House) -> None:
    _, _ = await two_events(house)
    holder = await house.member()

    assert await seen(house, scope(holder, MIDLANDS)) == (3, 2)
    assert await seen(house, scope(holder, NATIONAL)) == (3, 2)
    assert await seen(house, scope(holder, RWP)) == (1, 1)
    assert await seen(house, scope(holder, RRK, LONDON)) == (0, 0)


async def test_a_transaction_sees_the_one_event_that_it_has_locked(house: House) -> None:
    _, (of_rwp, of_midlands) = await two_events(house)
    somebody = await house.member()

    assert await seen(house, scope(somebody), admitted=of_midlands) == (2, 2)
    assert await seen(house, scope(somebody), admitted=of_rwp) == (1, 1)


async def test_what_is_not_seen_is_not_changed_either(house: House) -> None:
    await two_events(house)
    stranger = await house.member()

    async with house.api.transaction(scope(stranger)) as conn:
        changed = await conn.execute("UPDATE registrations SET status = 'cancelled'")
        removed = await conn.execute("DELETE FROM profiles")

    assert (changed, removed) == ("UPDATE 0", "DELETE 0")


async def test_the_next_borrower_of_a_connection_inherits_nothing(house: House) -> None:
    one, (_, of_midlands) = await two_events(house)
    stranger = await house.member()

    async with house.api.pool.acquire() as conn, conn.transaction():
        await conn.execute("SELECT servicekit.enter($1, '', '{}', NULL, '')", str(one.person_id))
        await gatherings.lock(conn, "midlands", UUID(of_midlands["id"]))
    assert await seen(house, scope(stranger)) == (0, 0)
