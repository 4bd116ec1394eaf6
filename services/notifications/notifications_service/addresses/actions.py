"""Suppress an address, and let mail go there again: written down and published together."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from notifications_contracts import AddressConfirmed, AddressSuppressed
from notifications_service.addresses import store
from notifications_service.addresses.model import Hashes, Reason, Standing, State
from notifications_service.preferences.actions import NATIONWIDE
from notifications_service.preferences.store import lock
from servicekit.database import Conn
from servicekit.ids import new_id
from servicekit.outbox import publish
from servicekit.problem import Conflict, Invalid


class NotSuppressed(Conflict):
    code = "not-suppressed"
    title = "Mail is sent to this address"


class NoAddress(Conflict):
    code = "no-address"
    title = "No address of yours is known here"


class LinkUsed(Invalid):
    code = "link-used"
    title = "This link has done its work"


async def suppress(
    conn: Conn, person_id: UUID, addresses: Sequence[str], *, reason: Reason, mail: UUID | None, now: datetime
) -> bool:
    """No more mail to this address of this person, whose names these are (the current first); False where it is so."""
    await lock(conn, person_id)
    known = await store.find(conn, person_id, addresses)
    if known is not None and known.state == State.SUPPRESSED:
        return False
    standing = Standing(
        person_id=person_id,
        address=known.address if known else addresses[0],
        version=known.version + 1 if known else 1,
        state=State.SUPPRESSED,
        reason=reason,
        changed_at=now,
    )
    await store.merge(conn, [standing])
    await publish(
        conn,
        AddressSuppressed(
            version=standing.version,
            person_id=person_id,
            address=standing.address,
            reason=reason,
            notification_id=mail,
            suppressed_at=now,
        ),
        at=NATIONWIDE,
    )
    return True


async def suppressed(conn: Conn, person_id: UUID, hashes: Hashes) -> Standing | None:
    """The person's present address, where it is suppressed."""
    address = await store.current_address(conn, person_id)
    known = await store.find(conn, person_id, hashes.every(address)) if address else None
    return known if known is not None and known.state == State.SUPPRESSED else None


async def ask(conn: Conn, person_id: UUID, *, hashes: Hashes, cell: str, network: str, now: datetime) -> None:
    """Mail the person a link to confirm their present address with, once an hour at most."""
    if await store.current_address(conn, person_id) is None:
        raise NoAddress("No e-mail address of yours has arrived here yet; ask again shortly.", retry_after=1)
    standing = await suppressed(conn, person_id, hashes)
    if standing is None:
        raise NotSuppressed("Mail is sent to your address: there is nothing to confirm.")
    cause = f"address:{standing.address}@{standing.version}:{now:%Y-%m-%dT%H}"
    await store.queue_confirmation(
        conn, mail_id=new_id(), cause=cause, person_id=person_id, cell=cell, network=network, now=now
    )


async def confirm(conn: Conn, person_id: UUID, address: str, *, version: int, now: datetime) -> None:
    """Mail goes to this address again. version: the suppression that the link was sent for, so that it works once."""
    await lock(conn, person_id)
    known = await store.find(conn, person_id, [address])
    if known is None or known.state != State.SUPPRESSED or known.version != version:
        raise LinkUsed("This link has been used, or the address has come back again since it was sent.")
    await store.merge(
        conn,
        [
            Standing(
                person_id=person_id,
                address=address,
                version=version + 1,
                state=State.CONFIRMED,
                reason=None,
                changed_at=now,
            )
        ],
    )
    await publish(
        conn,
        AddressConfirmed(version=version + 1, person_id=person_id, address=address, confirmed_at=now),
        at=NATIONWIDE,
    )
