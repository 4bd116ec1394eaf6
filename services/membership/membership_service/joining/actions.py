"""Joining, deciding and withdrawing, under the lock of the applicant's row."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from membership_contracts import JoinDecided, JoinRequested
from membership_contracts.joining import JoinState
from membership_service.history import store as history
from membership_service.history.model import REQUESTED as WAS_REQUESTED
from membership_service.history.model import Step
from membership_service.identities import actions as identities
from membership_service.identities.model import SignIn
from membership_service.joining import model, policies, store
from membership_service.joining.model import JoinRequest
from membership_service.memberships import actions as memberships
from membership_service.memberships import store as membership_store
from membership_service.memberships.model import Membership
from membership_service.networks import store as networks
from membership_service.networks.model import Network
from membership_service.organisations import model as organisations
from membership_service.organisations import store as organisation_store
from membership_service.people import store as people
from membership_service.people.model import Person
from servicekit import clock
from servicekit.database import Conn
from servicekit.envelope import Origin
from servicekit.outbox import publish
from servicekit.problem import NothingHere


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody says who would like to belong to a network."""

    given_name: str | None = None
    family_name: str | None = None
    """Names of somebody who is nobody yet; of others they are known."""
    language: str = "en"
    reason: str | None = None
    organisation: str | None = None
    job_role: str | None = None
    sector: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks: a person, or a sign-in that is nobody's yet."""

    person_id: UUID | None
    sign_in: SignIn


async def ask(
    conn: Conn,
    network_id: UUID,
    asker: Asker,
    wish: Wish,
    *,
    draw_id: Callable[[], UUID],
    now: datetime,
) -> JoinRequest:
    """Ask to belong to a network: its policy lets somebody in at once, or leaves it to its leads.

    Raises AlreadyMember, AlreadyRequested, InvitationNeeded, WrongDomain and what else is in the way, in words.
    """
    network = await networks.get(conn, network_id)
    joining = await policies.of_network(conn, network)
    person = await people.lock(conn, asker.person_id) if asker.person_id is not None else None
    if person is not None:
        await check_may_ask(conn, person, network, now=now)
    way = model.way_in(joining, asker.sign_in.domain())
    if person is None:
        person = await newcomer(conn, asker.sign_in, wish, person_id=draw_id(), now=now)
        await check_may_ask(conn, person, network, now=now)
    network.check_open(clock.london_day(now), None)
    request = await draft(conn, draw_id(), person, network, wish, way=way, now=now)
    if way == model.APPROVAL:
        await store.add(conn, request)
        await _remember(conn, request, WAS_REQUESTED, by=person.id, at=now)
        await publish(conn, _state(JoinRequested, request), at=Origin(network.cell, network.path))
        return request
    return await let_in(conn, request, membership_id=draw_id(), invited_by=None, now=now)


async def newcomer(conn: Conn, sign_in: SignIn, wish: Wish, *, person_id: UUID, now: datetime) -> Person:
    """The person whom a sign-in becomes that is nobody's yet."""
    return await identities.person_of(
        conn,
        sign_in,
        given_name=wish.given_name,
        family_name=wish.family_name,
        language=wish.language,
        person_id=person_id,
        at=now,
    )


async def check_may_ask(conn: Conn, person: Person, network: Network, *, now: datetime) -> None:
    held = await membership_store.of_person(conn, person.id)
    pending = await store.find_pending(conn, person.id, network.id)
    model.check_may_ask(held, pending, network.id, name=network.name, today=clock.london_day(now))


async def draft(
    conn: Conn, request_id: UUID, person: Person, network: Network, wish: Wish, *, way: str, now: datetime
) -> JoinRequest:
    """The request as it is to be kept. Raises OrganisationNeeded, JoinYourTrust or what is wrong with the words."""
    return JoinRequest(
        id=request_id,
        network_id=network.id,
        path=network.path,
        cell=network.cell,
        person_id=person.id,
        way=way,
        reason=model.checked_reason(wish.reason),
        organisation=await _employer(conn, network, wish.organisation),
        job_role=wish.job_role,
        sector=wish.sector,
        requested_at=now,
    )


async def let_in(
    conn: Conn, request: JoinRequest, *, membership_id: UUID, invited_by: UUID | None, now: datetime
) -> JoinRequest:
    """A request that never waits; the membership begins with it. The caller holds the applicant's row."""
    membership = await _begin(conn, request, membership_id, by=request.person_id, now=now)
    approved = request.let_in(membership_id=membership.id, by=invited_by)
    await store.add(conn, approved)
    await tell_decided(conn, approved, by=invited_by, at=now)
    return approved


async def approve(
    conn: Conn, request_id: UUID, *, by: UUID, reason: str | None, membership_id: UUID, now: datetime
) -> JoinRequest:
    """A lead lets somebody in, from today on. Raises AlreadyDecided, AlreadyMember."""
    request = await _lock(conn, request_id)
    approved = request.approve(membership_id=membership_id, by=by, reason=model.checked_reason(reason), at=now)
    await _begin(conn, request, membership_id, by=by, now=now)
    await store.save(conn, approved)
    await tell_decided(conn, approved, by=by, at=now)
    return approved


async def approve_by_invitation(
    conn: Conn, pending: JoinRequest, *, invited_by: UUID | None, membership_id: UUID, now: datetime
) -> JoinRequest:
    """Whoever waited for an answer brings an invitation. The caller holds the applicant's row."""
    await _begin(conn, pending, membership_id, by=pending.person_id, now=now)
    approved = pending.approve(membership_id=membership_id, by=invited_by, reason=None, at=now, way=model.INVITATION)
    await store.save(conn, approved)
    await tell_decided(conn, approved, by=invited_by, at=now)
    return approved


async def settle(conn: Conn, membership: Membership, *, by: UUID | None, now: datetime) -> None:
    """Whoever waited for an answer has become a member by another way. The caller holds the person's row."""
    pending = await store.find_pending(conn, membership.person_id, membership.network_id)
    if pending is not None:
        approved = pending.approve(membership_id=membership.id, by=by, reason=None, at=now)
        await store.save(conn, approved)
        await tell_decided(conn, approved, by=by, at=now)


async def refuse(conn: Conn, request_id: UUID, *, by: UUID, reason: str, now: datetime) -> JoinRequest:
    """A lead says no, and why. Raises AlreadyDecided, ReasonRefused."""
    refused = (await _lock(conn, request_id)).refuse(by=by, reason=model.needed_reason(reason), at=now)
    await store.save(conn, refused)
    await tell_decided(conn, refused, by=by, at=now)
    return refused


async def withdraw(conn: Conn, request_id: UUID, *, person_id: UUID, now: datetime) -> JoinRequest:
    """The applicant takes a request of their own back. Raises NothingHere, AlreadyDecided."""
    request = await _lock(conn, request_id)
    if request.person_id != person_id:
        raise NothingHere
    withdrawn = request.withdraw(at=now)
    await store.save(conn, withdrawn)
    await tell_decided(conn, withdrawn, by=person_id, at=now)
    return withdrawn


async def tell_decided(conn: Conn, request: JoinRequest, *, by: UUID | None, at: datetime) -> None:
    await _remember(conn, request, request.state, by=by, at=at)
    await publish(conn, _state(JoinDecided, request), at=Origin(request.cell, request.path))


async def _lock(conn: Conn, request_id: UUID) -> JoinRequest:
    """Hold the applicant's row, then read."""
    seen = await store.get(conn, request_id)
    await people.lock(conn, seen.person_id)
    return await store.get(conn, request_id)


async def _begin(conn: Conn, request: JoinRequest, membership_id: UUID, *, by: UUID, now: datetime) -> Membership:
    employer = None
    if request.organisation is not None:
        employer = organisations.without_network(request.organisation, request.network_id, request.sector)
    return await memberships.begin(
        conn,
        membership_id,
        person_id=request.person_id,
        network_id=request.network_id,
        since=clock.london_day(now),
        job_role=request.job_role,
        sector=request.sector,
        employer=employer,
        by=by,
        now=now,
    )


async def _employer(conn: Conn, network: Network, name: str | None) -> str | None:
    """The employer's name, where the network stands for no organisation: those who have one join that."""
    if network.kind == "trust":
        return None
    if name is None:
        model.check_needs_no_organisation(network)
        return None
    its_own = await organisation_store.find_with_network(conn, name)
    model.check_has_no_network(its_own)
    return organisations.checked_name(name)


async def _remember(conn: Conn, request: JoinRequest, what: str, *, by: UUID | None, at: datetime) -> None:
    step = Step(
        person_id=request.person_id,
        network_id=request.network_id,
        membership_id=request.membership_id,
        request_id=request.id,
        what=what,
        at=at,
        acted_by=by,
    )
    await history.add_many(conn, [step])


def _state(signal: type[JoinState], request: JoinRequest) -> JoinState:
    return signal(
        version=request.version,
        request_id=request.id,
        person_id=request.person_id,
        network_id=request.network_id,
        state=request.state,
        by=request.way,
        requested_at=request.requested_at,
        decided_at=request.decided_at,
        decided_by=request.decided_by,
        membership_id=request.membership_id,
    )
