"""Keep who somebody is and where mail reaches them; mail that waits for an address is the sender's affair."""

from collections.abc import Sequence
from uuid import UUID

from membership_contracts import Profile
from notifications_service.people import store
from notifications_service.people.store import KeptProfile
from servicekit.consumers import Delivery, Removal
from servicekit.database import Conn
from servicekit.subjects import erased


async def keep_profiles(conn: Conn, deliveries: Sequence[Delivery[Profile]]) -> None:
    """But for those who are erased: topics keep no order between each other, and a profile may come after that."""
    gone = await erased(conn, [delivery.data.person_id for delivery in deliveries])
    await store.keep(conn, [_profile(delivery) for delivery in deliveries if delivery.data.person_id not in gone])


async def forget_profile(conn: Conn, removal: Removal) -> None:
    await store.forget(conn, UUID(removal.key), removal.cell, version=removal.version)


def _profile(delivery: Delivery[Profile]) -> KeptProfile:
    profile = delivery.data
    return KeptProfile(
        person_id=profile.person_id,
        cell=delivery.cell,
        version=profile.version,
        given_name=profile.given_name,
        family_name=profile.family_name,
        email=profile.email,
    )
