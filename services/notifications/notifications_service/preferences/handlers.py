"""Keep what people have said at any deployment, this one included."""

from collections.abc import Sequence

from notifications_contracts import PreferenceChanged
from notifications_service.preferences import store
from notifications_service.preferences.model import Kept, Word
from servicekit.consumers import Delivery
from servicekit.database import Conn
from servicekit.subjects import erased


async def keep_preferences(conn: Conn, deliveries: Sequence[Delivery[PreferenceChanged]]) -> None:
    gone = await erased(conn, [delivery.data.person_id for delivery in deliveries])
    await store.merge(conn, [_kept(delivery.data) for delivery in deliveries if delivery.data.person_id not in gone])


def _kept(changed: PreferenceChanged) -> Kept:
    return Kept(
        person_id=changed.person_id,
        word=Word(kind=changed.kind, channel=changed.channel, network_id=changed.network_id, wanted=changed.wanted),
        version=changed.version,
        changed_at=changed.changed_at,
    )
