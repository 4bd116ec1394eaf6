"""Forget a person wherever something of theirs is, and answer for the cells that are served here."""

from analytics_contracts import ErasureCarriedOut
from analytics_service.held import HELD
from membership_contracts import PersonErased
from servicekit import clock
from servicekit.consumers import Delivery
from servicekit.database import Conn
from servicekit.envelope import Origin
from servicekit.outbox import publish
from servicekit.subjects import forget, write_down


async def forget_person(conn: Conn, erased: Delivery[PersonErased]) -> None:
    """First it is written down, so that nobody keeps anything more; doing it again changes nothing."""
    await write_down(conn, erased.data.person_id, at=clock.now())
    await forget(conn, HELD, erased.data.person_id)


async def carry_out_erasure(conn: Conn, erased: Delivery[PersonErased]) -> None:
    """The receipt leaves with what it speaks of: one transaction."""
    receipt = ErasureCarriedOut(version=erased.data.version, erasure_id=erased.data.erasure_id, at=clock.now())
    await publish(conn, receipt, at=Origin(erased.cell, erased.network))
