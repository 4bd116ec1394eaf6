"""Each partner that was given something about a person is told that they are erased, in the feed like all else."""

from datetime import datetime
from typing import Any
from uuid import UUID

from notifications_service.erasures import store
from notifications_service.erasures.store import Given
from notifications_service.streams import store as streams
from notifications_service.streams.actions import feed
from notifications_service.streams.model import ERASED, proof
from notifications_service.streams.store import NewItem
from notifications_service.tellings import store as ledger
from notifications_service.webhooks import store as webhooks
from servicekit.consumers import Serves
from servicekit.database import Conn
from servicekit.feeds import next_positions


async def tell(
    conn: Conn,
    person_id: UUID,
    *,
    erasure_id: UUID,
    signal_id: UUID,
    cell: str,
    network: str,
    serves: Serves,
    now: datetime,
) -> int:
    """Append an item to the feed of each agreement that is served here, once; returns to how many."""
    untold = [given for given in await store.untold(conn, person_id) if serves(given.cell)]
    if not untold:
        return 0
    await ledger.take_turn(conn, {cell})
    await streams.take_turn(conn)
    positions = await next_positions(conn, {feed(given.agreement_id): 1 for given in untold})
    items = [
        NewItem(
            agreement_id=given.agreement_id,
            position=positions[feed(given.agreement_id)],
            signal_id=signal_id,
            type=ERASED,
            time=now,
            network=network,
            data=(data := known_as(given, person_id)),
            sha256=proof(data),
            salt="",
            person_id=None,
            sector=None,
            organisation=None,
        )
        for given in untold
    ]
    await streams.append(conn, items, now=now)
    await webhooks.queue_for_all(conn, items, now=now)
    await store.note_told(
        conn, person_id, {item.agreement_id: item.position for item in items}, erasure_id=erasure_id, now=now
    )
    return len(items)


def known_as(given: Given, person_id: UUID) -> dict[str, Any]:
    """By what the partner can find what it holds: the person's id where it was given that, else the items' own ids."""
    return {"person_id": str(person_id)} if given.by_name else {"ids": [str(item) for item in given.items]}
