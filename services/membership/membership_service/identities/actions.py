"""Linking a sign-in to a person, under the lock of the person's row."""

from datetime import datetime

from membership_contracts import IdentityLinked
from membership_service.identities import store
from membership_service.identities.model import AlreadyLinked, NoSuchPerson
from membership_service.networks.model import NATIONAL_PATH
from membership_service.people import store as people
from membership_service.people.model import Person
from servicekit.cells import NATIONAL
from servicekit.database import Conn
from servicekit.envelope import Origin
from servicekit.outbox import publish


async def link(conn: Conn, *, issuer: str, subject_hash: str, address: str, at: datetime) -> Person:
    """Link whoever signs in so to the one unlinked person with this address, which the issuer has verified."""
    found = await people.find_by_address(conn, address)
    if found is None:
        raise NoSuchPerson(
            f"Nobody is registered with {address}: ask the lead of your network to register you with this address."
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
