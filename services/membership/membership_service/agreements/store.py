"""Agreements in the database."""

from uuid import UUID

import orjson
from asyncpg import Record

from membership_service.agreements.model import Agreement
from servicekit.database import Conn
from servicekit.problem import NothingHere


async def lock(conn: Conn, agreement_id: UUID) -> Agreement:
    """Hold the agreement's row, then read it. Raises NothingHere."""
    await conn.execute("SELECT FROM agreements WHERE id = $1 FOR UPDATE", agreement_id)
    return await get(conn, agreement_id)


async def hold(conn: Conn, agreement_id: UUID) -> Agreement:
    """The agreement, which does not end until this transaction does. Raises NothingHere."""
    await conn.execute("SELECT FROM agreements WHERE id = $1 FOR SHARE", agreement_id)
    return await get(conn, agreement_id)


async def get(conn: Conn, agreement_id: UUID) -> Agreement:
    """Raises NothingHere."""
    row = await conn.fetchrow(
        """
        SELECT id, network_id, body, client_id, issuer, purpose, networks, fields, starts_on, ends_on, ended, version,
               consent_needed
          FROM agreements
         WHERE id = $1
        """,
        agreement_id,
    )
    if row is None:
        raise NothingHere
    return _agreement(row)


async def page_of(conn: Conn, network_id: UUID, *, after: UUID | None, limit: int) -> list[Agreement]:
    """Those that this very network made, the oldest first."""
    rows = await conn.fetch(
        """
        SELECT id, network_id, body, client_id, issuer, purpose, networks, fields, starts_on, ends_on, ended, version,
               consent_needed
          FROM agreements
         WHERE network_id = $1 AND ($2::uuid IS NULL OR id > $2)
         ORDER BY id
         LIMIT $3
        """,
        network_id,
        after,
        limit,
    )
    return [_agreement(row) for row in rows]


async def add(conn: Conn, agreement: Agreement) -> None:
    await conn.execute(
        """
        INSERT INTO agreements
               (id, network_id, body, client_id, issuer, purpose, networks, fields, starts_on, ends_on, version,
                consent_needed)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        """,
        agreement.id,
        agreement.network_id,
        agreement.body,
        agreement.client_id,
        agreement.issuer,
        agreement.purpose,
        list(agreement.networks),
        orjson.dumps({name: list(fields) for name, fields in agreement.fields.items()}).decode(),
        agreement.starts_on,
        agreement.ends_on,
        agreement.version,
        list(agreement.consent_needed),
    )


async def save(conn: Conn, agreement: Agreement) -> None:
    """Only its end ever changes."""
    await conn.execute(
        "UPDATE agreements SET ends_on = $2, ended = $3, version = $4 WHERE id = $1",
        agreement.id,
        agreement.ends_on,
        agreement.ended,
        agreement.version,
    )


def _agreement(row: Record) -> Agreement:
    return Agreement(
        id=row["id"],
        network_id=row["network_id"],
        body=row["body"],
        client_id=row["client_id"],
        issuer=row["issuer"],
        purpose=row["purpose"],
        networks=tuple(row["networks"]),
        fields=orjson.loads(row["fields"]),
        consent_needed=tuple(row["consent_needed"]),
        starts_on=row["starts_on"],
        ends_on=row["ends_on"],
        ended=row["ended"],
        version=row["version"],
    )
