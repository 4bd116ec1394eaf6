"""Joining links in PostgreSQL; no statement of another folder reads them."""

from uuid import UUID

from events_service.joining.model import JoiningLink
from servicekit.database import Conn


async def get(conn: Conn, event_id: UUID) -> JoiningLink:
    """The link, or that there is none."""
    row = await conn.fetchrow("SELECT event_id, link, version FROM joining_links WHERE event_id = $1", event_id)
    return JoiningLink(**row) if row else JoiningLink(event_id=event_id, link=None, version=0)


async def save(conn: Conn, link: JoiningLink) -> None:
    await conn.execute(
        """
        INSERT INTO joining_links (event_id, link, version)
        VALUES ($1, $2, $3)
            ON CONFLICT (event_id) DO UPDATE SET link = excluded.link, version = excluded.version
        """,
        link.event_id,
        link.link,
        link.version,
    )
