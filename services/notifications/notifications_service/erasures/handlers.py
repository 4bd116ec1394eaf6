"""Forget a person wherever something of theirs is; tell partners of served agreements, answer for served cells."""

from collections.abc import Sequence

from membership_contracts import PersonErased
from notifications_contracts import ErasureCarriedOut
from notifications_service.erasures import partners
from notifications_service.held import HELD
from servicekit import clock
from servicekit.consumers import Delivery, Serves
from servicekit.database import Conn
from servicekit.envelope import Origin
from servicekit.outbox import publish
from servicekit.subjects import forget, write_down


async def write_down_who_is_erased(conn: Conn, erased: Delivery[PersonErased]) -> None:
    """Before all else: from now on nobody keeps or tells anything, and what they were just keeping is found."""
    await write_down(conn, erased.data.person_id, at=clock.now())


async def tell_partners(conn: Conn, deliveries: Sequence[Delivery[PersonErased]], serves: Serves) -> None:
    """While it is still known what each was given; the first cell that tells of an erasure is the only one."""
    for erased in deliveries:
        await partners.tell(
            conn,
            erased.data.person_id,
            erasure_id=erased.data.erasure_id,
            signal_id=erased.id,
            cell=erased.cell,
            network=erased.network,
            serves=serves,
            now=clock.now(),
        )


async def forget_person(conn: Conn, erased: Delivery[PersonErased]) -> None:
    """Doing it again changes nothing."""
    await forget(conn, HELD, erased.data.person_id)


async def carry_out_erasure(conn: Conn, erased: Delivery[PersonErased]) -> None:
    """The receipt leaves with what it speaks of: one transaction."""
    receipt = ErasureCarriedOut(version=erased.data.version, erasure_id=erased.data.erasure_id, at=clock.now())
    await publish(conn, receipt, at=Origin(erased.cell, erased.network))
