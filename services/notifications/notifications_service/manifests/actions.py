"""Close a day: under the turn of those who append, so that nothing of it is still on its way."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from notifications_service.manifests import store
from notifications_service.manifests.model import end_of
from notifications_service.manifests.signing import Signer
from notifications_service.manifests.store import Signed
from notifications_service.streams import store as streams
from servicekit import clock
from servicekit.database import Conn


async def close_a_day(
    conn: Conn, cells: Collection[str], *, signer: Signer, issuer: str, kept_for: timedelta, now: datetime
) -> int:
    """Make the manifests of the oldest day that is over and lacks some. Returns how many; 0 where none is lacking."""
    await streams.take_turn(conn)
    today = clock.london_day(now)
    earliest, latest = today - kept_for, today - timedelta(days=1)
    day = await store.first_day_without(conn, cells, earliest=earliest, latest=latest)
    if day is None:
        return 0
    return await _close(conn, cells, day, signer=signer, issuer=issuer, now=now)


async def _close(conn: Conn, cells: Collection[str], day: date, *, signer: Signer, issuer: str, now: datetime) -> int:
    manifests = await store.unsigned(conn, cells, day, ended_at=end_of(day, clock.LONDON))
    signed = [Signed(one, signer.sign(one.claims(issuer=issuer, at=now))) for one in manifests]
    await store.add(conn, signed, now=now)
    return len(signed)
