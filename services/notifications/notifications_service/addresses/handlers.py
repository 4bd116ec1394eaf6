"""Keep how addresses stand, as any deployment has told."""

from collections.abc import Sequence

from notifications_contracts import AddressConfirmed, AddressSuppressed
from notifications_service.addresses import store
from notifications_service.addresses.model import Standing, State
from servicekit.consumers import Delivery
from servicekit.database import Conn
from servicekit.subjects import erased


async def keep_suppressed(conn: Conn, deliveries: Sequence[Delivery[AddressSuppressed]]) -> None:
    gone = await erased(conn, [delivery.data.person_id for delivery in deliveries])
    await store.merge(
        conn,
        [
            Standing(
                person_id=delivery.data.person_id,
                address=delivery.data.address,
                version=delivery.data.version,
                state=State.SUPPRESSED,
                reason=delivery.data.reason,
                changed_at=delivery.data.suppressed_at,
            )
            for delivery in deliveries
            if delivery.data.person_id not in gone
        ],
    )


async def keep_confirmed(conn: Conn, deliveries: Sequence[Delivery[AddressConfirmed]]) -> None:
    gone = await erased(conn, [delivery.data.person_id for delivery in deliveries])
    await store.merge(
        conn,
        [
            Standing(
                person_id=delivery.data.person_id,
                address=delivery.data.address,
                version=delivery.data.version,
                state=State.CONFIRMED,
                reason=None,
                changed_at=delivery.data.confirmed_at,
            )
            for delivery in deliveries
            if delivery.data.person_id not in gone
        ],
    )
