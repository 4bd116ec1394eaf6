"""Mail about the running of a subscription: to the address its owner gave, and to the leads who answer for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from notifications_service.webhooks.endpoints import Troubled
from servicekit import clock
from servicekit.database import Conn

LEASE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One mail, in plain text. cause: it goes to each recipient once."""

    cause: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DueMail:
    id: UUID
    subject: str
    body: str
    attempts: int
    created_at: datetime
    address: str | None
    """None where the person has no address here now."""


def about_failing(troubled: Troubled, *, disable_after: timedelta) -> Words:
    assert troubled.failing_since is not None
    until = troubled.failing_since + disable_after
    return Words(
        cause=f"webhook:{troubled.id}:failing@{troubled.failing_since.isoformat()}",
        subject=f"Webhooks to {_one_line(troubled.body)} are failing",
        body=(
            f"The webhook of {_one_line(troubled.body)} at {_server(troubled)} has failed since"
            f" {_instant(troubled.failing_since)}.\nThe last failure: {troubled.last_failure}.\n\n"
            f"Each signal is tried again for days. If nothing has succeeded by {_instant(until)}, the webhook is"
            " switched off. Nothing is lost by that: whatever was missed can be replayed for 30 days, and the stream"
            " can be read as before.\n\n"
            f"Subscription {troubled.id}, agreement {troubled.agreement_id}."
        ),
    )


def about_disabling(troubled: Troubled) -> Words:
    why = (
        "it answered 410, which says that nobody is there any more"
        if troubled.disabled_because == "gone"
        else f"nothing has succeeded since {_instant(troubled.failing_since)}"
        if troubled.failing_since
        else "nothing succeeds there"
    )
    since = troubled.failing_since.isoformat() if troubled.failing_since else "now"
    return Words(
        cause=f"webhook:{troubled.id}:disabled@{since}",
        subject=f"Webhooks to {_one_line(troubled.body)} are switched off",
        body=(
            f"The webhook of {_one_line(troubled.body)} at {_server(troubled)} is switched off: {why}.\n\n"
            "Once the receiver answers again, send a test, switch the subscription on (PATCH with active: true) and"
            " replay what was missed, which is kept for 30 days. The stream can be read as before.\n\n"
            f"Subscription {troubled.id}, agreement {troubled.agreement_id}."
        ),
    )


async def tell(conn: Conn, troubled: Troubled, words: Words, *, now: datetime) -> None:
    """Queue the mail for the contact and for each lead of the network that made the agreement."""
    await conn.execute(
        """
        INSERT INTO operational_mails (cause, address, person_id, subject, body, state, created_at, next_attempt_at)
        SELECT $1, told.address, told.person_id, $2, $3, 'queued', $4, $4
          FROM (SELECT $5::text AS address, NULL::uuid AS person_id
                UNION ALL
                SELECT NULL, lead.person_id
                  FROM (SELECT DISTINCT g.person_id
                          FROM access_grants g
                         WHERE g.network_id = $6 AND g.role = 'lead' AND g.starts_at <= $4
                           AND (g.ends_at IS NULL OR $4 < g.ends_at)) AS lead) AS told
            ON CONFLICT DO NOTHING
        """,
        words.cause,
        words.subject,
        words.body,
        now,
        troubled.contact_email,
        troubled.network_id,
    )


async def claim(conn: Conn, *, claim: UUID, limit: int, now: datetime) -> list[DueMail]:
    """Mails that are ours for a while; a person's address is looked up now."""
    rows = await conn.fetch(
        """
        WITH due AS (
            SELECT id FROM operational_mails
             WHERE state = 'queued' AND next_attempt_at <= $1
             ORDER BY next_attempt_at
             LIMIT $2
               FOR UPDATE SKIP LOCKED
        ), claimed AS (
            UPDATE operational_mails m SET claim = $3, next_attempt_at = $1 + $4::interval
              FROM due WHERE m.id = due.id
            RETURNING m.id, m.subject, m.body, m.attempts, m.created_at, m.address, m.person_id)
        SELECT c.id, c.subject, c.body, c.attempts, c.created_at,
               coalesce(c.address, (SELECT p.email FROM people p WHERE p.person_id = c.person_id
                                     ORDER BY p.version DESC LIMIT 1)) AS address
          FROM claimed c
        """,
        now,
        limit,
        claim,
        LEASE,
    )
    return [DueMail(**row) for row in rows]


async def settle(
    conn: Conn,
    claim: UUID,
    ids: Sequence[UUID],
    states: Sequence[str],
    next_at: Sequence[datetime | None],
    failures: Sequence[str | None],
    *,
    now: datetime,
) -> None:
    await conn.execute(
        """
        UPDATE operational_mails m
           SET state = r.state, attempts = m.attempts + 1, failure = r.failure, claim = NULL,
               next_attempt_at = coalesce(r.next_at, m.next_attempt_at),
               sent_at = CASE WHEN r.state = 'sent' THEN $6::timestamptz END
          FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[]) AS r (id, state, next_at, failure)
         WHERE m.id = r.id AND m.claim = $5
        """,
        list(ids),
        list(states),
        list(next_at),
        list(failures),
        claim,
        now,
    )


async def forget(conn: Conn, *, before: datetime) -> None:
    await conn.execute("DELETE FROM operational_mails WHERE created_at < $1", before)


def _server(troubled: Troubled) -> str:
    """Name and port: paths and queries may hold what only their owner should see."""
    return urlsplit(troubled.url).netloc


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _instant(at: datetime) -> str:
    local = at.astimezone(clock.LONDON)
    return f"{local.day} {local:%B %Y, %H:%M}"
