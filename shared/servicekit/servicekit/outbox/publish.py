"""Publishing is a row in the caller's transaction, inserted after the row whose id is the key is locked."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from servicekit import clock, command, contract
from servicekit.cells import topic
from servicekit.command import Command
from servicekit.contract import Signal
from servicekit.crash_points import Point, reached
from servicekit.database import Conn
from servicekit.envelope import Origin, encode
from servicekit.ids import new_id

URGENT, ORDINARY = 0, 1
"""Lanes of the relay: grants go before everything else, so that a revocation never waits."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    signal: Signal
    at: Origin
    command: Command | None = None
    """Whose signal it is where a group of requests is served in one transaction; else it is the present one's."""


async def publish(conn: Conn, *signals: Signal, at: Origin) -> None:
    """Publish on the cell of `at`. The caller holds the lock of the row whose id is each signal's key."""
    await publish_all(conn, [Outgoing(signal, at) for signal in signals])


async def publish_all(conn: Conn, outgoing: Sequence[Outgoing]) -> None:
    """Publish many, in this order, in one statement."""
    if not outgoing:
        return
    now, trace = clock.now(), command.traceparent.get()
    rows = []
    for item in outgoing:
        signal, signal_id, of = item.signal, new_id(), item.command
        name, key = topic(item.at.cell, signal.service(), signal.stream), signal.key
        lane = URGENT if signal.stream == contract.GRANTS else ORDINARY
        body = encode(
            signal, id=signal_id, time=now, origin=item.at, traceparent=trace if of is None else of.traceparent
        )
        rows.append((signal_id, lane, name, key, signal.type, signal.subject, signal.version, body))
        if of is not None:
            of.published[name, key] = signal_id
    await _insert(conn, rows)


@dataclass(frozen=True, slots=True)
class ProfileDue:
    """A person whose profile changed in these cells."""

    person_id: UUID
    version: int
    cells: Sequence[str]


async def announce_profile(
    conn: Conn, profile: type[Signal], person_id: UUID, *, version: int, cells: Sequence[str]
) -> None:
    """Say that a person's profile changed in these cells; the relay renders the row, or a tombstone, when it sends.

    No ledger holds the profile itself, so none can bring an erased person back.
    """
    await announce_profiles(conn, profile, [ProfileDue(person_id, version, cells)])


async def announce_profiles(conn: Conn, profile: type[Signal], due: Sequence[ProfileDue]) -> None:
    """The same for many persons, in one statement."""
    await _insert(
        conn,
        [
            (
                new_id(),
                ORDINARY,
                topic(cell, profile.service(), profile.stream),
                str(one.person_id),
                profile.type,
                str(one.person_id),
                one.version,
                None,
            )
            for one in due
            for cell in one.cells
        ],
    )


_Row = tuple[UUID, int, str, str, str, str, int, bytes | None]


async def _insert(conn: Conn, rows: Sequence[_Row]) -> None:
    if not rows:
        return
    await conn.execute(
        """
        INSERT INTO servicekit.outbox (id, lane, topic, key, type, subject, version, body, published_at)
        SELECT id, lane, topic, key, type, subject, version, body, $9
          FROM unnest($1::uuid[], $2::smallint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[],
                      $8::bytea[])
               WITH ORDINALITY AS row (id, lane, topic, key, type, subject, version, body, place)
         ORDER BY place
        """,
        *map(list, zip(*rows, strict=True)),
        clock.now(),
    )
    current = command.current.get()
    if current is not None:
        current.published.update({(row[2], row[3]): row[0] for row in rows})
    reached(Point.COMMAND_SIGNALS_WRITTEN)
