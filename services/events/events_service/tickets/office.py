"""Where requests find the keys of tickets: they are read when the process starts, and without them it does not."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request

from events_service.tickets.signing import TicketOffice


async def ticket_office(request: Request) -> TicketOffice:
    office: TicketOffice = request.app.state.ticket_office
    return office


Office = Annotated[TicketOffice, Depends(ticket_office)]


def open_ticket_office(app: FastAPI) -> None:
    lifespan = app.router.lifespan_context

    @asynccontextmanager
    async def with_keys(app: FastAPI) -> AsyncIterator[Any]:
        app.state.ticket_office = TicketOffice.of(app.state.settings.secrets_dir)
        async with lifespan(app) as state:
            yield state

    app.router.lifespan_context = with_keys
