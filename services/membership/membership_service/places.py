"""Where something is asked about: the dependencies that `may` decides at, read in the caller's own scope.

What the caller cannot see is not found here, and so 404 before any rule is asked.
"""

from uuid import UUID

from access import Caller, Db, Principal
from access.guard import Place
from access.policy import RIGHTS, above_all, allows, in_scope
from membership_service.agreements import store as agreements
from membership_service.grants import store as grants
from membership_service.memberships import store as memberships
from membership_service.networks import store as networks
from membership_service.networks.model import NATIONAL_PATH
from membership_service.people import store as people
from servicekit import clock
from servicekit.database import Conn, Database
from servicekit.subjects import Subject


def where_allowed(caller: Principal, action: str) -> list[str]:
    """Paths of the networks at and below which the caller's grants allow this."""
    return sorted({grant.path for grant in caller.grants if grant.role in RIGHTS[action].roles})


async def national() -> str:
    return NATIONAL_PATH


async def the_network(network_id: UUID, db: Db, caller: Caller) -> str:
    """Of a path's `network_id`."""
    async with db.reading(caller) as conn:
        return (await networks.get(conn, network_id)).path


async def the_network_asked_for(network: UUID, db: Db, caller: Caller) -> str:
    """Of the query's `network`."""
    return await the_network(network, db, caller)


async def network_of_membership(membership_id: UUID, db: Db, caller: Caller) -> Place:
    async with db.reading(caller) as conn:
        membership = await memberships.get(conn, membership_id)
    return Place(membership.path, owner=membership.person_id)


async def network_of_grant(grant_id: UUID, db: Db, caller: Caller) -> str:
    async with db.reading(caller) as conn:
        return (await grants.get(conn, grant_id)).path


async def network_of_agreement(agreement_id: UUID, db: Db, caller: Caller) -> str:
    async with db.reading(caller) as conn:
        agreement = await agreements.get(conn, agreement_id)
        return (await networks.get(conn, agreement.network_id)).path


async def network_of_person(person_id: UUID, db: Db, caller: Caller) -> Place:
    """Whichever of the person's networks the caller's grants reach; the national one for a guest.

    Whoever has left a network is nobody there any more: only memberships that are not over count.
    """
    return await _of_person("read-person", person_id, db, caller)


async def network_of_persons_history(person_id: UUID, db: Db, caller: Caller) -> Place:
    """The same, for what happened to the person's memberships."""
    return await _of_person("read-person-history", person_id, db, caller)


async def network_of_persons_consents(person_id: UUID, db: Db, caller: Caller) -> Place:
    """The same, for what the person consented to."""
    return await _of_person("read-consents", person_id, db, caller)


async def network_of_the_erased(person_id: UUID, db: Db, caller: Caller) -> str:
    """The network above all that they belong or belonged to: nobody changes another region by erasing from it."""
    async with db.reading(caller) as conn:
        await people.get(conn, person_id)
    async with db.reading(Subject(person_id)) as conn:
        held = await memberships.of_person(conn, person_id)
    return above_all([membership.path for membership in held])


async def path_of(conn: Conn, network_id: UUID) -> str:
    return (await networks.get(conn, network_id)).path


async def _of_person(action: str, person_id: UUID, db: Database, caller: Principal) -> Place:
    async with db.reading(caller) as conn:
        held = await memberships.of_person(conn, person_id)
        if not held:  # a guest, who is to be told from nobody
            await people.get(conn, person_id)
    today = clock.today()
    paths = [m.path for m in held if m.until is None or m.until >= today] or [NATIONAL_PATH]
    best = max(paths, key=lambda path: (allows(caller, action, path), in_scope(caller, path)))
    return Place(best, owner=person_id)
