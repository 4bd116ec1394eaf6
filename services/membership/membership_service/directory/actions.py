"""Choosing what one shows, under the lock of one's own row."""

from datetime import datetime
from uuid import UUID

from membership_service.directory import store
from membership_service.directory.model import Choice
from membership_service.people import store as people
from servicekit.database import Conn


async def choose(conn: Conn, person_id: UUID, shown: str, *, expected_version: int, at: datetime) -> Choice:
    """Raises PreconditionFailed. It counts from the next request on: nobody keeps a copy."""
    await people.lock(conn, person_id)
    chosen = (await store.choice(conn, person_id)).change(shown, expected_version=expected_version)
    await store.save(conn, chosen, at=at)
    return chosen
