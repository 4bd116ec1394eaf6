"""What each mail was made of: written down before it leaves, and changed by no later template, event or release."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import orjson

from notifications_service.mail.moulds import Mould, Written
from servicekit.database import Conn


@dataclass(frozen=True, slots=True)
class Sheet:
    """One mail as it leaves. address: hash of where it goes."""

    notification_id: UUID
    person_id: UUID
    address: str
    written: Written


@dataclass(frozen=True, slots=True)
class Kept:
    """A mail as it left. state, told_at: where it stands now."""

    notification_id: UUID
    state: str
    told_at: datetime | None
    written: Written


async def keep(conn: Conn, sheets: Sequence[Sheet], *, now: datetime) -> None:
    """Write them down; a mail that goes once more is what it is the second time."""
    if not sheets:
        return
    moulds = {sheet.written.mould_id: sheet.written.mould for sheet in sheets}
    await conn.executemany(
        """
        INSERT INTO moulds (id, template_network_id, template_version, heads, text, html, made_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (id) DO NOTHING
        """,
        [
            (name, mould.template_network_id, mould.template_version, mould.heads, mould.text, mould.html, now)
            for name, mould in sorted(moulds.items())
        ],
    )
    await conn.execute(
        """
        INSERT INTO letters (notification_id, person_id, mould, facts, address, written_at)
        SELECT *, $6::timestamptz FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[])
            ON CONFLICT (notification_id) DO UPDATE
           SET mould = excluded.mould, facts = excluded.facts, address = excluded.address,
               written_at = excluded.written_at
        """,
        [sheet.notification_id for sheet in sheets],
        [sheet.person_id for sheet in sheets],
        [sheet.written.mould_id for sheet in sheets],
        [orjson.dumps(dict(sheet.written.facts)).decode() for sheet in sheets],
        [sheet.address for sheet in sheets],
        now,
    )


async def find(conn: Conn, cell: str, person_id: UUID, notification_id: UUID) -> Kept | None:
    """The mail of a telling that is named by its mail or by its item in the application."""
    row = await conn.fetchrow(
        """
        SELECT mail.id, mail.state, mail.told_at, l.mould, l.facts, m.heads, m.text, m.html,
               m.template_network_id, m.template_version
          FROM notifications asked
          JOIN notifications mail ON mail.cause = asked.cause AND mail.person_id = asked.person_id
                                 AND mail.channel = 'email'
          JOIN letters l ON l.notification_id = mail.id
          JOIN moulds m ON m.id = l.mould
         WHERE asked.id = $3 AND asked.cell = $1 AND asked.person_id = $2
        """,
        cell,
        person_id,
        notification_id,
    )
    if row is None:
        return None
    mould = Mould(bytes(row["heads"]), row["text"], row["html"], row["template_network_id"], row["template_version"])
    return Kept(row["id"], row["state"], row["told_at"], Written(row["mould"], mould, orjson.loads(row["facts"])))
