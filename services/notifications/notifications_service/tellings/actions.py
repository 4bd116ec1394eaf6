"""Tell people: write it in the ledger, number it in their lists, and say that it was told."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from notifications_contracts import NotificationTold
from notifications_service.tellings import store
from notifications_service.tellings.model import Channel, Telling
from notifications_service.tellings.store import NewTelling
from servicekit import clock
from servicekit.database import Conn
from servicekit.envelope import Origin
from servicekit.feeds import next_positions
from servicekit.ids import new_id
from servicekit.outbox import Outgoing, publish_all


async def tell(conn: Conn, tellings: Sequence[Telling]) -> int:
    """Tell each of these once, whatever has been told before; returns how many were new."""
    if not tellings:
        return 0
    await store.take_turn(conn, {telling.cell for telling in tellings})
    fresh = await store.untold(conn, tellings)
    if not fresh:
        return 0
    now = clock.now()
    rows = await _numbered(conn, fresh)
    await store.insert(conn, rows, now=now)
    await publish_all(
        conn,
        [
            told(row.telling, notification_id=row.shown_id, channel=Channel.IN_APP, at=now)
            for row in rows
            if row.position is not None
        ],
    )
    return len(rows)


def told(telling: Telling, *, notification_id: UUID, channel: Channel, at: datetime) -> Outgoing:
    """The signal that somebody was told, on the cause's cell."""
    signal = NotificationTold(
        version=1,
        notification_id=notification_id,
        person_id=telling.person_id,
        cause=telling.cause,
        kind=telling.kind,
        channel=channel,
        event_id=telling.event_id,
        told_at=at,
    )
    return Outgoing(signal, Origin(telling.cell, telling.network))


async def _numbered(conn: Conn, tellings: Sequence[Telling]) -> list[NewTelling]:
    """With a position in its person's list for each that is shown; several of one person follow each other."""
    wanted: dict[str, int] = {}
    for telling in tellings:
        if not telling.before_start:
            wanted[_list_of(telling)] = wanted.get(_list_of(telling), 0) + 1
    following = await next_positions(conn, wanted)
    rows = []
    for telling in tellings:
        position = None
        if not telling.before_start:
            position = following[_list_of(telling)]
            following[_list_of(telling)] += 1
        rows.append(NewTelling(telling=telling, shown_id=new_id(), mail_id=new_id(), position=position))
    return rows


def _list_of(telling: Telling) -> str:
    return f"in-app:{telling.cell}:{telling.person_id}"
