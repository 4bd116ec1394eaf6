"""Profiles arrive once for each cell: the newest is used, and a tombstone takes away only what came from its cell."""

from uuid import UUID

import pytest
from notifications_house import House, a_registration, address_of, published

from events_contracts import RegistrationConfirmed
from notifications_service.people import store
from servicekit.database import Conn


async def test_the_newest_profile_is_used_wherever_it_came_from(house: House) -> None:
    person = await house.person()
    event = published()
    await house.hear(event)
    await house.hear(a_registration(RegistrationConfirmed, event, person))
    await house.profile(person, "old@example.org", at="national.london", version=2)
    await house.profile(person, "new@example.org", at="national.midlands", version=4)
    await house.profile(person, "stale@example.org", at="national.midlands", version=3)
    await house.profile_gone(person, at="national.london", version=2)

    await house.send_all()

    assert [mail.to for mail in house.mail.accepted] == ["new@example.org"]


async def test_a_tombstone_takes_away_only_what_came_from_its_cell(house: House) -> None:
    person = await house.person()
    await house.profile(person, "midlands@example.org", at="national.midlands", version=1)

    await house.profile_gone(person, at="national.midlands", version=2)
    async with house.worker.reading() as conn:
        left = await conn.fetch("SELECT cell, email FROM people WHERE person_id = $1", person)

    assert [(row["cell"], row["email"]) for row in left] == [("national", address_of(person))]


async def forget_everywhere(conn: Conn, person_id: UUID, cell: str, *, version: int) -> None:
    """The wrong variant: a tombstone that ignores its topic."""
    await conn.execute("DELETE FROM people WHERE person_id = $1 AND version <= $2", person_id, version)


async def test_a_tombstone_that_ignores_its_topic_takes_away_who_is_still_known_elsewhere(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "forget", forget_everywhere)
    person = await house.person()
    await house.profile(person, "midlands@example.org", at="national.midlands", version=1)

    await house.profile_gone(person, at="national.midlands", version=2)
    async with house.worker.reading() as conn:
        left = await conn.fetchval("SELECT count(*) FROM people WHERE person_id = $1", person)

    assert left == 0
