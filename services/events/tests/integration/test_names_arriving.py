"""Names as they arrive: whatever a topic holds, nobody else's name waits for it, and nothing half-read is kept."""

from dataclasses import replace

import orjson
from events_house import House, thing

from events_service.consumers import CONSUMERS
from membership_contracts import Profile
from servicekit.envelope import Origin
from servicekit.ids import new_id
from servicekit.testing import deliver
from servicekit.testing.deliveries import as_record

MIDLANDS = Origin("midlands", "national.midlands")


def a_profile(**given: object) -> Profile:
    person_id = new_id()
    facts = {
        "version": 1,
        "person_id": person_id,
        "given_name": "Jane",
        "family_name": "Okafor",
        "email": "jane@example.org",
    }
    return Profile.model_validate(facts | given)


async def known(house: House) -> list[str]:
    async with house.worker.reading() as conn:
        rows = await conn.fetch("SELECT given_name FROM profiles ORDER BY given_name")
    return [row["given_name"] for row in rows]


async def parked(house: House) -> int:
    async with house.worker.reading() as conn:
        count: int = await conn.fetchval("SELECT count(*) FROM servicekit.parked WHERE consumer = 'people'")
    return count


async def test_broken_bytes_are_parked_and_the_next_name_is_kept(house: House) -> None:
    broken = replace(as_record(a_profile(), at=MIDLANDS), value=b'{"specversion": "1.0", "id": ')

    await deliver(house.worker, CONSUMERS, broken, as_record(a_profile(), at=MIDLANDS))

    assert (await known(house), await parked(house)) == (["Jane"], 1)


async def test_a_profile_that_lacks_what_it_promises_is_parked(house: House) -> None:
    record = as_record(a_profile(), at=MIDLANDS)
    document = orjson.loads(record.value or b"")
    del document["data"]["family_name"]

    await deliver(house.worker, CONSUMERS, replace(record, value=orjson.dumps(document)))

    assert (await known(house), await parked(house)) == ([], 1)


async def test_a_type_nobody_knows_is_passed_over(house: House) -> None:
    record = as_record(a_profile(), at=MIDLANDS)
    document = orjson.loads(record.value or b"") | {"type": "guildhall.membership.portrait.v1"}

    await deliver(house.worker, CONSUMERS, replace(record, value=orjson.dumps(document)))

    assert (await known(house), await parked(house)) == ([], 0)


async def test_a_field_that_is_new_is_passed_over(house: House) -> None:
    record = as_record(a_profile(), at=MIDLANDS)
    document = orjson.loads(record.value or b"")
    document["data"]["pronouns"] = "she/her"

    await deliver(house.worker, CONSUMERS, replace(record, value=orjson.dumps(document)))

    assert (await known(house), await parked(house)) == (["Jane"], 0)


async def test_a_redelivered_profile_changes_nothing(house: House) -> None:
    record = as_record(a_profile(), at=MIDLANDS)

    await deliver(house.worker, CONSUMERS, record, record)

    assert await known(house) == ["Jane"]


async def test_the_other_side_of_the_projection_serves_the_door_alike(house: House) -> None:
    """As after a rebuild: names, networks and the wall around them are those of the side that is active."""
    event, steward = await house.published(await house.organiser()), await house.organiser(role="steward")
    person = await house.named("Jane", "Old")
    await house.registered(event, person)
    async with house.worker.transaction() as conn:
        await conn.execute("UPDATE servicekit.projections SET active = 'b', epoch = 2 WHERE name = 'projection'")
    url = f"{event['url']}/registrations"
    assert thing(await house.get(url, steward))["items"][0]["family_name"] is None

    await house.profile(person.person_id, "Jane", "New")

    assert thing(await house.get(url, steward))["items"][0]["family_name"] == "New"
