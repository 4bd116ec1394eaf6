"""Give partners what their agreements say: numbered without a gap, the agreed fields and nothing else."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from notifications_service.streams import store
from notifications_service.streams.model import agreed
from notifications_service.streams.store import NewItem, Sent
from notifications_service.tellings import store as ledger
from servicekit import clock
from servicekit.contract import Signal, Tag, tags
from servicekit.database import Conn
from servicekit.feeds import next_positions

HARMLESS = frozenset({Tag.NONE, Tag.CONTENT})


async def append(
    conn: Conn, cell: str, signal: type[Signal], sent: Sequence[Sent], data: Sequence[dict[str, Any]]
) -> int:
    """Append these signals of one type to the feed of every agreement that they are for; returns how often.

    cell: that of the signals. data: whole, of each.
    """
    found = await store.matches(conn, signal.type, sent)
    if not found:
        return 0
    await ledger.take_turn(conn, {cell})
    await store.take_turn(conn)
    wanted: dict[str, int] = {}
    for match in found:
        wanted[feed(match.agreement_id)] = wanted.get(feed(match.agreement_id), 0) + 1
    following = await next_positions(conn, wanted)
    harmless = harmless_fields(signal)
    items = []
    for match in found:
        one, position = sent[match.place], following[feed(match.agreement_id)]
        following[feed(match.agreement_id)] += 1
        items.append(
            NewItem(
                agreement_id=match.agreement_id,
                position=position,
                signal_id=one.signal_id,
                type=signal.type,
                time=one.time,
                network=one.network,
                data=agreed(data[match.place], match.fields, harmless=harmless),
            )
        )
    await store.append(conn, items, now=clock.now())
    return len(items)


def harmless_fields(signal: type[Signal]) -> frozenset[str]:
    """Fields of a signal's data in which nothing about a person can stand, at any depth."""
    told = dict(tags(signal))
    return frozenset(
        name
        for name in signal.model_fields
        if all(tag in HARMLESS for path, tag in told.items() if path == name or path.startswith(f"{name}."))
    )


def feed(agreement_id: UUID) -> str:
    return f"stream:{agreement_id}"
