"""Tell people: write it in the ledger, number it in their lists, and say that it was told."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from notifications_contracts import NotificationTold
from notifications_service.preferences import store as preferences
from notifications_service.preferences.model import Wish, wants
from notifications_service.preferences.store import Wishes
from notifications_service.tellings import store
from notifications_service.tellings.model import Channel, Telling, Wanted
from notifications_service.tellings.store import NewTelling
from servicekit import clock
from servicekit.database import Conn
from servicekit.envelope import Origin
from servicekit.feeds import next_positions
from servicekit.ids import new_id
from servicekit.outbox import Outgoing, publish_all
from servicekit.subjects import erased


async def tell(conn: Conn, tellings: Sequence[Telling], *, wishes: Wishes = preferences.wishes) -> int:
    """Tell each of these once, whatever has been told before, as each person wants it; returns how many were new.

    Whoever is erased is told nothing, and the ledger says nothing of it: there is nobody to be told.
    wishes: a seam for the test that asks nobody.
    """
    gone = await erased(conn, [telling.person_id for telling in tellings])
    tellings = [telling for telling in tellings if telling.person_id not in gone]
    if not tellings:
        return 0
    await store.take_turn(conn, {telling.cell for telling in tellings})
    fresh = await store.untold(conn, tellings)
    if not fresh:
        return 0
    now = clock.now()
    said = await wishes(conn, [telling.person_id for telling in fresh])
    rows = await _numbered(conn, [(one, _wanted(one, said.get(one.person_id, ()))) for one in fresh])
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


def _wanted(telling: Telling, wishes: Sequence[Wish]) -> Wanted:
    wish = wanted(telling.kind, telling.network, wishes)
    return Wanted(
        in_app=wish.in_app and Channel.IN_APP not in telling.untold,
        email=wish.email and Channel.EMAIL not in telling.untold,
    )


def wanted(kind: str, network: str, wishes: Sequence[Wish]) -> Wanted:
    """By which channels somebody with these wishes is told of this kind by this network."""
    if not wishes:
        return Wanted()
    in_app, email = (wants(wishes, kind, channel, network) for channel in (Channel.IN_APP, Channel.EMAIL))
    return Wanted(in_app=in_app, email=email)


def list_prefix(cell: str) -> str:
    """What stands before a person's id in the name of their list of a cell."""
    return f"in-app:{cell}:"


async def _numbered(conn: Conn, tellings: Sequence[tuple[Telling, Wanted]]) -> list[NewTelling]:
    """With a position in its person's list for each that is shown; several of one person follow each other."""
    counts: dict[str, int] = {}
    for telling, wish in tellings:
        if _is_shown(telling, wish):
            counts[_list_of(telling)] = counts.get(_list_of(telling), 0) + 1
    following = await next_positions(conn, counts)
    rows = []
    for telling, wish in tellings:
        position = None
        if _is_shown(telling, wish):
            position = following[_list_of(telling)]
            following[_list_of(telling)] += 1
        rows.append(NewTelling(telling=telling, shown_id=new_id(), mail_id=new_id(), position=position, wanted=wish))
    return rows


def _is_shown(telling: Telling, wish: Wanted) -> bool:
    return wish.in_app and not telling.before_start


def _list_of(telling: Telling) -> str:
    return f"{list_prefix(telling.cell)}{telling.person_id}"
