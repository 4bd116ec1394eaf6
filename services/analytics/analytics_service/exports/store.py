"""Files for as long as they are kept; whose they are, row-level security decides."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from analytics_service.exports.model import ExportFile, Grounds
from servicekit.database import Conn

KIND = "report-export"
"""The kind of job that writes a file."""


async def add(conn: Conn, file: ExportFile) -> None:
    """Adding it again changes nothing."""
    await conn.execute(
        """
        INSERT INTO export_files (export_id, person_id, cell, network_id, action, exact, name, media_type, content,
                                  made_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            ON CONFLICT (export_id) DO NOTHING
        """,
        file.export_id,
        file.person_id,
        file.grounds.cell,
        file.grounds.network_id,
        file.grounds.action,
        file.grounds.exact,
        file.name,
        file.media_type,
        file.content,
        file.made_at,
        file.expires_at,
    )


async def find(conn: Conn, export_id: UUID, *, now: datetime) -> ExportFile | None:
    row = await conn.fetchrow(
        """
        SELECT export_id, person_id, cell, network_id, action, exact, name, media_type, content, made_at
          FROM export_files
         WHERE export_id = $1 AND expires_at > $2
        """,
        export_id,
        now,
    )
    if row is None:
        return None
    return ExportFile(
        export_id=row["export_id"],
        person_id=row["person_id"],
        grounds=Grounds(cell=row["cell"], network_id=row["network_id"], action=row["action"], exact=row["exact"]),
        name=row["name"],
        media_type=row["media_type"],
        content=row["content"],
        made_at=row["made_at"],
    )


async def lock_out_twins(conn: Conn, person_id: UUID) -> None:
    """One request of a person at a time counts what is kept."""
    await conn.execute("SELECT pg_advisory_xact_lock(hashtextextended('exports of ' || $1::uuid::text, 0))", person_id)


async def count_kept(conn: Conn, person_id: UUID, *, now: datetime) -> int:
    """Queued, or with a file that is still kept, of the person in whose scope the transaction runs."""
    count: int = await conn.fetchval(
        """
        SELECT (SELECT count(*) FROM servicekit.jobs
                 WHERE requested_by = $1 AND kind = $2 AND state IN ('queued', 'running'))
             + (SELECT count(*) FROM export_files WHERE person_id = $1 AND expires_at > $3)
        """,
        person_id,
        KIND,
        now,
    )
    return count


async def page(
    conn: Conn, cell: str, *, before: tuple[datetime, UUID] | None, limit: int
) -> Collection[dict[str, Any]]:
    """The caller's own exports in a cell, the latest first."""
    rows = await conn.fetch(
        """
        SELECT j.id, j.title, j.state, j.done, j.total, j.message, j.created_at, j.finished_at
          FROM servicekit.jobs j
         WHERE j.kind = $1 AND j.requested_by = servicekit.caller() AND j.parameters #>> '{grounds,cell}' = $2
           AND ($3::timestamptz IS NULL OR (j.created_at, j.id) < ($3, $4))
         ORDER BY j.created_at DESC, j.id DESC
         LIMIT $5
        """,
        KIND,
        cell,
        *(before or (None, None)),
        limit,
    )
    return [dict(row) for row in rows]


async def forget_expired(conn: Conn, *, now: datetime) -> int:
    rows = await conn.fetch("DELETE FROM export_files WHERE expires_at <= $1 RETURNING 1", now)
    return len(rows)
