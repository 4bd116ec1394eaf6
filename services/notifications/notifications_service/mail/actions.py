"""Write down what came of mails, and say of those that were accepted that somebody was told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from notifications_service.bounces import actions as bounces
from notifications_service.bounces.model import Refusal
from notifications_service.mail import store
from notifications_service.mail.store import Due, Result
from notifications_service.tellings import actions as tellings
from notifications_service.tellings import store as ledger
from notifications_service.tellings.model import Channel, Kind, Outcome, Settled, Telling
from servicekit.database import Conn
from servicekit.outbox import publish_all


@dataclass(frozen=True, slots=True)
class Handled:
    """A mail, and what came of it."""

    due: Due
    outcome: Outcome
    settled: Settled
    said: str = ""
    refusal: Refusal | None = None
    """Where the server refused the address itself."""


async def settle(conn: Conn, handled: Sequence[Handled], *, sender: int, now: datetime) -> None:
    """Settle them together. What another sender has taken over meanwhile is left to that one."""
    await ledger.take_turn(conn, {item.due.cell for item in handled})
    results = [Result(item.due.id, item.settled, item.said) for item in handled]
    sent = await store.settle(conn, results, sender=sender, now=now)
    await bounces.take_refusals(conn, [item.refusal for item in handled if item.refusal is not None], now=now)
    await publish_all(
        conn,
        [
            tellings.told(_telling(item.due), notification_id=item.due.id, channel=Channel.EMAIL, at=now)
            for item in handled
            if item.due.id in sent
        ],
    )


def _telling(due: Due) -> Telling:
    return Telling(
        cause=due.cause,
        person_id=due.person_id,
        kind=Kind(due.kind),
        event_id=due.event_id,
        cell=due.cell,
        network=due.network,
    )
