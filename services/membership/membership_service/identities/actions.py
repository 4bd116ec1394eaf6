"""Linking a sign-in to a person, under the lock of the person's row."""

from datetime import datetime
from uuid import UUID

from membership_contracts import IdentityLinked
from membership_service.identities import store
from membership_service.identities.model import AlreadyLinked, NoSuchPerson, SignIn, check_named
from membership_service.networks.model import NATIONAL_PATH
from membership_service.people import store as people
from membership_service.people.actions import register
from membership_service.people.model import Person, checked_address
from servicekit import clock
from servicekit.cells import NATIONAL
from servicekit.database import Conn
from servicekit.envelope import Origin
from servicekit.outbox import publish


async def link(conn: Conn, *, issuer: str, subject_hash: str, address: str, at: datetime) -> Person:
    """Link whoever signs in so to the one unlinked person with this address, which the issuer has verified."""
    found = await people.find_by_address(conn, address)
    if found is None:
        raise NoSuchPerson(
            f"Nobody is registered with {address}: join your network,"
            " or ask its lead to register you with this address."
        )
    person = await people.lock(conn, found.id)
    if await store.count(conn, person.id):
        raise AlreadyLinked(
            f"Whoever is registered with {address} signs in another way already: use that, or ask the national lead."
        )
    if not await store.add(conn, issuer=issuer, subject_hash=subject_hash, person_id=person.id, at=at):
        raise AlreadyLinked("Your sign-in is linked to a person already: sign in again.")
    await publish(
        conn,
        IdentityLinked(version=1, person_id=person.id, issuer=issuer, subject_hash=subject_hash),
        at=Origin(NATIONAL, NATIONAL_PATH),
    )
    return person


async def person_of(
    conn: Conn,
    sign_in: SignIn,
    *,
    given_name: str | None,
    family_name: str | None,
    language: str,
    person_id: UUID,
    at: datetime,
) -> Person:
    """Whoever signs in so and is nobody yet: the unlinked person with their address, else a new one. Holds their row.

    person_id: of the new one. Raises NameNeeded, or a refusal of the address that says why.
    """
    address = checked_address(sign_in.address())
    found = await people.find_by_address(conn, address)
    if found is None:
        given, family = check_named(given_name, family_name)
        await register(
            conn,
            person_id,
            given_name=given,
            family_name=family,
            email=address,
            language=language,
            at=at,
            today=clock.london_day(at),
        )
    else:
        await people.lock(conn, found.id)
        if await store.is_linked(conn, issuer=sign_in.issuer, subject_hash=sign_in.subject_hash, person_id=found.id):
            return found
    return await link(conn, issuer=sign_in.issuer, subject_hash=sign_in.subject_hash, address=address, at=at)
