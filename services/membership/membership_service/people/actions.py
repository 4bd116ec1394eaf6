"""Registering and changing persons; what they are called leaves by their profile alone."""

from datetime import date, datetime
from uuid import UUID

from membership_service.people import profiles, store
from membership_service.people.model import Person, checked_address, checked_name
from servicekit.database import Conn


async def register(
    conn: Conn,
    person_id: UUID,
    *,
    given_name: str,
    family_name: str,
    email: str,
    language: str = "en",
    at: datetime,
    today: date,
) -> Person:
    """Somebody with an account: a guest, until a membership begins."""
    person = Person(
        id=person_id,
        given_name=checked_name(given_name),
        family_name=checked_name(family_name),
        email=checked_address(email),
        language=language,
    )
    await store.add(conn, person, at=at)
    await profiles.announce(conn, [person.id], today=today, changed=True)
    return person


async def change(
    conn: Conn,
    person_id: UUID,
    *,
    expected_version: int,
    given_name: str | None,
    family_name: str | None,
    email: str | None,
    language: str | None,
    today: date,
) -> Person:
    """Only what is given changes. Raises PreconditionFailed where somebody else was faster."""
    person = await store.lock(conn, person_id)
    person.check_version(expected_version)
    then = person.changed(given_name=given_name, family_name=family_name, email=email, language=language)
    if then.version != person.version:
        await store.save(conn, then)
        await profiles.announce(conn, [person_id], today=today, changed=True)
    return then
