"""Inviting, taking back and accepting; an invitation's own row is held first, then its person's."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from membership_service.invitations import model, store
from membership_service.invitations.model import Invitation
from membership_service.joining import actions as joining
from membership_service.joining import store as requests
from membership_service.joining.actions import Asker, Wish
from membership_service.joining.model import INVITATION, JoinRequest, check_may_ask
from membership_service.memberships import store as memberships
from membership_service.networks import store as networks
from membership_service.people import store as people
from membership_service.people.model import checked_address
from servicekit import clock
from servicekit.database import Conn


async def invite(
    conn: Conn,
    invitation_id: UUID,
    network_id: UUID,
    *,
    secret: str,
    email: str | None,
    by: UUID,
    days: int,
    now: datetime,
) -> Invitation:
    """A single-use invitation. email: the one address that may accept it. Raises NetworkNotOpen, or of the address."""
    network = await networks.get(conn, network_id)
    network.check_open(clock.london_day(now), None)
    invitation = Invitation(
        id=invitation_id,
        network_id=network.id,
        path=network.path,
        secret_hash=model.secret_hash(secret),
        email=checked_address(email) if email is not None else None,
        invited_by=by,
        invited_at=now,
        expires_at=model.expiry(now, days),
    )
    await store.add(conn, invitation)
    return invitation


async def revoke(conn: Conn, invitation_id: UUID, *, by: UUID, now: datetime) -> Invitation:
    """Take it back. Raises what became of it already."""
    revoked = (await store.lock(conn, invitation_id)).revoke(by=by, at=now)
    await store.save(conn, revoked)
    return revoked


async def accept(
    conn: Conn, secret: str, asker: Asker, wish: Wish, *, draw_id: Callable[[], UUID], now: datetime
) -> JoinRequest:
    """Join by an invitation, whatever the network's policy says.

    Raises InvitationUnknown, what became of it, InvitationForSomebodyElse, AlreadyMember, and what is in the way of
    becoming somebody.
    """
    invitation = await store.lock_presented(conn, model.secret_hash(secret))
    address = asker.sign_in.address()
    invitation.check_open(now)
    invitation.check_for(address)
    network = await networks.get(conn, invitation.network_id)
    if asker.person_id is not None:
        person = await people.lock(conn, asker.person_id)
    else:
        person = await joining.newcomer(conn, asker.sign_in, wish, person_id=draw_id(), now=now)
    accepted = invitation.accept(person_id=person.id, address=address, at=now)
    held = await memberships.of_person(conn, person.id)
    check_may_ask(held, None, network.id, name=network.name, today=clock.london_day(now))
    pending = await requests.find_pending(conn, person.id, network.id)
    if pending is None:
        request = await joining.draft(conn, draw_id(), person, network, wish, way=INVITATION, now=now)
        request = await joining.let_in(
            conn, request, membership_id=draw_id(), invited_by=invitation.invited_by, now=now
        )
    else:
        request = await joining.approve_by_invitation(
            conn, pending, invited_by=invitation.invited_by, membership_id=draw_id(), now=now
        )
    await store.save(conn, accepted)
    return request
