"""Reports by their cause. Whoever reads as a person finds their own alone."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from notifications_service.reports.model import EXPIRED, Report
from servicekit.database import Conn


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A report as it was told of. link: None once it opens nothing. network: its name, where it is known here."""

    cause: str
    network: str | None
    report: str
    first: date
    last: date
    link: str | None
    expires_at: datetime


async def add(conn: Conn, report: Report, *, with_link: bool) -> bool:
    """Write it down; False where it stands there already. with_link: whether anybody is going to be told of it."""
    status = await conn.execute(
        """
        INSERT INTO reports (report_id, cause, person_id, network_id, report, first, last, link, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            ON CONFLICT (report_id) DO NOTHING
        """,
        report.report_id,
        report.cause,
        report.person_id,
        report.network_id,
        report.report,
        report.first,
        report.last,
        report.link if with_link else None,
        report.expires_at,
    )
    return status == "INSERT 0 1"


async def open_links(conn: Conn, causes: Collection[str], *, now: datetime) -> dict[str, str]:
    """What opens these, by their cause, as long as it does. The rows are held: no link is forgotten meanwhile."""
    if not causes:
        return {}
    rows = await conn.fetch(
        """
        SELECT cause, link
          FROM reports
         WHERE cause = ANY ($1::text[]) AND link IS NOT NULL AND expires_at > $2
           FOR SHARE
        """,
        list(causes),
        now,
    )
    return {row["cause"]: row["link"] for row in rows}


async def find(conn: Conn, causes: Collection[str]) -> dict[str, Kept]:
    if not causes:
        return {}
    rows = await conn.fetch(
        """
        SELECT r.cause, r.report, r.first, r.last, r.link, r.expires_at,
               (SELECT n.name FROM access_networks n WHERE n.network_id = r.network_id) AS network
          FROM reports r
         WHERE r.cause = ANY ($1::text[])
        """,
        list(causes),
    )
    return {row["cause"]: Kept(**row) for row in rows}


async def forget_links(conn: Conn, *, now: datetime) -> list[UUID]:
    """What opens nothing any more is kept no longer, in letters neither, and mailed no more; returns the reports."""
    rows = await conn.fetch(
        """
        WITH over AS (
            UPDATE reports SET link = NULL
             WHERE link IS NOT NULL AND expires_at <= $1
            RETURNING report_id, cause, person_id),
        mails AS (
            SELECT n.id FROM over JOIN notifications n USING (cause, person_id) WHERE n.channel = 'email'),
        unsent AS (
            UPDATE notifications n SET state = 'suppressed', failure = $2
              FROM mails
             WHERE n.id = mails.id AND n.state IN ('queued', 'waiting-for-address')),
        letters AS (
            UPDATE letters l
               SET facts = jsonb_set(l.facts::jsonb, '{link}',
                                     to_jsonb(regexp_replace(l.facts::jsonb ->> 'link', '[^/]*$', $2)))::text
              FROM mails
             WHERE l.notification_id = mails.id)
        SELECT report_id FROM over
        """,
        now,
        EXPIRED,
    )
    return [row["report_id"] for row in rows]
