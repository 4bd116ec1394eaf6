"""What somebody who signed in may do about themselves: be linked to a person, and see what is held about them."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from access import Caller, Db, may, signed_in
from membership_service.grants import store as grants
from membership_service.grants.model import Grant
from membership_service.identities import actions
from membership_service.identities.model import AlreadyLinked, SignIn, check_vouched
from membership_service.memberships import store as memberships
from membership_service.memberships.views import MembershipView
from membership_service.people import store as people
from membership_service.people.api import PersonView
from servicekit import clock
from servicekit.idempotency import keep

router = APIRouter(prefix="/api/v1/me", tags=["me"])


async def sign_in(request: Request, caller: Caller) -> SignIn:
    """What the caller's token says of them, linked or not."""
    token = await request.app.state.tokens.verify(request.headers.get("authorization"))
    trusted = next(one for one in request.app.state.settings.trusted_issuers if one.issuer == caller.issuer)
    return SignIn(
        issuer=caller.issuer,
        subject_hash=caller.identity,
        email=token.email if token.email_verified else None,
        domains=tuple(trusted.email_domains),
    )


TheirSignIn = Annotated[SignIn, Depends(sign_in)]


class HeldGrantView(BaseModel):
    id: UUID
    role: str
    network_id: UUID
    path: str
    starts_at: datetime
    ends_at: datetime | None

    @classmethod
    def of(cls, grant: Grant) -> Self:
        return cls(
            id=grant.id,
            role=grant.role,
            network_id=grant.network_id,
            path=grant.path,
            starts_at=grant.starts_at,
            ends_at=grant.ends_at,
        )


class MeView(BaseModel):
    person: PersonView
    memberships: list[MembershipView]
    grants: list[HeldGrantView]


@router.get("", dependencies=[may("read-self")])
async def read(db: Db, caller: Caller) -> MeView:
    """Everything about oneself. Errors: 403 not linked."""
    assert caller.person_id is not None, "the rule lets only linked persons pass"
    async with db.reading(caller) as conn:
        person = await people.get(conn, caller.person_id)
        held = await memberships.shown_of_person(conn, person.id)
        rights = await grants.held_by(conn, person.id, at=clock.now())
    return MeView(
        person=PersonView.of(person),
        memberships=[MembershipView.of(row) for row in held],
        grants=[HeldGrantView.of(grant) for grant in rights],
    )


@router.post("/link", dependencies=[signed_in()])
async def link(request: Request, db: Db, caller: Caller) -> PersonView:
    """Link this sign-in to the person with its verified address.

    Errors: 403 the address is not verified, or the issuer not trusted for its domain; 404 nobody has it;
    409 one of the two is linked already.
    """
    trusted = next(one for one in request.app.state.settings.trusted_issuers if one.issuer == caller.issuer)
    async with db.transaction(caller) as conn:
        # Only now: whoever asks again with the same key, because the answer was lost, is given that answer.
        if caller.person_id is not None:
            raise AlreadyLinked("Your sign-in is linked to a person already: there is nothing to do.")
        address = check_vouched(caller.email, caller.issuer, trusted.email_domains)
        person = await actions.link(
            conn, issuer=caller.issuer, subject_hash=caller.identity, address=address, at=clock.now()
        )
        return await keep(conn, PersonView.of(person))
