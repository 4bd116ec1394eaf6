"""Memberships over HTTP: begun, ended and moved by leads of the networks concerned."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from access import Caller, Db, may
from membership_service import places
from membership_service.joining import actions as joining
from membership_service.memberships import actions, store
from membership_service.memberships.views import MembershipView
from membership_service.organisations import model as organisations
from membership_service.organisations.model import Organisation
from membership_service.reference import JobRoles
from servicekit import clock
from servicekit.idempotency import keep
from servicekit.ids import new_id
from servicekit.problem import Invalid
from servicekit.web.days import Day
from servicekit.web.etags import ExpectedVersion, etag, set_etag

router = APIRouter(prefix="/api/v1/memberships", tags=["memberships"])
own = APIRouter(prefix="/api/v1/me/memberships", tags=["memberships"])


class UnknownJobRole(Invalid):
    code = "unknown-job-role"


class Described(BaseModel):
    model_config = ConfigDict(extra="forbid")

    job_role: str | None = Field(default=None, max_length=100)
    """By code or title; none: as before."""
    sector: str | None = Field(default=None, max_length=40)
    """The person's own; none: the organisation's."""
    organisation: str | None = Field(default=None, max_length=200)
    """The employer's name, where the network stands for no organisation."""


class BeginMembership(Described):
    person_id: UUID
    network_id: UUID
    since: Day
    until: Day | None = None
    main: bool = False
    """In place of the one that is; the first is so anyway."""


class ChangeMembership(BaseModel):
    """What is not given stays."""

    model_config = ConfigDict(extra="forbid")

    job_role: str | None = Field(default=None, max_length=100)
    """By code or title."""
    sector: str | None = Field(default=None, max_length=40)
    described_from: Day | None = None
    """The first day of it; none: today."""


class EndMembership(BaseModel):
    model_config = ConfigDict(extra="forbid")

    on: Day
    """The last day that counts."""


class Leave(BaseModel):
    model_config = ConfigDict(extra="forbid")

    on: Day | None = None
    """The last day that counts, today at the earliest; none: today."""


class LeftView(BaseModel):
    membership: MembershipView
    without_lead: list[UUID]
    """Networks that nobody leads from then on: tell those above them."""


class MoveMembership(Described):
    network_id: UUID
    on: Day
    """The first day in the new network."""


async def network_begun_at(body: BeginMembership, db: Db, caller: Caller) -> str:
    return await places.the_network(body.network_id, db, caller)


async def network_moved_to(body: MoveMembership, db: Db, caller: Caller) -> str:
    return await places.the_network(body.network_id, db, caller)


async def job_roles(request: Request) -> JobRoles:
    found: JobRoles = request.app.state.job_roles
    return found


KnownJobRoles = Annotated[JobRoles, Depends(job_roles)]


@router.post("", status_code=201, dependencies=[may("begin-membership", at=network_begun_at)])
async def begin(body: BeginMembership, db: Db, caller: Caller, roles: KnownJobRoles) -> MembershipView:
    """Begin a membership. Errors: 404 unknown or out of scope, 409 a member there already, 422 days."""
    async with db.transaction(caller) as conn:
        membership = await actions.begin(
            conn,
            new_id(),
            person_id=body.person_id,
            network_id=body.network_id,
            since=body.since,
            until=body.until,
            job_role=known_job_role(body.job_role, roles),
            sector=known_sector(body.sector),
            employer=_employer(body, body.network_id),
            main=body.main,
            by=caller.person_id,
            now=clock.now(),
        )
        await joining.settle(conn, membership, by=caller.person_id, now=clock.now())
        shown = MembershipView.of(await store.shown(conn, membership.id))
        return await keep(conn, shown, status=201)


@router.get("/{membership_id}", dependencies=[may("read-membership", at=places.network_of_membership)])
async def read(membership_id: UUID, response: Response, db: Db, caller: Caller) -> MembershipView:
    """Errors: 404 unknown or out of scope."""
    async with db.reading(caller) as conn:
        view = MembershipView.of(await store.shown(conn, membership_id))
    set_etag(response, view.version)
    return view


@router.patch("/{membership_id}", dependencies=[may("change-membership", at=places.network_of_membership)])
async def change(
    membership_id: UUID,
    body: ChangeMembership,
    expected: ExpectedVersion,
    response: Response,
    db: Db,
    caller: Caller,
    roles: KnownJobRoles,
) -> MembershipView:
    """Another job role or sector from a day on. Errors: 404, 412 changed meanwhile, 422, 428 no If-Match."""
    async with db.transaction(caller) as conn:
        await actions.describe(
            conn,
            membership_id,
            job_role=known_job_role(body.job_role, roles),
            sector=known_sector(body.sector),
            described_from=body.described_from or clock.today(),
            expected_version=expected,
            by=caller.person_id,
            now=clock.now(),
        )
        view = await keep(conn, MembershipView.of(await store.shown(conn, membership_id)))
    set_etag(response, view.version)
    return view


@router.post(
    "/{membership_id}/make-main", dependencies=[may("choose-main-membership", at=places.network_of_membership)]
)
async def make_main(
    membership_id: UUID, expected: ExpectedVersion, response: Response, db: Db, caller: Caller
) -> MembershipView:
    """Its cell is one's home from now on. Errors: 404 not one's own, 409 over, 412 changed meanwhile, 428."""
    async with db.transaction(caller) as conn:
        made = await actions.make_main(
            conn, membership_id, expected_version=expected, by=caller.person_id, now=clock.now()
        )
        view = MembershipView.of(await store.shown(conn, made.id))
        view = await keep(conn, view, headers={"etag": etag(view.version)})
    set_etag(response, view.version)
    return view


@router.post("/{membership_id}/end", dependencies=[may("end-membership", at=places.network_of_membership)])
async def end(membership_id: UUID, body: EndMembership, db: Db, caller: Caller) -> MembershipView:
    """End a membership. Errors: 404 unknown or out of scope, 409 ended already, 422 days."""
    async with db.transaction(caller) as conn:
        await actions.end(conn, membership_id, on=body.on, by=caller.person_id, now=clock.now())
        return await keep(conn, MembershipView.of(await store.shown(conn, membership_id)))


@router.post(
    "/{membership_id}/move",
    status_code=201,
    dependencies=[
        may("move-membership", at=places.network_of_membership),
        may("move-membership", at=network_moved_to),
    ],
)
async def move(
    membership_id: UUID, body: MoveMembership, db: Db, caller: Caller, roles: KnownJobRoles
) -> MembershipView:
    """Move a membership; the answer is the new one. Errors: 404 one of the networks is out of scope, 409, 422."""
    async with db.transaction(caller) as conn:
        begun = await actions.move(
            conn,
            membership_id,
            new_id(),
            to=body.network_id,
            on=body.on,
            job_role=known_job_role(body.job_role, roles),
            sector=known_sector(body.sector),
            employer=_employer(body, body.network_id),
            by=caller.person_id,
            now=clock.now(),
        )
        await joining.settle(conn, begun, by=caller.person_id, now=clock.now())
        shown = MembershipView.of(await store.shown(conn, begun.id))
        return await keep(conn, shown, status=201)


@own.post("/{membership_id}/leave", dependencies=[may("leave-network")])
async def leave(membership_id: UUID, body: Leave, db: Db, caller: Caller) -> LeftView:
    """Leave a network; grants held there end too.

    Errors: 404 not one's own, 409 ended already, or the nation would be without a lead; 422 a day that is past.
    """
    assert caller.person_id is not None, "the rule lets only linked persons pass"
    async with db.transaction(caller) as conn:
        _, without_lead = await actions.leave(
            conn, membership_id, person_id=caller.person_id, on=body.on or clock.today(), now=clock.now()
        )
        left = MembershipView.of(await store.shown(conn, membership_id))
        return await keep(conn, LeftView(membership=left, without_lead=without_lead))


def known_job_role(text: str | None, roles: JobRoles) -> str | None:
    code = roles.find(text) if text is not None else None
    if text is not None and code is None:
        raise UnknownJobRole(f"{text} is no job role that is known here: give the code or the title of one.")
    return code


def known_sector(text: str | None) -> str | None:
    return organisations.checked_sector(text) if text is not None else None


def _employer(body: Described, network_id: UUID) -> Organisation | None:
    if body.organisation is None:
        return None
    return organisations.without_network(organisations.checked_name(body.organisation), network_id, body.sector)
