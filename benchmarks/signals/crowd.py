"""Worlds for commands that differ in nothing but how many members there are beside those who act."""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from benchmarks.commands.world import OURS, TRUST, World, network
from benchmarks.stage import Stage


@dataclass
class Crowd(World):
    members: int = 0

    def dsn(self, side: str, role: str) -> str:
        """Its own database, whichever side is asked for."""
        return super().dsn(self.name if side == OURS else side, role)

    @property
    def name(self) -> str:
        return f"crowd_{self.members}"


async def crowds(stage: Stage, issuer: str, *, people: int, events: int, members: Sequence[int]) -> list[Crowd]:
    """One for each number of members; `people` of them act."""
    base = World(stage, issuer, people=people, events=events, registered=0)
    await base.found()
    found = [Crowd(stage, issuer, people, events, 0, members=count) for count in members]
    admin = await asyncpg.connect(stage.postgres.admin_dsn)
    for crowd in found:
        await admin.execute(f'DROP DATABASE IF EXISTS "{crowd.name}" WITH (FORCE)')
        await admin.execute(f'CREATE DATABASE "{crowd.name}" TEMPLATE "{OURS}"')
        await _people_it(crowd)
    await admin.close()
    return found


async def _people_it(crowd: Crowd) -> None:
    conn = await asyncpg.connect(crowd.dsn(OURS, "admin"))
    await conn.execute(
        """
        INSERT INTO access_a.access_identities (issuer, subject_hash, person_id, version)
        SELECT $1, encode(sha256(convert_to('somebody-' || n, 'UTF8')), 'hex'), md5('person-' || n)::uuid, 1
          FROM generate_series(1, $2::int) AS n
        """,
        crowd.issuer,
        crowd.members,
        timeout=600,
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
        crowd.members,
        timeout=600,
    )
    await conn.close()
