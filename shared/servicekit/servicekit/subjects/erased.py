"""Who was erased is written down by every service: what is told about them later is not kept."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from servicekit.database import Conn


async def write_down(conn: Conn, person_id: UUID, *, at: datetime) -> None:
    """From now on nobody keeps anything about them; whoever is keeping something just now is waited for.

    What they kept is seen by the statements that follow, and by none before: this comes first.
    """
    await conn.execute("SELECT servicekit.write_down_erased($1, $2)", person_id, at)


async def erased(conn: Conn, people: Collection[UUID]) -> set[UUID]:
    """Those of these who were erased. Until this transaction ends none of the others is."""
    if not people:
        return set()
    rows = await conn.fetch("SELECT servicekit.erased_among($1::uuid[]) AS person_id", list(set(people)))
    return {row["person_id"] for row in rows}
