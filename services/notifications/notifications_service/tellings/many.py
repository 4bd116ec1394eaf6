"""Tell many people of one thing: the same rows as for one person, written in sets, and one signal for all of them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from notifications_contracts import PeopleTold
from notifications_service.preferences import store as preferences
from notifications_service.preferences.store import Wishes
from notifications_service.tellings import store
from notifications_service.tellings.actions import list_prefix, wanted
from notifications_service.tellings.model import Audience, Channel, Notice
from notifications_service.tellings.store import ManyTold
from servicekit import clock
from servicekit.database import Conn
from servicekit.envelope import Origin
from servicekit.feeds import one_position_each
from servicekit.ids import new_id
from servicekit.outbox import publish


async def tell_many(
    conn: Conn, notice: Notice, audience: Audience, *, told_before: int, wishes: Wishes = preferences.wishes
) -> int:
    """Tell each of these by every channel, as each person wants it; returns how many.

    The caller holds the row that stands for the cause, has taken the cell's turn, and has chosen people of whom the
    ledger holds nothing of this cause. told_before: how many had been told of it before these.
    """
    people = audience.people
    if not people:
        return 0
    said = await wishes(conn, people)
    choices = {person: wanted(notice.kind, notice.network, mine) for person, mine in said.items()}
    hidden = {person for person, wish in choices.items() if not wish.in_app}
    unmailed = [person for person, wish in choices.items() if not wish.email]
    shown = [person for person in people if person not in hidden] if hidden else people
    now = clock.now()
    rows = ManyTold(
        notice=notice,
        audience=audience,
        shown=shown,
        positions=await one_position_each(conn, list_prefix(notice.cell), shown),
        unmailed=unmailed,
        first_id=new_id(),
    )
    await store.insert_many(conn, rows, now=now)
    await _publish(conn, notice, shown, told=told_before + len(people), at=now)
    return len(people)


async def _publish(conn: Conn, notice: Notice, shown: Sequence[UUID], *, told: int, at: datetime) -> None:
    if not shown:
        return
    signal = PeopleTold(
        version=told,
        cause=notice.cause,
        kind=notice.kind,
        channel=Channel.IN_APP,
        event_id=notice.event_id,
        told_at=at,
        people=list(shown),
    )
    await publish(conn, signal, at=Origin(notice.cell, notice.network))
