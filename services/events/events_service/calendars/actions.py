"""The verbs of calendar addresses: made, taken back, and read by whoever shows the secret."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from access import directory
from events_service.calendars import store
from events_service.calendars.model import KEPT_BACK, Calendar, Feed, NetworkOfAnotherCell, refuse_more, secret_hash
from servicekit.database import Conn, Database, Scope
from servicekit.problem import NothingHere


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """For whom a feed is read: nobody as yet, or the person whose secret was shown; never with anybody's grants."""

    identity: str = "calendar"
    person_id: UUID | None = None
    email: str | None = None
    scopes: tuple[str, ...] = ()


NOBODY: Scope = Reader()


async def make(conn: Conn, calendar: Calendar, *, secret: str) -> Calendar:
    """Another address. Raises TooManyCalendars, WrongCell."""
    if calendar.network_id is not None:
        network = await directory.network(conn, calendar.network_id)
        if network.cell != calendar.cell:
            raise NetworkOfAnotherCell(
                f"{network.name} belongs to the cell {network.cell}: its calendars are made there."
            )
    refuse_more(calendar, await store.count_of_owner(conn, calendar))
    await store.insert(conn, calendar, secret_hash=secret_hash(secret))
    return calendar


async def end(conn: Conn, calendar_id: UUID) -> None:
    """Take an address back: from now on it is as if it had never been. Raises NotFound."""
    if not await store.delete(conn, calendar_id):
        raise NothingHere


async def read(
    db: Database, cell: str, shown: str, *, at: datetime, reader: Callable[[Calendar], Scope] | None = None
) -> Feed:
    """What the address of this secret tells. Raises NotFound, in the same words for all that opens nothing.

    The secret opens one calendar's row, and that row says whose events are read: in a transaction of its own, as that
    person and with no grants, so that a statement that asked for more would be shown no more.
    reader: a seam for the test that reads as somebody else.
    """
    async with db.reading(NOBODY) as conn:
        calendar = await store.find_shown(conn, cell, secret_hash(shown))
    if calendar is None:
        raise NothingHere
    async with db.reading(reader(calendar) if reader else Reader(person_id=calendar.person_id)) as conn:
        return await _feed(conn, calendar, at=at)


async def _feed(conn: Conn, calendar: Calendar, *, at: datetime) -> Feed:
    since = at - KEPT_BACK
    if calendar.network_id is not None:
        entries = await store.entries_of_network(conn, calendar.cell, calendar.network_id, at=at, since=since)
        known = await directory.networks(conn, [calendar.network_id])
        name = known[calendar.network_id].name if known else "Guildhall"
        return Feed(name=name, entries=entries)
    assert calendar.person_id is not None
    entries = await store.entries_of_person(conn, calendar.cell, calendar.person_id, at=at, since=since)
    return Feed(name=f"My events ({calendar.cell})", entries=entries)
