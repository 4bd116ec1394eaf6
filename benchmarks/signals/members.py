"""Members in great numbers, written into the projections directly; the database itself draws them up."""

from typing import Any

import asyncpg

from benchmarks.commands.world import CELL, REGION, TRUST, network

TREE = [("national", "national", "national"), (REGION, "region", CELL), (TRUST, "trust", CELL)]


async def people_it(conn: "asyncpg.Connection[Any]", count: int) -> None:
    """Three networks, and so many members of the trust: known to `access`, and with an address."""
    await conn.executemany(
        """
        INSERT INTO access_a.access_networks (network_id, version, kind, name, path, cell, since)
        VALUES ($1, 1, $2, $3::text, $3::text::ltree, $4, '2020-01-01')
        """,
        [(network(path), kind, path, cell) for path, kind, cell in TREE],
    )
    await conn.execute(
        """
        INSERT INTO access_a.access_memberships
               (membership_id, version, person_id, network_id, main, since, job_role, sector, described_from)
        SELECT md5('membership-' || n)::uuid, 1, md5('person-' || n)::uuid, $1, true, '2020-01-01',
               'service-manager', 'acute', '2020-01-01'
          FROM generate_series(1, $2::int) AS n
        """,
        network(TRUST),
        count,
        timeout=600,
    )
    await conn.execute(
        """
        INSERT INTO projection_a.people (person_id, cell, version, given_name, family_name, email)
        SELECT md5('person-' || n)::uuid, $1, 1, 'Anna', 'Okafor', 'anna.' || n || '@example.org'
          FROM generate_series(1, $2::int) AS n
        """,
        CELL,
        count,
        timeout=600,
    )
