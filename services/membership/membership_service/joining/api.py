"""Joining over HTTP: how a network is joined, asking to, and its leads' answers."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response

from access import Caller, Db, may, signed_in
from membership_service import places
from membership_service.history import api as histories
from membership_service.history import store as history
from membership_service.history.api import StepView
from membership_service.identities.api import TheirSignIn
from membership_service.joining import actions, policies, store
from membership_service.joining.actions import Asker
from membership_service.joining.views import (
    ApplicantView,
    Approve,
    Join,
    JoiningView,
    JoinRequestView,
    Refuse,
    SetJoining,
)
from membership_service.memberships.api import KnownJobRoles
from membership_service.networks import store as networks
from servicekit import clock
from servicekit.idempotency import keep
from servicekit.ids import new_id
from servicekit.problem import NothingHere
from servicekit.web.etags import ExpectedVersion, set_etag
from servicekit.web.paging import Page, Paged

router = APIRouter(prefix="/api/v1/networks/{network_id}", tags=["joining"])
own = APIRouter(prefix="/api/v1/me", tags=["joining"])


async def network_of_request(network_id: UUID, request_id: UUID, db: Db, caller: Caller) -> str:
    """A request is found under its own network only."""
    async with db.reading(caller) as conn:
        request = await store.get(conn, request_id)
    if request.network_id != network_id:
        raise NothingHere
    return request.path


@own.get("/joinable-networks", dependencies=[signed_in()])
async def list_joinable(
    db: Db,
    caller: Caller,
    paging: Paged,
    kind: Literal["national", "region", "trust", "group"] | None = None,
    q: Annotated[str | None, Query(min_length=1, max_length=100)] = None,
    region: Annotated[str | None, Query(min_length=1, max_length=40)] = None,
) -> Page[JoiningView]:
    """Networks with how each is joined, for whoever is to choose one. `q`: part of a name, or an ODS code."""
    async with db.reading(caller) as conn:
        after = paging.after[0] if paging.after else None
        found = await networks.page(conn, kind=kind, q=q, region=region, after=after, limit=paging.limit + 1)
        joinings = await policies.of_networks(conn, found)
    return paging.page([JoiningView.of(joining) for joining in joinings], lambda joining: [joining.path])


@router.get("/joining", dependencies=[signed_in()])
async def read_joining(network_id: UUID, response: Response, db: Db, caller: Caller) -> JoiningView:
    """How this network is joined, and who said so. Errors: 404 unknown."""
    async with db.reading(caller) as conn:
        view = JoiningView.of(await policies.of_network(conn, await networks.get(conn, network_id)))
    set_etag(response, view.version)
    return view


@router.put("/joining", dependencies=[may("set-joining", at=places.the_network)])
async def set_joining(
    network_id: UUID, body: SetJoining, expected: ExpectedVersion, response: Response, db: Db, caller: Caller
) -> JoiningView:
    """Say how it is joined from now on. Errors: 404, 412 changed meanwhile, 422 domains, 428 no If-Match."""
    async with db.transaction(caller) as conn:
        joining = await policies.change(
            conn,
            network_id,
            policy=body.policy,
            domains=body.domains,
            expected_version=expected,
            by=caller.person_id,
            at=clock.now(),
        )
        view = await keep(conn, JoiningView.of(joining))
    set_etag(response, view.version)
    return view


@router.post("/join-requests", status_code=201, dependencies=[signed_in()])
async def ask(
    network_id: UUID, body: Join, db: Db, caller: Caller, their_sign_in: TheirSignIn, roles: KnownJobRoles
) -> JoinRequestView:
    """Join, or ask to; `state` says which.

    Errors: 403 invitation-needed, wrong-domain, address-not-verified; 404 unknown network; 409 a member already,
    asked already, an employer with a network; 422 a shared mailbox, names, words.
    """
    async with db.transaction(caller) as conn:
        request = await actions.ask(
            conn,
            network_id,
            Asker(person_id=caller.person_id, sign_in=their_sign_in),
            body.wish(roles, reason=body.reason),
            draw_id=new_id,
            now=clock.now(),
        )
        return await keep(conn, JoinRequestView.of(await store.shown(conn, request.id)), status=201)


@router.get("/join-requests", dependencies=[may("read-join-requests", at=places.the_network)])
async def list_requests(
    network_id: UUID,
    db: Db,
    caller: Caller,
    paging: Paged,
    state: Literal["pending", "approved", "refused", "withdrawn"] | None = None,
) -> Page[ApplicantView]:
    """Requests at this very network, the oldest first. Errors: 404 unknown or out of scope."""
    async with db.reading(caller) as conn:
        after = paging.after[0] if paging.after else None
        rows = await store.shown_of_network(conn, network_id, state=state, after=after, limit=paging.limit + 1)
    return paging.page([ApplicantView.of(row) for row in rows], lambda request: [request.id])


@router.get("/join-requests/{request_id}", dependencies=[may("read-join-requests", at=network_of_request)])
async def read_request(request_id: UUID, db: Db, caller: Caller) -> ApplicantView:
    """Errors: 404 unknown or out of scope."""
    async with db.reading(caller) as conn:
        return ApplicantView.of(await store.shown(conn, request_id))


@router.get("/join-requests/{request_id}/history", dependencies=[may("read-join-requests", at=network_of_request)])
async def read_history(request_id: UUID, db: Db, caller: Caller, paging: Paged) -> Page[StepView]:
    """What happened to it and who did it, the latest first. Errors: 404 unknown or out of scope."""
    async with db.reading(caller) as conn:
        rows = await history.of_request(conn, request_id, after=histories.after(paging), limit=paging.limit + 1)
    return histories.page_of(paging, rows)


@router.post("/join-requests/{request_id}/approve", dependencies=[may("decide-join-request", at=network_of_request)])
async def approve(request_id: UUID, body: Approve, db: Db, caller: Caller) -> ApplicantView:
    """Let somebody in, from today on. Errors: 404, 409 answered already, a member by now, 422 reason."""
    assert caller.person_id is not None, "the rule lets only linked persons pass"
    async with db.transaction(caller) as conn:
        await actions.approve(
            conn, request_id, by=caller.person_id, reason=body.reason, membership_id=new_id(), now=clock.now()
        )
        return await keep(conn, ApplicantView.of(await store.shown(conn, request_id)))


@router.post("/join-requests/{request_id}/refuse", dependencies=[may("decide-join-request", at=network_of_request)])
async def refuse(request_id: UUID, body: Refuse, db: Db, caller: Caller) -> ApplicantView:
    """Say no, and why. Errors: 404, 409 answered already, 422 no reason."""
    assert caller.person_id is not None, "the rule lets only linked persons pass"
    async with db.transaction(caller) as conn:
        await actions.refuse(conn, request_id, by=caller.person_id, reason=body.reason, now=clock.now())
        return await keep(conn, ApplicantView.of(await store.shown(conn, request_id)))


@own.get("/join-requests", dependencies=[may("read-self")])
async def list_own(db: Db, caller: Caller, paging: Paged) -> Page[JoinRequestView]:
    """One's own requests with their answers, the latest first."""
    assert caller.person_id is not None, "the rule lets only linked persons pass"
    async with db.reading(caller) as conn:
        after = paging.after[0] if paging.after else None
        rows = await store.shown_of_person(conn, caller.person_id, after=after, limit=paging.limit + 1)
    return paging.page([JoinRequestView.of(row) for row in rows], lambda request: [request.id])


@own.post("/join-requests/{request_id}/withdraw", dependencies=[may("withdraw-join-request")])
async def withdraw(request_id: UUID, db: Db, caller: Caller) -> JoinRequestView:
    """Take a request of one's own back. Errors: 404 none of one's own, 409 answered already."""
    assert caller.person_id is not None, "the rule lets only linked persons pass"
    async with db.transaction(caller) as conn:
        await actions.withdraw(conn, request_id, person_id=caller.person_id, now=clock.now())
        return await keep(conn, JoinRequestView.of(await store.shown(conn, request_id)))
