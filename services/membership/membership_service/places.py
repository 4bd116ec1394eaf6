"""Where something is asked about: the dependencies that `may` decides at, read in the caller's own scope.

What the caller cannot see is not found here, and so 404 before any rule is asked.
"""

from uuid import UUID

from access import Caller, Db
from access.guard import Place
from access.policy import in_scope
from access.principal import Principal
from membership_service.agreements import store as agreements
from membership_service.grants import store as grants
from membership_service.memberships import store as memberships
from membership_service.memberships.model import Membership
from membership_service.networks import store as networks
from membership_service.networks.model import NATIONAL_PATH
from servicekit import clock
from servicekit.problem import NotFound


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
    """Whichever of the person's networks the caller's grants reach; the national one for a guest."""
    async with db.reading(caller) as conn:
        held = await memberships.of_person(conn, person_id)
    if not held and person_id != caller.person_id and not in_scope(caller, NATIONAL_PATH):
        raise NotFound("There is nobody here that you can see.")
    return Place(_nearest(caller, _that_count(held)), owner=person_id)


def _that_count(held: list[Membership]) -> list[Membership]:
    """Those that are not over; where all are, the last: whoever has left is still found where they were."""
    today = clock.today()
    going_on = [m for m in held if m.until is None or m.until >= today]
    return going_on or held[-1:]


def _nearest(caller: Principal, held: list[Membership]) -> str:
    paths = [membership.path for membership in held] or [NATIONAL_PATH]
    return next((path for path in paths if in_scope(caller, path)), paths[0])
