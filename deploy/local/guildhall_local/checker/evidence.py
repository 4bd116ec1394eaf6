"""Everything that the checker looks at, gathered once, when all has come to rest."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from guildhall_local.checker import databases, patience, records
from guildhall_local.checker.databases import Databases
from guildhall_local.checker.feed import Reading, read_feed
from guildhall_local.checker.mails import Mail, read_mails
from guildhall_local.checker.quiet import Watch, watching
from guildhall_local.checker.records import Record
from guildhall_local.checker.reports import Reports, read_reports
from guildhall_local.checker.told import Told
from guildhall_local.instance import Instance
from guildhall_local.story import arrivals
from guildhall_local.story.arrivals import Arrival
from guildhall_local.story.partner import SECRET, partner_folder
from guildhall_local.story.plan import Plan

SETTLED_WITHIN = 120.0
LEDGER = "SELECT id, cause, person_id, channel, kind, event_id, cell, state FROM notifications"
OUTBOX = "SELECT id, topic, key, type, sent_at FROM servicekit.outbox ORDER BY position"

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    records: Sequence[Record]
    mails: Sequence[Mail]
    registrations: Mapping[str, Sequence[Row]]
    """What the database of events holds, by the event's label."""
    ledger: Sequence[Row]
    """What the database of notifications says that people were told."""
    outboxes: Mapping[str, Sequence[Row]]
    """By service."""
    inboxes: Mapping[tuple[str, str], Mapping[str, frozenset[str]]]
    """By service and consumer: topic to the ids that were applied."""
    parked: Mapping[str, int]
    """By service: deliveries that could not be applied."""
    readers: Mapping[tuple[str, str], frozenset[str]]
    """By service and consumer: the topics that it is there to read."""
    feed: Reading
    pushed: Sequence[Arrival]
    """What reached the partner body's receiver, by its own log."""
    webhook_secret: str
    """With which the partner body verifies."""
    revoked_calendar: int
    """The status with which a calendar address is answered that was taken back."""
    reports: Reports
    logs: Sequence[Path]


async def gather(instance: Instance, plan: Plan, told: Told) -> Evidence:
    """Wait until all has come to rest, and look. Raises NotQuiet where it does not."""
    async with (
        databases.opened(instance) as opened,
        watching(instance.kafka_bootstrap, opened) as watch,
        httpx.AsyncClient(timeout=20) as http,
    ):
        await watch.until_quiet(within=SETTLED_WITHIN)
        found, mails, feed, reports = await asyncio.gather(
            records.read_all(instance.kafka_bootstrap),
            read_mails(http, instance.url("mail")),
            read_feed(http, instance, plan, told),
            read_reports(http, instance, plan, told),
        )
        return Evidence(
            records=found,
            mails=mails,
            registrations=await _registrations(opened, told),
            ledger=await databases.rows(opened["notifications"], LEDGER),
            outboxes={service: await databases.rows(connection, OUTBOX) for service, connection in opened.items()},
            inboxes=await _inboxes(opened),
            parked={service: await databases.parked(connection) for service, connection in opened.items()},
            readers=await _readers(watch),
            feed=feed,
            pushed=arrivals.read(partner_folder(instance) / arrivals.FILE),
            webhook_secret=(partner_folder(instance) / SECRET).read_text(),
            revoked_calendar=(await patience.get(http, instance.url("gateway", told.calendar))).status_code,
            reports=reports,
            logs=sorted(instance.logs.glob("*.log*")),
        )


async def _registrations(opened: Databases, told: Told) -> dict[str, list[Row]]:
    return {
        label: await databases.rows(
            opened["events"],
            "SELECT id, person_id, status, place, waited, attended_at FROM registrations WHERE event_id = $1",
            event_id,
        )
        for label, event_id in told.event_ids.items()
    }


async def _inboxes(opened: Databases) -> dict[tuple[str, str], dict[str, frozenset[str]]]:
    found: dict[tuple[str, str], dict[str, frozenset[str]]] = {}
    for service, connection in opened.items():
        for (consumer, topic), ids in (await databases.inbox(connection)).items():
            found.setdefault((service, consumer), {})[topic] = ids
    return found


async def _readers(watch: Watch) -> dict[tuple[str, str], frozenset[str]]:
    found = {}
    for group, partitions in (await watch.assigned()).items():
        service, consumer, *_ = group.split(".")
        found[service, consumer] = frozenset(partition.topic for partition in partitions)
    return found
