"""What stands in mailboxes, on topics and in the databases of all deployments, gathered when all has come to rest."""

import asyncio
import json
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import httpx

from guildhall_local import environment, processes
from guildhall_local.checker import databases, records
from guildhall_local.checker.databases import Databases
from guildhall_local.checker.mails import Mail, read_mails
from guildhall_local.checker.quiet import watching
from guildhall_local.checker.records import Record
from guildhall_local.instance import PROJECT, Instance, service_of

SETTLED_WITHIN = 120.0
PROJECTIONS = {"events": "projection", "notifications": "projection", "analytics": "projection"}

Row: TypeAlias = dict[str, Any]
Telling: TypeAlias = tuple[str, str, str]
"""Who (`sub`), what kind, and of which event (its label)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    mails: Sequence[Mail]
    records: Sequence[Record]
    ledgers: Mapping[str, Sequence[Row]]
    """What people were told, by deployment."""
    inboxes: Mapping[str, Mapping[tuple[str, str], frozenset[str]]]
    """By deployment: consumer and topic to the ids that were applied."""
    unsettled: Mapping[str, int]
    """By deployment: signals unsent and deliveries parked."""


async def gather(instance: Instance, opened: Databases) -> Evidence:
    """Wait until all has come to rest, and look. Raises NotQuiet where it does not."""
    async with watching(instance.kafka_bootstrap, opened) as watch, httpx.AsyncClient(timeout=20) as http:
        await watch.until_quiet(within=SETTLED_WITHIN)
        ledger = "SELECT id, cause, person_id, channel, kind, event_id, cell, state FROM notifications"
        return Evidence(
            mails=await read_mails(http, instance.url("mail")),
            records=await records.read_all(instance.kafka_bootstrap),
            ledgers={
                name: await databases.rows(connection, ledger)
                for name, connection in opened.items()
                if service_of(name) == "notifications"
            },
            inboxes={name: await databases.inbox(connection) for name, connection in opened.items()},
            unsettled={
                name: await connection.fetchval(
                    """
                    SELECT (SELECT count(*) FROM servicekit.outbox WHERE sent_at IS NULL)
                         + (SELECT count(*) FROM servicekit.parked)
                    """
                )
                for name, connection in opened.items()
            },
        )


class Copies:
    """The projections of one deployment: every row of every table, as JSON."""

    def __init__(self, tables: Mapping[str, Counter[str]]) -> None:
        self.tables = tables

    @classmethod
    async def read(cls, instance: Instance, deployment: str) -> "Copies":
        """Of the schemas that are in use now; a heartbeat is an instant, not a fact."""
        connection = await databases.connect(instance, deployment)
        try:
            names = await connection.fetch(
                """
                SELECT format('%I.%I', t.schemaname, t.tablename) AS whole, p.name || '.' || t.tablename AS name
                  FROM servicekit.projections p
                  JOIN pg_tables t ON t.schemaname = p.name || '_' || p.active
                 WHERE t.tablename NOT LIKE '%migrations' AND t.tablename <> 'access_heartbeats'
                """
            )
            return cls(
                {
                    row["name"]: Counter(
                        one["row"]
                        for one in await connection.fetch(f"SELECT to_jsonb(t)::text AS row FROM {row['whole']} t")
                    )
                    for row in names
                }
            )
        finally:
            await connection.close()

    def unlike(self, other: "Copies") -> list[str]:
        """Tables that are not the same in both."""
        names = sorted(set(self.tables) | set(other.tables))
        return [name for name in names if self.tables.get(name) != other.tables.get(name)]

    def beyond(self, other: "Copies") -> list[str]:
        """Tables of which this holds rows that the other does not."""
        return [name for name, rows in sorted(self.tables.items()) if rows - other.tables.get(name, Counter())]

    def of_cells(self, cells: Sequence[str]) -> "Copies":
        """Only rows that name one of these cells as theirs; tables without cells are left out."""
        kept = {
            name: Counter({row: count for row, count in rows.items() if json.loads(row)["cell"] in cells})
            for name, rows in self.tables.items()
            if rows and "cell" in json.loads(next(iter(rows)))
        }
        return Copies(kept)


async def rebuild(instance: Instance, deployment: str) -> None:
    """Its copies, anew from the first offset, while it runs."""
    service = service_of(deployment)
    finished = await asyncio.to_thread(
        subprocess.run,
        processes.service_command(service, environment.REBUILD, PROJECTIONS[service]),
        env=environment.of_service(instance, deployment, environment.REBUILD),
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
