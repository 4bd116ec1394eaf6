"""Agreements over HTTP: made, ended and read by leads of the network that makes them."""

from datetime import date
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from access import Caller, Db, may
from membership_service import places
from membership_service.agreements import actions, store
from membership_service.agreements.model import Agreement
from servicekit import clock
from servicekit.idempotency import keep
from servicekit.ids import new_id
from servicekit.web.days import Day
from servicekit.web.paging import Page, Paged

router = APIRouter(prefix="/api/v1/agreements", tags=["agreements"])

Words = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class AgreementView(BaseModel):
    id: UUID
    network_id: UUID
    body: str
    client_id: str
    issuer: str
    purpose: str
    networks: list[UUID]
    fields: dict[str, list[str]]
    consent_needed: list[str]
    """Types among them that are about persons: each is received only while its person consents."""
    starts_on: date
    ends_on: date
    """The last day that counts."""
    ended: bool
    version: int

    @classmethod
    def of(cls, agreement: Agreement) -> Self:
        return cls(
            id=agreement.id,
            network_id=agreement.network_id,
            body=agreement.body,
            client_id=agreement.client_id,
            issuer=agreement.issuer,
            purpose=agreement.purpose,
            networks=list(agreement.networks),
            fields={name: list(fields) for name, fields in agreement.fields.items()},
            consent_needed=list(agreement.consent_needed),
            starts_on=agreement.starts_on,
            ends_on=agreement.ends_on,
            ended=agreement.ended,
            version=agreement.version,
        )


class MakeAgreement(BaseModel):
    model_config = ConfigDict(extra="forbid")

    network_id: UUID
    body: Words
    """The partner body's name."""
    client_id: Name
    issuer: Name
    purpose: Words
    networks: Annotated[list[UUID], Field(min_length=1, max_length=300)]
    """Signals of these and all below them."""
    fields: Annotated[dict[Name, Annotated[list[Name], Field(max_length=50)]], Field(max_length=50)]
    """Signal type to the fields of its data that may be received."""
    starts_on: Day
    ends_on: Day


class EndAgreement(BaseModel):
    model_config = ConfigDict(extra="forbid")

    on: Day
    """The last day that counts."""


async def network_that_makes_it(body: MakeAgreement, db: Db, caller: Caller) -> str:
    return await places.the_network(body.network_id, db, caller)


@router.post("", status_code=201, dependencies=[may("make-agreement", at=network_that_makes_it)])
async def make(body: MakeAgreement, request: Request, db: Db, caller: Caller) -> AgreementView:
    """Errors: 404 network unknown or out of scope, 422 what cannot be agreed, and why."""
    agreement = Agreement(
        id=new_id(),
        network_id=body.network_id,
        body=body.body,
        client_id=body.client_id,
        issuer=body.issuer,
        purpose=body.purpose,
        networks=tuple(body.networks),
        fields=body.fields,
        starts_on=body.starts_on,
        ends_on=body.ends_on,
    )
    trusted = {one.issuer for one in request.app.state.settings.trusted_issuers}
    async with db.transaction(caller) as conn:
        made = await actions.make(conn, agreement, trusted_issuers=trusted, today=clock.today())
        return await keep(conn, AgreementView.of(made), status=201)


@router.post("/{agreement_id}/end", dependencies=[may("end-agreement", at=places.network_of_agreement)])
async def end(agreement_id: UUID, body: EndAgreement, db: Db, caller: Caller) -> AgreementView:
    """Errors: 404 unknown or out of scope, 409 over already, 422 a day that is past or later than agreed."""
    async with db.transaction(caller) as conn:
        ended = await actions.end(conn, agreement_id, on=body.on, today=clock.today())
        return await keep(conn, AgreementView.of(ended))


@router.get("", dependencies=[may("read-agreements", at=places.the_network_asked_for)])
async def list_agreements(network: UUID, db: Db, caller: Caller, paging: Paged) -> Page[AgreementView]:
    """Those that this very network made. Errors: 404 unknown or out of scope."""
    async with db.reading(caller) as conn:
        after = paging.after[0] if paging.after else None
        found = await store.page_of(conn, network, after=after, limit=paging.limit + 1)
    return paging.page([AgreementView.of(agreement) for agreement in found], lambda agreement: [agreement.id])


@router.get("/{agreement_id}", dependencies=[may("read-agreements", at=places.network_of_agreement)])
async def read(agreement_id: UUID, db: Db, caller: Caller) -> AgreementView:
    """Errors: 404 unknown or out of scope."""
    async with db.reading(caller) as conn:
        return AgreementView.of(await store.get(conn, agreement_id))
