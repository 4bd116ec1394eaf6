"""What every route asks first: whether the cell is served here, and at which network something is decided."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from pydantic import BaseModel, ConfigDict

from access import Db
from access.guard import Place, caller
from access.policy import Freshness, NotLinked
from events_service.gatherings import store as gatherings
from servicekit import clock
from servicekit.cells import NATIONAL
from servicekit.database import Database
from servicekit.groups import Groups
from servicekit.problem import NothingHere, Problem
from servicekit.web.addresses import CellName


class Body(BaseModel):
    """A request's body: a field that is not known is refused, never passed over."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


SAYS_SOMETHING = r"\S"
"""The pattern of a text that may not be empty: blanks at its ends are taken away first."""


class Nothing(Body):
    """The body of a command that needs none."""


async def served_cell(cell: CellName, request: Request) -> str:
    """The cell in the address, where this deployment serves it; who asks is told so only once signed in."""
    await caller(request)
    if not request.app.state.cells.serves(cell):
        raise NothingHere
    return cell


ServedCell = Annotated[str, Depends(served_cell)]


async def linked_person(request: Request) -> UUID:
    """Who asks. Raises NotLinked where that is nobody yet."""
    known = await caller(request)
    if known.person_id is None:
        raise NotLinked("Your sign-in is not linked to a person yet: POST /api/v1/me/link first.")
    return known.person_id


Person = Annotated[UUID, Depends(linked_person)]


async def network_of_event(cell: ServedCell, event_id: UUID, db: Db) -> str:
    """The path of the network that holds the event in the address."""
    async with db.reading() as conn:
        return await gatherings.network_path(conn, cell, event_id)


DOOR_BOUND = timedelta(hours=12)


class Doors:
    """Whose event it is, looked up for all who stand at doors at the same moment."""

    def __init__(self, database: Callable[[], Database]) -> None:
        self._database = database
        self._groups = Groups(self._look_up)

    async def find(self, cell: str, event_id: UUID) -> tuple[str, datetime]:
        """The path of the network that holds the event, and when it begins. Raises NotFound."""
        return await self._groups.ask((cell, event_id))

    async def _look_up(self, wanted: Sequence[tuple[str, UUID]]) -> Sequence[tuple[str, datetime] | Problem]:
        async with self._database().reading() as conn:
            found = await gatherings.doors(conn, set(wanted))
        return [found[one] for one in wanted]


async def door_of_event(cell: ServedCell, event_id: UUID, request: Request) -> Place:
    """The network that holds the event. Once it has begun its door goes on with the last known grants for 12 hours:
    whoever stands outside cannot wait until a broker is mended."""
    doors: Doors = request.app.state.doors
    path, starts_at = await doors.find(cell, event_id)
    return Place(path, bound=DOOR_BOUND if starts_at <= clock.now() else None)


async def freshness(request: Request) -> Freshness:
    """How old what is known of grants may be before they no longer decide."""
    return Freshness(clock.now(), timedelta(seconds=request.app.state.settings.access_bound_seconds))


def deciding_cells(cell: str) -> Iterable[str]:
    """The cells whose grants decide about things of this one."""
    return {NATIONAL, cell}


Freshly = Annotated[Freshness, Depends(freshness)]
