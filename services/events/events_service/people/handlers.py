"""What is done with profiles as they arrive: a name per cell is kept, or forgotten again."""

from collections.abc import Sequence
from uuid import UUID

from events_service.people import store
from events_service.people.store import Name
from membership_contracts import Profile
from servicekit.consumers import Delivery, Removal
from servicekit.database import Conn


async def keep_names(conn: Conn, profiles: Sequence[Delivery[Profile]]) -> None:
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
        ],
    )


async def forget_name(conn: Conn, removal: Removal) -> None:
    """A tombstone takes away only what came from its cell."""
    await store.drop(conn, UUID(removal.key), removal.cell, version=removal.version)
