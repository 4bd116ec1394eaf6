"""Invitations in the database; whoever presents a secret sees that one alone."""

from uuid import UUID

from asyncpg import Record

from membership_service.invitations.model import Invitation, InvitationUnknown
from servicekit.database import Conn
from servicekit.problem import NothingHere


async def lock_presented(conn: Conn, secret_hash: bytes) -> Invitation:
    """Hold the invitation whose secret was brought, then read it. Raises InvitationUnknown."""
    await conn.execute("SELECT set_config('guildhall.presented', $1, true)", secret_hash.hex())
    await conn.execute("SELECT FROM invitations WHERE secret_hash = $1 FOR UPDATE", secret_hash)
    row = await conn.fetchrow(
        """
        SELECT i.id, i.network_id, n.path::text AS path, i.secret_hash, i.email::text AS email, i.invited_by,
               i.invited_at, i.expires_at, i.revoked_at, i.revoked_by, i.accepted_at, i.person_id
          FROM invitations i
          JOIN networks n ON n.id = i.network_id
         WHERE i.secret_hash = $1
        """,
        secret_hash,
    )
    if row is None:
        raise InvitationUnknown("No invitation has this secret: copy it whole, or ask a lead for another.")
    return _invitation(row)


async def lock(conn: Conn, invitation_id: UUID) -> Invitation:
    """Hold the invitation's row, then read it. Raises NothingHere."""
    await conn.execute("SELECT FROM invitations WHERE id = $1 FOR UPDATE", invitation_id)
    return await get(conn, invitation_id)


async def get(conn: Conn, invitation_id: UUID) -> Invitation:
    """Raises NothingHere."""
    row = await conn.fetchrow(
        """
        SELECT i.id, i.network_id, n.path::text AS path, i.secret_hash, i.email::text AS email, i.invited_by,
               i.invited_at, i.expires_at, i.revoked_at, i.revoked_by, i.accepted_at, i.person_id
          FROM invitations i
          JOIN networks n ON n.id = i.network_id
         WHERE i.id = $1
        """,
        invitation_id,
    )
    if row is None:
        raise NothingHere
    return _invitation(row)


async def page_of(conn: Conn, network_id: UUID, *, after: UUID | None, limit: int) -> list[Invitation]:
    """Invitations to this very network, the latest first."""
    rows = await conn.fetch(
        """
        SELECT i.id, i.network_id, n.path::text AS path, i.secret_hash, i.email::text AS email, i.invited_by,
               i.invited_at, i.expires_at, i.revoked_at, i.revoked_by, i.accepted_at, i.person_id
          FROM invitations i
          JOIN networks n ON n.id = i.network_id
         WHERE i.network_id = $1 AND ($2::uuid IS NULL OR i.id < $2)
         ORDER BY i.id DESC
         LIMIT $3
        """,
        network_id,
        after,
        limit,
    )
    return [_invitation(row) for row in rows]


async def add(conn: Conn, invitation: Invitation) -> None:
    await conn.execute(
        """
        INSERT INTO invitations (id, network_id, secret_hash, email, invited_by, invited_at, expires_at)
        VALUES ($1, $2, $3, $4::text::citext, $5, $6, $7)
        """,
        invitation.id,
        invitation.network_id,
        invitation.secret_hash,
        invitation.email,
        invitation.invited_by,
        invitation.invited_at,
        invitation.expires_at,
    )


async def save(conn: Conn, invitation: Invitation) -> None:
    """Only what became of it ever changes."""
    await conn.execute(
        """
        UPDATE invitations
           SET revoked_at = $2, revoked_by = $3, accepted_at = $4, person_id = $5
         WHERE id = $1
        """,
        invitation.id,
        invitation.revoked_at,
        invitation.revoked_by,
        invitation.accepted_at,
        invitation.person_id,
    )


def _invitation(row: Record) -> Invitation:
    return Invitation(
        id=row["id"],
        network_id=row["network_id"],
        path=row["path"],
        secret_hash=bytes(row["secret_hash"]),
        email=row["email"],
        invited_by=row["invited_by"],
        invited_at=row["invited_at"],
        expires_at=row["expires_at"],
        revoked_at=row["revoked_at"],
        revoked_by=row["revoked_by"],
        accepted_at=row["accepted_at"],
        person_id=row["person_id"],
    )
