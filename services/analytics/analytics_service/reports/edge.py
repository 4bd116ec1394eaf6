"""What every route asks first: whether the cell is served here, what is asked about, and how exactly it may be told."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from access import Caller, Db, Principal, policy
from access.policy import Freshness
from analytics_service.counting import store
from analytics_service.counting.model import Event, Network
from analytics_service.pages.page import page_of
from analytics_service.pages.response import page_response
from analytics_service.reports.asked import Asked, AskedOfNetwork, AskEventFunnel
from analytics_service.reports.produce import Reading, Report
from analytics_service.reports.tables import table_of
from servicekit import clock
from servicekit.cells import NATIONAL, Cells
from servicekit.database import Conn, Database
from servicekit.problem import Forbidden, NothingHere
from servicekit.web.addresses import CellName
from servicekit.web.rules import ATTRIBUTE

PUBLISHED = "read-published-report"

S = TypeVar("S", Network, Event)
A = TypeVar("A", bound=Asked)
R = TypeVar("R", bound=Report)


async def served_cell(cell: CellName, request: Request, caller: Caller) -> str:
    """The cell in the address, where this deployment serves it; who asks is told so only once signed in."""
    if not request.app.state.cells.serves(cell):
        raise NothingHere
    return cell


ServedCell = Annotated[str, Depends(served_cell)]


async def network_of_cell(db: Db, cell: str, network_id: UUID) -> Network:
    """The network as it is today. Raises NotFound also where it belongs to another cell."""
    async with db.reading() as conn:
        found = await store.find_network(conn, network_id, on=clock.today())
    if found is None or found.cell != cell:
        raise NothingHere
    return found


async def asked_network(cell: ServedCell, db: Db, network: Annotated[UUID, Query()]) -> Network:
    return await network_of_cell(db, cell, network)


async def named_network(cell: ServedCell, db: Db, network_id: UUID) -> Network:
    return await network_of_cell(db, cell, network_id)


async def asked_event(cell: ServedCell, db: Db, event_id: UUID) -> Event:
    async with db.reading() as conn:
        found = await store.find_event(conn, event_id, on=clock.today())
    if found is None or found.network.cell != cell:
        raise NothingHere
    return found


@dataclass(frozen=True, slots=True)
class Subject:
    """What a report is asked of, and the action that shows it exactly."""

    of: Network | Event
    action: str

    @property
    def network(self) -> Network:
        return self.of.network if isinstance(self.of, Event) else self.of


async def subject_of(db: Database, cell: str, ask: Asked) -> Subject:
    """Raises NotFound also where it belongs to another cell."""
    if isinstance(ask, AskEventFunnel):
        return Subject(await asked_event(cell, db, ask.event), "read-funnel")
    assert isinstance(ask, AskedOfNetwork)
    return Subject(await network_of_cell(db, cell, ask.network), "read-report")


async def path_of_network(network: Annotated[Network, Depends(asked_network)]) -> str:
    return network.path


async def path_of_event(event: Annotated[Event, Depends(asked_event)]) -> str:
    return event.network.path


AskedNetwork = Annotated[Network, Depends(asked_network)]
NamedNetwork = Annotated[Network, Depends(named_network)]
AskedEvent = Annotated[Event, Depends(asked_event)]


def exactly_or_published(action: str, at: Callable[..., Any]) -> Callable[..., Awaitable[bool]]:
    """A route's rule: exact figures for whoever may do this at the network, published ones for other holders of grants.

    It returns whether figures are exact.
    """

    async def rule(request: Request, caller: Caller, path: Annotated[str, Depends(at)]) -> bool:
        return may_read_exactly(request, caller, action, path)

    setattr(rule, ATTRIBUTE, f"may({action}) or may({PUBLISHED})")
    return rule


def may_read_exactly(request: Request, caller: Principal, action: str, path: str) -> bool:
    """Raises Forbidden where the caller holds no grant at all, and AccessStale where grants cannot decide just now."""
    if caller.person_id is None:
        policy.refuse_unlinked(caller)
    if not caller.grants:
        raise Forbidden("This is for those who hold a grant somewhere.")
    if not policy.allows(caller, action, path):
        return False
    policy.decide(
        caller, action, path, cells={NATIONAL, request.app.state.cells.containing(path)}, freshness=_freshness(request)
    )
    return True


def reading(request: Request, caller: Principal, exactly: bool) -> Reading:
    """For whom a report is made."""
    cells = request.app.state.cells
    return Reading(
        exactly=exactly,
        everywhere=exactly and policy.allows(caller, "read-funnel", cells.all[NATIONAL].root),
        today=clock.today(),
        regions=names_of_regions(cells),
    )


def names_of_regions(cells: Cells) -> dict[str, str]:
    """By path: the label of each cell but the national one."""
    return {cell.root: cell.label for cell in cells.all.values() if cell.name != NATIONAL}


def wants_page(accept: str) -> bool:
    """Whether HTML is named, and not after JSON, as browsers name it."""
    html, json = accept.find("text/html"), accept.find("application/json")
    return html >= 0 and (json < 0 or html < json)


def _freshness(request: Request) -> Freshness:
    return Freshness(clock.now(), timedelta(seconds=request.app.state.settings.access_bound_seconds))


ReadsMembersExactly = Annotated[bool, Depends(exactly_or_published("read-report", path_of_network))]
ReadsFunnelExactly = Annotated[bool, Depends(exactly_or_published("read-funnel", path_of_event))]


@dataclass(frozen=True, slots=True)
class Asking(Generic[S]):
    """A request for a report: what of, by whom, and how exactly it may be told them."""

    of: S
    db: Database
    caller: Principal
    exactly: bool
    request: Request

    async def answer(self, make: Callable[[Conn, S, A, Reading], Awaitable[R]], ask: A) -> R | Response:
        """The report, made in the reader's scope, or its page where they ask for HTML."""
        async with self.db.reading(self.caller) as conn:
            report = await make(conn, self.of, ask, reading(self.request, self.caller, self.exactly))
        if wants_page(self.request.headers.get("accept", "")):
            return page_response(page_of(table_of(report)))
        return report


async def asking_of_network(
    network: AskedNetwork, db: Db, caller: Caller, exactly: ReadsMembersExactly, request: Request
) -> Asking[Network]:
    return Asking(network, db, caller, exactly, request)


async def asking_of_event(
    event: AskedEvent, db: Db, caller: Caller, exactly: ReadsFunnelExactly, request: Request
) -> Asking[Event]:
    return Asking(event, db, caller, exactly, request)


AskingOfNetwork = Annotated[Asking[Network], Depends(asking_of_network)]
AskingOfEvent = Annotated[Asking[Event], Depends(asking_of_event)]
