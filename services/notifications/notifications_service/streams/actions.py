"""Give partners what their agreements say: numbered without a gap, the agreed fields and nothing else."""

import secrets
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from notifications_service.erasures import store as erasures
from notifications_service.streams import store
from notifications_service.streams.model import FOR_NO_PARTNER, agreed, proof
from notifications_service.streams.store import NewItem, Sent
from notifications_service.tellings import store as ledger
from notifications_service.webhooks import store as webhooks
from servicekit import clock
from servicekit.consumers.subscription import Serves, serves_all
from servicekit.contract import Signal, Tag, tags
from servicekit.crash_points import Point, reached
from servicekit.database import Conn
from servicekit.feeds import next_positions

HARMLESS = frozenset({Tag.NONE, Tag.CONTENT})
WITH_CONSENT = HARMLESS | {Tag.PSEUDONYM}
"""What may be given of a signal about a person who consents: never a name or an address."""


async def append(
    conn: Conn,
    cell: str,
    signal: type[Signal],
    sent: Sequence[Sent],
    data: Sequence[dict[str, Any]],
    *,
    serves: Serves = serves_all,
    withheld: Collection[str] = FOR_NO_PARTNER,
) -> int:
    """Append these signals of one type to the feed of every agreement that they are for; returns how often.

    cell: that of the signals. data: whole, of each. serves: only agreements of these cells have their feed here.
    withheld: types that are given to nobody; a seam for the test that withholds none.
    """
    if signal.type in withheld:
        return 0
    found = [match for match in await store.matches(conn, signal.type, sent) if serves(match.cell)]
    if not found:
        return 0
    await ledger.take_turn(conn, {cell})
    await store.take_turn(conn)
    wanted: dict[str, int] = {}
    for match in found:
        wanted[feed(match.agreement_id)] = wanted.get(feed(match.agreement_id), 0) + 1
    following = await next_positions(conn, wanted)
    reached(Point.STREAM_POSITIONS_DRAWN)
    items = []
    for match in found:
        one, position = sent[match.place], following[feed(match.agreement_id)]
        following[feed(match.agreement_id)] += 1
        items.append(_item(match, one, signal, position, data[match.place]))
    now = clock.now()
    await store.append(conn, items, now=now)
    await erasures.note_disclosed(conn, items, now=now)
    await webhooks.queue(conn, items, today=clock.london_day(now), now=now)
    return len(items)


def _item(match: store.Match, sent: Sent, signal: type[Signal], position: int, data: dict[str, Any]) -> NewItem:
    about_a_person = sent.person_id is not None
    given = agreed(data, match.fields, harmless=givable_fields(signal, with_consent=about_a_person))
    salt = secrets.token_hex(16) if about_a_person else ""
    return NewItem(
        agreement_id=match.agreement_id,
        position=position,
        signal_id=sent.signal_id,
        type=signal.type,
        time=sent.time,
        network=sent.network,
        data=given,
        sha256=proof(given, salt=salt),
        salt=salt,
        person_id=sent.person_id,
        sector=sent.sector,
        organisation=sent.organisation,
    )


async def take_back(conn: Conn, withdrawn: Sequence[tuple[UUID, UUID]]) -> None:
    """What is about these people leaves the feed for good: each item keeps its position and its hash, and no data.

    withdrawn: agreement and person.
    """
    await store.redact(conn, withdrawn, now=clock.now())


def harmless_fields(signal: type[Signal]) -> frozenset[str]:
    """Fields of a signal's data in which nothing about a person can stand, at any depth."""
    return givable_fields(signal, with_consent=False)


def givable_fields(signal: type[Signal], *, with_consent: bool) -> frozenset[str]:
    """Fields that may be agreed. with_consent: the signal's person has consented."""
    allowed = WITH_CONSENT if with_consent else HARMLESS
    told = dict(tags(signal))
    return frozenset(
        name
        for name in signal.model_fields
        if all(tag in allowed for path, tag in told.items() if path == name or path.startswith(f"{name}."))
    )


def feed(agreement_id: UUID) -> str:
    return f"stream:{agreement_id}"
