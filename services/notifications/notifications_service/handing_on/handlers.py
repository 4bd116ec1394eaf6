"""The national deployment mails what regions hand on to it; it alone serves the cell on which that travels."""

from collections.abc import Sequence

from notifications_contracts import TellingHandedOn
from notifications_service.handing_on import actions
from notifications_service.handing_on.model import HandedOn
from servicekit import clock
from servicekit.consumers import Delivery
from servicekit.database import Conn
from servicekit.subjects import erased


async def tell_for_the_region(conn: Conn, deliveries: Sequence[Delivery[TellingHandedOn]]) -> None:
    """But for those who are erased: their address will not come."""
    gone = await erased(conn, [delivery.data.person_id for delivery in deliveries])
    deliveries = [delivery for delivery in deliveries if delivery.data.person_id not in gone]
    old = {delivery.data.notification_id for delivery in deliveries if delivery.before_start}
    await actions.take_over(conn, [_handed_on(delivery) for delivery in deliveries], before_start=old, now=clock.now())


def _handed_on(delivery: Delivery[TellingHandedOn]) -> HandedOn:
    signal = delivery.data
    return HandedOn(
        notification_id=signal.notification_id,
        person_id=signal.person_id,
        cause=signal.cause,
        kind=signal.kind,
        cell=signal.cell,
        network=delivery.network,
        event_id=signal.event_id,
        event_version=signal.event_version,
        registration_id=signal.registration_id,
        registration_version=signal.registration_version,
        place_in_line=signal.place_in_line,
        message_id=signal.message_id,
    )
