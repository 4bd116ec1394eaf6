"""Figures that analytics published on the national cell, kept as they were published: regions are compared by them."""

from collections.abc import Sequence

from analytics_contracts import ActiveMembersCounted, MembersCounted, RetentionCounted
from analytics_service.disclosure.retention import JOINED
from servicekit.cells import NATIONAL
from servicekit.consumers import Delivery
from servicekit.database import Conn


async def keep_members_heard(conn: Conn, deliveries: Sequence[Delivery[MembersCounted]]) -> None:
    await conn.executemany(
        """
        INSERT INTO heard_members AS kept (network_id, day, version, path, members, trusts, trusts_with_members)
        VALUES ($1, $2, $3, $4::text::ltree, $5, $6, $7)
            ON CONFLICT (network_id, day) DO UPDATE
           SET version = excluded.version, path = excluded.path, members = excluded.members,
               trusts = excluded.trusts, trusts_with_members = excluded.trusts_with_members
         WHERE kept.version < excluded.version
        """,
        [
            (
                told.data.network_id,
                told.data.day,
                told.data.version,
                told.network,
                told.data.members,
                told.data.trusts,
                told.data.trusts_with_members,
            )
            for told in deliveries
            if told.cell == NATIONAL
        ],
    )


async def keep_activity_heard(conn: Conn, deliveries: Sequence[Delivery[ActiveMembersCounted]]) -> None:
    heard = [told.data for told in deliveries if told.cell == NATIONAL]
    await conn.executemany(
        """
        INSERT INTO heard_activity AS kept (network_id, day, version, active)
        VALUES ($1, $2, $3, $4)
            ON CONFLICT (network_id, day) DO UPDATE
           SET version = excluded.version, active = excluded.active
         WHERE kept.version < excluded.version
        """,
        [(one.network_id, one.day, one.version, one.active) for one in heard],
    )


async def keep_retention_heard(conn: Conn, deliveries: Sequence[Delivery[RetentionCounted]]) -> None:
    heard = [told.data for told in deliveries if told.cell == NATIONAL]
    await conn.executemany(
        """
        INSERT INTO heard_retention AS kept (network_id, month, after, version, people)
        VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (network_id, month, after) DO UPDATE
           SET version = excluded.version, people = excluded.people
         WHERE kept.version < excluded.version
        """,
        [
            (one.network_id, one.month, after, one.version, people)
            for one in heard
            for after, people in [(JOINED, one.joined), *((point.after, point.people) for point in one.stayed)]
        ],
    )
