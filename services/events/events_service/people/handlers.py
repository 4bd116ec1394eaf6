"""What is done with profiles as they arrive: a name per cell is kept, or forgotten again."""

from collections.abc import Sequence
from uuid import UUID

from events_service.people import store
from events_service.people.store import Name
from membership_contracts import Profile
from servicekit.consumers import Delivery, Removal
from servicekit.database import Conn
from servicekit.subjects import erased


async def keep_names(conn: Conn, profiles: Sequence[Delivery[Profile]]) -> None:
    """But for those who are erased: topics keep no order between each other, and a profile may come after that."""
    gone = await erased(conn, [profile.data.person_id for profile in profiles])
    await store.keep(
        conn,
        [
            Name(
                person_id=profile.data.person_id,
                cell=profile.cell,
                version=profile.data.version,
                given_name=profile.data.given_name,
                family_name=profile.data.family_name,
            )
            for profile in profiles
            if profile.data.person_id not in gone
        ],
    )


async def forget_name(conn: Conn, removal: Removal) -> None:
    """A tombstone takes away only what came from its cell."""
    await store.drop(conn, UUID(removal.key), removal.cell, version=removal.version)
