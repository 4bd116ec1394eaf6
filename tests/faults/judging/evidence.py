"""Everything that the judge looks at, gathered once, when all has come to rest: tables, topics, mails, webhooks."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
from judging.tables import TABLES
from workload import history
from workload.history import History

from guildhall_local.checker import databases, records
from guildhall_local.checker.databases import Databases
from guildhall_local.checker.mails import Mail, read_mails
from guildhall_local.checker.quiet import Watch, watching
from guildhall_local.checker.records import Record
from guildhall_local.instance import Instance, service_of
from guildhall_local.story import arrivals
from guildhall_local.story.arrivals import Arrival
from guildhall_local.story.partner import SECRET, partner_folder

Row = dict[str, Any]
OUTBOX = (
    "SELECT id::text, position, topic, key, type, subject, version, sent_at FROM servicekit.outbox ORDER BY position"
)
COMPACTED = ("membership.grants", "membership.profiles")


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What there is. A control takes one that is sound and spoils a part of it."""

    history: History
    records: Sequence[Record] = ()
    """Of every topic, each partition in its order."""
    outboxes: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    """By deployment, by position."""
    inboxes: Mapping[tuple[str, str], Mapping[str, frozenset[str]]] = field(default_factory=dict)
    """By deployment and consumer: topic to the ids that were applied."""
    readers: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    """By deployment and consumer: the topics that it is there to read."""
    parked: Mapping[str, int] = field(default_factory=dict)
    tables: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    """By name in `tables.TABLES`, of all deployments of the service; ids are text."""
    mails: Sequence[Mail] = ()
    arrivals: Sequence[Arrival] = ()
    """What reached the partner body's receiver, by its own log."""
    secret: str = ""

    @cached_property
    def _identities(self) -> dict[str, str]:
        return {row["subject_hash"]: row["person_id"] for row in self.tables.get("identities", ())}

    def person(self, sub: str) -> str:
        """Who signs in as this; the sub itself where nobody is linked."""
        issuers = {row["issuer"] for row in self.tables.get("identities", ())}
        hashes = (sha256(f"{issuer}\n{sub}".encode()).hexdigest() for issuer in issuers)
        return next((self._identities[one] for one in hashes if one in self._identities), sub)

    def facts(self) -> list[Record]:
        """The signals of the topics that keep everything, each where it first stands."""
        return records.facts(self.records)


async def gather(instance: Instance, written: Path, *, settled_within: float) -> Evidence:
    """Wait until all has come to rest, and look. Raises NotQuiet where it does not."""
    async with (
        databases.opened(instance) as opened,
        watching(instance.kafka_bootstrap, opened) as watch,
        httpx.AsyncClient(timeout=20) as http,
    ):
        await watch.until_quiet(within=settled_within)
        partner = partner_folder(instance)
        found, mails = await asyncio.gather(
            records.read_all(instance.kafka_bootstrap), read_mails(http, instance.url("mail"))
        )
        return Evidence(
            history=history.read(written),
            records=found,
            outboxes={name: await databases.rows(connection, OUTBOX) for name, connection in opened.items()},
            inboxes=await _inboxes(opened),
            readers=await _readers(instance, watch),
            parked={name: await databases.parked(connection) for name, connection in opened.items()},
            tables={name: await _rows(opened, service, question) for name, (service, question) in TABLES.items()},
            mails=mails,
            arrivals=arrivals.read(partner / arrivals.FILE),
            secret=(partner / SECRET).read_text(),
        )


async def _rows(opened: Databases, service: str, question: str) -> list[Row]:
    asked = [connection for name, connection in opened.items() if service_of(name) == service]
    return [row for connection in asked for row in await databases.rows(connection, question)]


async def _inboxes(opened: Databases) -> dict[tuple[str, str], dict[str, frozenset[str]]]:
    found: dict[tuple[str, str], dict[str, frozenset[str]]] = {}
    for deployment, connection in opened.items():
        for (consumer, topic), ids in (await databases.inbox(connection)).items():
            found.setdefault((deployment, consumer), {})[topic] = ids
    return found


async def _readers(instance: Instance, watch: Watch) -> dict[tuple[str, str], frozenset[str]]:
    """By the groups' own assignments. A group is named after its service and the id of its database."""
    ids = {
        await connection.fetchval("SELECT id FROM servicekit.deployment"): name
        for name, connection in watch.databases.items()
    }
    found = {}
    for group, partitions in (await watch.assigned()).items():
        _service, consumer, database, *_ = group.split(".")
        found[ids[database], consumer] = frozenset(partition.topic for partition in partitions)
    return found
