"""Persons over HTTP."""

from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, StringConstraints

from access import Caller, Db, may
from membership_service import places
from membership_service.memberships import store as memberships
from membership_service.memberships.views import MembershipView
from membership_service.people import actions, store
from membership_service.people.model import Person
from servicekit import clock
from servicekit.idempotency import keep
from servicekit.ids import new_id
from servicekit.web.etags import ExpectedVersion, etag, set_etag
from servicekit.web.paging import Page, Paged

router = APIRouter(prefix="/api/v1/people", tags=["people"])

Text = Annotated[str, StringConstraints(max_length=320)]
Language = Annotated[str, StringConstraints(pattern="^[a-z]{2}$")]


class PersonView(BaseModel):
    id: UUID
    given_name: str
    family_name: str
    email: str
    language: str
    version: int

    @classmethod
    def of(cls, person: Person) -> Self:
        return cls(
            id=person.id,
            given_name=person.given_name,
            family_name=person.family_name,
            email=person.email,
            language=person.language,
            version=person.version,
        )


class RegisterPerson(BaseModel):
    model_config = ConfigDict(extra="forbid")

    given_name: Text
    family_name: Text
    email: Text
    language: Language = "en"


class ChangePerson(BaseModel):
    """What is not given stays."""

    model_config = ConfigDict(extra="forbid")

    given_name: Text | None = None
    family_name: Text | None = None
    email: Text | None = None
    language: Language | None = None


@router.post("", status_code=201, dependencies=[may("register-person", at=places.national)])
async def register(body: RegisterPerson, response: Response, db: Db, caller: Caller) -> PersonView:
    """Register a guest. Errors: 409 the address is somebody's, 422 name or address."""
    async with db.transaction(caller) as conn:
        person = await actions.register(
            conn,
            new_id(),
            given_name=body.given_name,
            family_name=body.family_name,
            email=body.email,
            language=body.language,
            at=clock.now(),
            today=clock.today(),
        )
        view = await keep(conn, PersonView.of(person), status=201, headers={"etag": etag(person.version)})
    set_etag(response, view.version)
    return view


@router.get("/{person_id}", dependencies=[may("read-person", at=places.network_of_person)])
async def read(person_id: UUID, response: Response, db: Db, caller: Caller) -> PersonView:
    """Errors: 404 unknown or out of scope."""
    async with db.reading(caller) as conn:
        person = await store.get(conn, person_id)
    set_etag(response, person.version)
    return PersonView.of(person)


@router.patch("/{person_id}", dependencies=[may("change-person", at=places.network_of_person)])
async def change(
    person_id: UUID, body: ChangePerson, expected: ExpectedVersion, response: Response, db: Db, caller: Caller
) -> PersonView:
    """Change a person. Errors: 404, 409 the address is somebody's, 412 changed meanwhile, 422, 428 no If-Match."""
    async with db.transaction(caller) as conn:
        person = await actions.change(
            conn,
            person_id,
            expected_version=expected,
            given_name=body.given_name,
            family_name=body.family_name,
            email=body.email,
            language=body.language,
            today=clock.today(),
        )
        view = await keep(conn, PersonView.of(person))
    set_etag(response, view.version)
    return view


@router.get("/{person_id}/memberships", dependencies=[may("read-person", at=places.network_of_person)])
async def list_memberships(person_id: UUID, db: Db, caller: Caller, paging: Paged) -> Page[MembershipView]:
    """Those that the caller may see, the latest first, past ones too. Errors: 404 unknown or out of scope."""
    async with db.reading(caller) as conn:
        await store.get(conn, person_id)
        rows = await memberships.shown_of_person(conn, person_id, after=paging.after, limit=paging.limit + 1)
    views = [MembershipView.of(row) for row in rows]
    return paging.page(views, lambda membership: [membership.since, membership.id])
