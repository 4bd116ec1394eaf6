"""Invitations over HTTP: made and taken back by leads, accepted by whoever brings the secret."""

import secrets
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from access import Caller, Db, may, signed_in
from membership_service import places
from membership_service.identities.api import TheirSignIn
from membership_service.invitations import actions, store
from membership_service.invitations.model import MOST_DAYS, USUAL_DAYS, Invitation
from membership_service.joining import store as requests
from membership_service.joining.actions import Asker
from membership_service.joining.views import AboutOneself, JoinRequestView
from membership_service.memberships.api import KnownJobRoles
from servicekit import clock
from servicekit.idempotency import keep
from servicekit.ids import new_id
from servicekit.problem import NothingHere
from servicekit.web.paging import Page, Paged

router = APIRouter(prefix="/api/v1/networks/{network_id}/invitations", tags=["invitations"])
own = APIRouter(prefix="/api/v1/me/invitations", tags=["invitations"])


class InvitationView(BaseModel):
    id: UUID
    network_id: UUID
    email: str | None
    """The only address that may accept it; none: whoever brings the secret."""
    state: str
    """open, accepted, revoked or expired."""
    invited_by: UUID | None
    invited_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    accepted_at: datetime | None
    person_id: UUID | None
    """Who accepted it."""

    @classmethod
    def of(cls, invitation: Invitation, *, at: datetime) -> Self:
        return cls(
            id=invitation.id,
            network_id=invitation.network_id,
            email=invitation.email,
            state=invitation.state(at),
            invited_by=invitation.invited_by,
            invited_at=invitation.invited_at,
            expires_at=invitation.expires_at,
            revoked_at=invitation.revoked_at,
            accepted_at=invitation.accepted_at,
            person_id=invitation.person_id,
        )


class MadeInvitationView(InvitationView):
    secret: str | None
    """Shown this once, and never again: not even to whoever repeats the request with its Idempotency-Key."""


class Invite(BaseModel):
    model_config = ConfigDict(extra="forbid")

    email: Annotated[str, StringConstraints(max_length=320)] | None = None
    days: Annotated[int, Field(ge=1, le=MOST_DAYS)] = USUAL_DAYS
    """For how long it is good."""


class AcceptInvitation(AboutOneself):
    secret: Annotated[str, StringConstraints(max_length=1000)]


async def network_of_invitation(network_id: UUID, invitation_id: UUID, db: Db, caller: Caller) -> str:
    """An invitation is found under its own network only."""
    async with db.reading(caller) as conn:
        invitation = await store.get(conn, invitation_id)
    if invitation.network_id != network_id:
        raise NothingHere
    return invitation.path


@router.post("", status_code=201, dependencies=[may("invite", at=places.the_network)])
async def invite(network_id: UUID, body: Invite, db: Db, caller: Caller) -> MadeInvitationView:
    """A single-use invitation. Errors: 404 unknown or out of scope, 409 a closed network, 422 address."""
    assert caller.person_id is not None, "the rule lets only linked persons pass"
    now, secret = clock.now(), secrets.token_urlsafe(32)
    async with db.transaction(caller) as conn:
        made = await actions.invite(
            conn, new_id(), network_id, secret=secret, email=body.email, by=caller.person_id, days=body.days, now=now
        )
        view = MadeInvitationView(**InvitationView.of(made, at=now).model_dump(), secret=None)
        # What is kept for a repeated request lies in a table for days: the secret is not in it.
        await keep(conn, view, status=201)
    return view.model_copy(update={"secret": secret})


@router.get("", dependencies=[may("read-invitations", at=places.the_network)])
async def list_invitations(network_id: UUID, db: Db, caller: Caller, paging: Paged) -> Page[InvitationView]:
    """Invitations to this very network, the latest first. Errors: 404 unknown or out of scope."""
    now = clock.now()
    async with db.reading(caller) as conn:
        after = paging.after[0] if paging.after else None
        found = await store.page_of(conn, network_id, after=after, limit=paging.limit + 1)
    return paging.page([InvitationView.of(one, at=now) for one in found], lambda invitation: [invitation.id])


@router.post("/{invitation_id}/revoke", dependencies=[may("revoke-invitation", at=network_of_invitation)])
async def revoke(invitation_id: UUID, db: Db, caller: Caller) -> InvitationView:
    """Take it back. Errors: 404 unknown or out of scope, 409 accepted already, 410 revoked or expired."""
    assert caller.person_id is not None, "the rule lets only linked persons pass"
    now = clock.now()
    async with db.transaction(caller) as conn:
        revoked = await actions.revoke(conn, invitation_id, by=caller.person_id, now=now)
        return await keep(conn, InvitationView.of(revoked, at=now))


@own.post("/accept", status_code=201, dependencies=[signed_in()])
async def accept(
    body: AcceptInvitation, db: Db, caller: Caller, their_sign_in: TheirSignIn, roles: KnownJobRoles
) -> JoinRequestView:
    """Join by the secret of an invitation.

    Errors: 403 for another address, address-not-verified; 404 no such secret; 409 accepted, a member already;
    410 revoked or expired; 422 a shared mailbox, names, words.
    """
    async with db.transaction(caller) as conn:
        request = await actions.accept(
            conn,
            body.secret,
            Asker(person_id=caller.person_id, sign_in=their_sign_in),
            body.wish(roles),
            draw_id=new_id,
            now=clock.now(),
        )
        return await keep(conn, JoinRequestView.of(await requests.shown(conn, request.id)), status=201)
