"""The directory over HTTP: members see each other as each chose, leads see what they answer for."""

from datetime import date, timedelta
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict

from access import Caller, Db, Principal, may
from access.guard import Place
from access.policy import Freshness, allows
from membership_service.directory import actions, store
from membership_service.directory.model import Choice, searched, spellings
from membership_service.memberships.api import KnownJobRoles
from membership_service.networks import store as networks
from servicekit import clock
from servicekit.cells import NATIONAL
from servicekit.idempotency import keep
from servicekit.web.etags import ExpectedVersion, set_etag
from servicekit.web.paging import Page, Paged

router = APIRouter(prefix="/api/v1/networks", tags=["directory"])
own = APIRouter(prefix="/api/v1/me/directory", tags=["directory"])

Shown = Literal["shown", "name-only", "hidden"]
Words = Annotated[str | None, Query(max_length=100)]


class LeadsPart(BaseModel):
    """What leads see beside."""

    person_id: UUID
    email: str
    shown: str
    """What the person chose to show to other members."""
    since: date
    until: date | None
    """Of the membership in this network or below it."""


class Entry(BaseModel):
    """Somebody who belongs to the network."""

    given_name: str
    family_name: str
    trust: str | None
    """Where they work, by name; none where they do not say."""
    job_role: str | None
    """By code; none where they do not say."""
    for_leads: LeadsPart | None = None

    @classmethod
    def of(cls, row: dict[str, Any]) -> Self:
        lead = LeadsPart.model_validate(row) if row["email"] is not None else None
        return cls.model_validate(row | {"for_leads": lead})


class ChoiceView(BaseModel):
    shown: str
    """shown: name, trust and job role. name-only: the name, and nothing else finds them. hidden: nothing."""
    version: int

    @classmethod
    def of(cls, choice: Choice) -> Self:
        return cls(shown=choice.shown, version=choice.version)


class Choose(BaseModel):
    model_config = ConfigDict(extra="forbid")

    shown: Shown


async def directory_of(network_id: UUID, db: Db, caller: Caller) -> Place:
    """The directory of one's own networks is one's own; of others, it is their leads'."""
    async with db.reading(caller) as conn:
        network = await networks.get(conn, network_id)
    return Place(network.path, owner=caller.person_id if network_id in caller.networks else None)


@router.get("/{network_id}/directory", dependencies=[may("read-directory", at=directory_of)])
async def read_directory(
    network_id: UUID,
    request: Request,
    db: Db,
    caller: Caller,
    paging: Paged,
    roles: KnownJobRoles,
    name: Words = None,
    trust: Words = None,
    job_role: Words = None,
) -> Page[Entry]:
    """Who belongs to the network today, here or below: by name, or what matches best first, slips of typing forgiven.

    `trust`: part of a name, present or former, or an ODS code. Errors: 404 no network of one's own, 422 too short.
    """
    async with db.reading(caller) as conn:
        network = await networks.get(conn, network_id)
        rows = await store.page(
            conn,
            network_id,
            on=clock.today(),
            as_lead=_sees_as_lead(request, caller, network.path),
            spellings=spellings(searched(name, "name")) if name is not None else None,
            trust=searched(trust, "trust") if trust is not None else None,
            job_role=searched(job_role, "job_role") if job_role is not None else None,
            titles=roles.titles,
            after=paging.after,
            limit=paging.limit + 1,
        )
    found = paging.page(rows, lambda row: [row["place"], row["family"], row["given"], row["id"]])
    return Page(items=[Entry.of(row) for row in found.items], next=found.next)


@own.get("", dependencies=[may("read-self")])
async def read_own(response: Response, db: Db, caller: Caller) -> ChoiceView:
    """What one shows to other members."""
    assert caller.person_id is not None, "the rule lets only linked persons pass"
    async with db.reading(caller) as conn:
        choice = await store.choice(conn, caller.person_id)
    set_etag(response, choice.version)
    return ChoiceView.of(choice)


@own.put("", dependencies=[may("change-own-directory")])
async def choose(body: Choose, expected: ExpectedVersion, response: Response, db: Db, caller: Caller) -> ChoiceView:
    """Show more or less. Errors: 412 changed meanwhile, 422, 428 no If-Match; it is "0" before the first choice."""
    assert caller.person_id is not None, "the rule lets only linked persons pass"
    async with db.transaction(caller) as conn:
        choice = await actions.choose(conn, caller.person_id, body.shown, expected_version=expected, at=clock.now())
        view = await keep(conn, ChoiceView.of(choice))
    set_etag(response, view.version)
    return view


def _sees_as_lead(request: Request, caller: Principal, path: str) -> bool:
    """Whether the caller leads here by what is known well enough just now; as members, people go on without."""
    settings, cells = request.app.state.settings, request.app.state.cells
    freshness = Freshness(clock.now(), timedelta(seconds=settings.access_bound_seconds))
    return allows(caller, "read-members", path) and not freshness.stale(caller, {NATIONAL, cells.containing(path)})
