"""Tickets over HTTP: shown to the registrant alone; the public keys to those who work at the door."""

from typing import Self
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel

from access import Caller, Db, may
from events_service.edge import Nothing, ServedCell, door_of_event, served_cell
from events_service.registrations.api import place_of_registration
from events_service.tickets import actions
from events_service.tickets.model import Ticket
from events_service.tickets.office import Office
from events_service.tickets.picture import as_svg
from servicekit import clock
from servicekit.idempotency import keep
from servicekit.web.media import file_of

router = APIRouter(prefix="/api/v1/cells/{cell}", tags=["tickets"], dependencies=[Depends(served_cell)])

NOT_TO_BE_STORED = {"cache-control": "private, no-store"}


class TicketView(BaseModel):
    registration_id: UUID
    event_id: UUID
    number: int
    """1 for the first; each renewal makes the one before worthless."""
    ticket: str
    """What the QR code says; whoever shows it is let in."""
    svg: str
    """The QR code as an image."""
    svg_url: str


class RenewedView(BaseModel):
    """What is kept of a renewal for whoever repeats it: without the ticket, which is asked for again."""

    registration_id: UUID
    number: int
    url: str

    @classmethod
    def of(cls, cell: str, ticket: Ticket) -> Self:
        return cls(registration_id=ticket.registration_id, number=ticket.number, url=_url(cell, ticket.registration_id))


class PublicKey(BaseModel):
    kty: str
    crv: str
    alg: str
    use: str
    kid: str
    x: str


class KeySet(BaseModel):
    """A JWK set (RFC 7517)."""

    keys: list[PublicKey]


@router.get("/registrations/{registration_id}/ticket", dependencies=[may("read-ticket", at=place_of_registration)])
async def read(
    cell: ServedCell, registration_id: UUID, db: Db, caller: Caller, office: Office, response: Response
) -> TicketView:
    """Your ticket. Errors: 403 or 404 for everybody else; 409 no confirmed place, or the event was cancelled."""
    async with db.reading(caller) as conn:
        ticket = await actions.current(conn, cell, registration_id)
    text = office.issue(ticket)
    response.headers.update(NOT_TO_BE_STORED)
    return TicketView(
        registration_id=ticket.registration_id,
        event_id=ticket.event_id,
        number=ticket.number,
        ticket=text,
        svg=as_svg(text),
        svg_url=f"{_url(cell, ticket.registration_id)}.svg",
    )


@router.get(
    "/registrations/{registration_id}/ticket.svg",
    dependencies=[may("read-ticket", at=place_of_registration)],
    response_class=Response,
    responses=file_of("image/svg+xml"),
)
async def read_picture(cell: ServedCell, registration_id: UUID, db: Db, caller: Caller, office: Office) -> Response:
    """The QR code alone, as image/svg+xml. Errors: as for the ticket."""
    async with db.reading(caller) as conn:
        ticket = await actions.current(conn, cell, registration_id)
    return Response(as_svg(office.issue(ticket)), media_type="image/svg+xml", headers=NOT_TO_BE_STORED)


@router.post(
    "/registrations/{registration_id}/ticket/renew", dependencies=[may("renew-ticket", at=place_of_registration)]
)
async def renew(
    cell: ServedCell, registration_id: UUID, db: Db, caller: Caller, body: Nothing | None = None
) -> RenewedView:
    """Another ticket; the one before lets nobody in any more. Errors: 409 no place, checked in, cancelled, or over."""
    async with db.transaction(caller) as conn:
        ticket = await actions.renew(conn, cell, registration_id, at=clock.now())
        return await keep(conn, RenewedView.of(cell, ticket))


@router.get("/events/{event_id}/check-in-keys", dependencies=[may("check-in", at=door_of_event)])
async def read_keys_of_the_door(cell: ServedCell, event_id: UUID, office: Office) -> KeySet:
    """The public keys with which a steward's device checks tickets where there is no network."""
    return KeySet(keys=[PublicKey(**key) for key in office.published()])


def _url(cell: str, registration_id: UUID) -> str:
    return f"/api/v1/cells/{cell}/registrations/{registration_id}/ticket"
