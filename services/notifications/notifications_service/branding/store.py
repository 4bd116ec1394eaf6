"""Templates: every version that ever was; the newest of the nearest network is the one that counts."""

from collections.abc import Sequence
from dataclasses import astuple
from uuid import UUID

import asyncpg

from notifications_service.branding.model import Template, Version
from servicekit.database import Conn


async def lock(conn: Conn, network_id: UUID) -> None:
    """Stands for the lock of the network's row, under whose key templates are published."""
    await conn.execute("SELECT pg_advisory_xact_lock(hashtextextended('template of ' || $1::text, 0))", str(network_id))


async def find(conn: Conn, network_id: UUID, *, version: int | None = None) -> Version | None:
    """A network's own template: this version, or the newest."""
    row = await conn.fetchrow(
        """
        SELECT network_id, version, sender_name, banner, colour, text_colour, subject_prefix, before, after, changed_at
          FROM templates
         WHERE network_id = $1 AND ($2::int IS NULL OR version = $2)
         ORDER BY version DESC
         LIMIT 1
        """,
        network_id,
        version,
    )
    return _version(row) if row else None


async def nearest(conn: Conn, paths: Sequence[str]) -> dict[str, Version]:
    """What the mails of the network at each path look like: the nearest network's that has something to say."""
    rows = await conn.fetch(
        """
        SELECT DISTINCT ON (wanted.path) wanted.path AS asked,
               t.network_id, t.version, t.sender_name, t.banner, t.colour, t.text_colour, t.subject_prefix,
               t.before, t.after, t.changed_at
          FROM unnest($1::text[]) AS wanted (path)
          JOIN access_networks n ON n.path @> wanted.path::ltree
         CROSS JOIN LATERAL (SELECT network_id, version, sender_name, banner, colour, text_colour, subject_prefix,
                                    before, after, changed_at
                                 FROM templates
                                WHERE templates.network_id = n.network_id
                                ORDER BY version DESC
                                LIMIT 1) t
         WHERE t.sender_name || t.banner || t.colour || t.subject_prefix || t.before || t.after <> ''
         ORDER BY wanted.path, nlevel(n.path) DESC
        """,
        sorted(set(paths)),
    )
    return {row["asked"]: _version(row) for row in rows}


async def insert(conn: Conn, versions: Sequence[Version]) -> None:
    """Add versions; one that is there stays as it is."""
    await conn.executemany(
        """
        INSERT INTO templates (network_id, version, changed_at, sender_name, banner, colour, text_colour,
                               subject_prefix, before, after)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            ON CONFLICT (network_id, version) DO NOTHING
        """,
        [(one.network_id, one.version, one.changed_at, *astuple(one.template)) for one in versions],
    )


def _version(row: "asyncpg.Record") -> Version:
    parts = ("sender_name", "banner", "colour", "text_colour", "subject_prefix", "before", "after")
    return Version(
        network_id=row["network_id"],
        version=row["version"],
        template=Template(**{part: row[part] for part in parts}),
        changed_at=row["changed_at"],
    )
