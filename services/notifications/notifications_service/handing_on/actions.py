"""Hand mails on to the national deployment, and take them over there; each in the turn of its cause's cell."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime
from uuid import UUID

from notifications_contracts import TellingHandedOn
from notifications_service.handing_on import store
from notifications_service.handing_on.model import TO_MEMBERS_ONLY, UNKNOWN_HERE_AFTER, HandedOn
from notifications_service.tellings import store as ledger
from servicekit import clock
from servicekit.cells import NATIONAL
from servicekit.database import Conn
from servicekit.envelope import Origin
from servicekit.outbox import Outgoing, publish_all

MovedOn = Callable[..., Awaitable[list[store.Waiting]]]


async def hand_on(conn: Conn, *, now: datetime, moved_on: MovedOn = store.moved_on) -> int:
    """Hand on what waits for people who have moved on; returns how many mails left.

    moved_on: who they are; a seam for the test that does not look where they belong.
    """
    waiting = await moved_on(conn, today=clock.london_day(now), unknown_since=now - UNKNOWN_HERE_AFTER)
    if not waiting:
        return 0
    await ledger.take_turn(conn, {one.cell for one in waiting})
    leaving = await store.hand_on(conn, [one.id for one in waiting], kept=TO_MEMBERS_ONLY)
    await publish_all(conn, [_outgoing(one, at=now) for one in leaving])
    return len(leaving)


async def take_over(conn: Conn, handed: Sequence[HandedOn], *, before_start: Collection[UUID], now: datetime) -> int:
    """Be the one who mails these; returns how many were new. What each person wants is asked when the mail leaves."""
    await ledger.take_turn(conn, {one.cell for one in handed})
    return await store.take_over(conn, handed, before_start=before_start, now=now)


def _outgoing(one: HandedOn, *, at: datetime) -> Outgoing:
    signal = TellingHandedOn(
        version=1,
        notification_id=one.notification_id,
        person_id=one.person_id,
        cause=one.cause,
        kind=one.kind,
        cell=one.cell,
        event_id=one.event_id,
        event_version=one.event_version,
        registration_id=one.registration_id,
        registration_version=one.registration_version,
        place_in_line=one.place_in_line,
        message_id=one.message_id,
        handed_on_at=at,
    )
    return Outgoing(signal, Origin(NATIONAL, one.network))
