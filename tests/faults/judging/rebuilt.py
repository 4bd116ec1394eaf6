"""Promises 2, 19 and 20: every projection is what its own rebuild from the first offset makes of the topics."""

import asyncio
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from judging.claims import Claim, claim

from guildhall_local import services
from guildhall_local.checker import databases
from guildhall_local.checker.databases import Connection
from guildhall_local.instance import Instance, service_of

REBUILT = "{} of {} equals its own rebuild"
NOT_OF_THE_TOPICS = {"access_heartbeats"}
"""Moves every half second, and past the inbox."""

Dump = Mapping[str, Counter[str]]
"""Table to its rows as text, each with how often it stands there."""


@dataclass(frozen=True, slots=True)
class Rebuilt:
    deployment: str
    projection: str
    live: Dump
    anew: Dump
    said: str
    """What the command said where it failed."""


async def rebuild_all(instance: Instance, *, only: Mapping[str, Collection[str]] | None = None) -> list[Rebuilt]:
    """Each deployment's projections one after the other, the deployments side by side. All must be at rest.

    only: by service, where not all are asked for.
    """
    found = await asyncio.gather(*(_rebuild(instance, deployment, only) for deployment in instance.deployments))
    return [one for many in found for one in many]


async def _rebuild(instance: Instance, deployment: str, only: Mapping[str, Collection[str]] | None) -> list[Rebuilt]:
    connection = await databases.connect(instance, deployment)
    try:
        rows = await connection.fetch("SELECT name FROM servicekit.projections ORDER BY name")
        names = [row["name"] for row in rows]
        found = []
        for projection in names if only is None else only.get(service_of(deployment), ()):
            live = await dump(connection, projection)
            done = await services.said(instance, deployment, "rebuild", projection, "--json", within=None)
            anew = await dump(connection, projection)
            found.append(Rebuilt(deployment, projection, live, anew, done.last_words if done.status else ""))
        return found
    finally:
        await connection.close()


async def dump(connection: Connection, projection: str) -> Dump:
    """All rows of all tables of the side that is in use, column by column in the order of their names."""
    side = await connection.fetchval(
        "SELECT name || '_' || active FROM servicekit.projections WHERE name = $1", projection
    )
    tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = $1 ORDER BY 1", side)
    found = {}
    for table in (row["tablename"] for row in tables if row["tablename"] not in NOT_OF_THE_TOPICS):
        rows = await connection.fetch(f'SELECT to_jsonb(held)::text AS said FROM "{side}"."{table}" held')
        found[table] = Counter(row["said"] for row in rows)
    return found


def judge(rebuilt: Sequence[Rebuilt]) -> list[Claim]:
    return [_equal(one) for one in rebuilt]


def _equal(one: Rebuilt) -> Claim:
    promises = (2, 19) if one.deployment.startswith("analytics") else (2, 20)
    differences = [f"the rebuild failed: {one.said}"] if one.said else []
    for table in sorted(one.live.keys() | one.anew.keys()):
        live, anew = one.live.get(table, Counter()), one.anew.get(table, Counter())
        differences += [f"{table} has {row}, its rebuild has not" for row in (live - anew).elements()]
        differences += [f"{table} lacks {row}, which its rebuild has" for row in (anew - live).elements()]
    facts = sum(counts.total() for counts in one.live.values())
    return claim(promises, REBUILT.format(one.projection, one.deployment), facts, differences)
