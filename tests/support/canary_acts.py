"""Somebody whose every word is a canary, by ordinary use through the gateway; and a look for them everywhere."""

import asyncio
import io
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import httpx
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from rich.console import Console

from guildhall_local import environment, processes
from guildhall_local.checker import databases, records
from guildhall_local.checker.quiet import watching
from guildhall_local.instance import PROJECT, Instance
from guildhall_local.provider.people import Persona, write_directory
from guildhall_local.story import cast, founding
from guildhall_local.story.asking import Asker
from guildhall_local.story.inputs import SMALL
from guildhall_local.story.journal import Journal
from guildhall_local.story.plan import planned
from guildhall_local.story.stage import Stage
from guildhall_local.story.telling import Chapter
from servicekit.testing import eventually
from servicekit.testing.canaries import found_in_tables

CANARY = "Qwxyzcanary"
SUB, ADDRESS = "canary", "qwxyzcanary@rwp.nhs.example"
WORDS = (CANARY, ADDRESS.partition("@")[0])
LEAD, NATIONAL = cast.NATIONAL_LEAD, "national"
EVENTS, EXPORTS = "/api/v1/cells/midlands/events", "/api/v1/cells/midlands/reports/exports"
RWP = "national.midlands.rwp"
SOON = timedelta(seconds=60)
SETTLED_WITHIN = 120.0
TIGHT = {"cleanup.policy": "compact", "segment.ms": "1000", "max.compaction.lag.ms": "1000", "delete.retention.ms": "0"}
"""Compaction as the deployment states it, in seconds for hours."""


@dataclass(slots=True)
class Life:
    """Of one person, from their registration to their erasure."""

    stage: Stage

    async def begin(self) -> None:
        """Networks, a lead who is a privacy officer too, and somebody who belongs to a trust."""
        chapter = Chapter(Console(file=io.StringIO()))
        await founding.bootstrap(self.stage, chapter)
        await founding.found_networks(self.stage, chapter)
        persona = Persona(sub=SUB, name=f"{CANARY} {CANARY}son", email=ADDRESS)
        write_directory(self.stage.instance.state, [*cast.directory(self.stage.members), persona])
        await self._grant(LEAD, "privacy-officer", NATIONAL)
        body = {"given_name": CANARY, "family_name": f"{CANARY}son", "email": ADDRESS}
        person = await self._post(LEAD, "/api/v1/people", body)
        self.stage.people[SUB] = person["id"]
        membership = {
            "person_id": person["id"],
            "network_id": self.stage.networks[RWP],
            "since": date(2020, 1, 1).isoformat(),
            "job_role": "service-manager",
        }
        await self._post(LEAD, "/api/v1/memberships", membership)
        await founding.link(self.stage, SUB)
        signals = await self._grant(SUB, "analyst", RWP)
        for path in (EVENTS, EXPORTS):
            await self.stage.asker.await_applied(LEAD, path, signals, deed="await-grants")

    async def say_much(self) -> None:
        """In membership: wherever somebody says something, or something is said of them."""
        region = f"/api/v1/networks/{self.stage.networks['national.east']}"
        asked = await self._post(
            SUB, f"{region}/join-requests", {"reason": f"for {CANARY}", "organisation": f"{CANARY} Ltd"}
        )
        await self._post(LEAD, f"{region}/join-requests/{asked['id']}/refuse", {"reason": f"not {CANARY}"})
        await self._post(LEAD, f"/api/v1/networks/{self.stage.networks[RWP]}/invitations", {"email": ADDRESS})
        await self.stage.asker.ask(
            SUB, "PUT", "/api/v1/me/directory", deed="choose", body={"shown": "shown"}, headers={"if-match": '"0"'}
        )
        await self._import_a_row_that_names_them()

    async def _import_a_row_that_names_them(self) -> None:
        header = "given_name,family_name,email,organisation,job_role,sector,started,region"
        file = f"{header}\nAnother,Name,{ADDRESS},RWP,service-manager,,2024-01-01,\n".encode()
        path, csv = "/api/v1/imports?kind=people", {"content-type": "text/csv"}
        asked = await self.stage.asker.ask(LEAD, "POST", path, deed="import", content=file, headers=csv, key="canary")
        job = f"/api/v1/imports/{asked.body['id']}"

        async def report() -> Any:
            return (await self.stage.asker.get(LEAD, job, deed="follow")).body["report"]

        told = await eventually(report, within=30, every=0.1)
        assert told["refusals"][0]["value"] == ADDRESS

    async def come_to_an_event(self) -> None:
        """In events and notifications: a place, the door, mails, an own list, a calendar, an export."""
        begins = datetime.now(UTC) + SOON
        body = {
            "network_id": self.stage.networks[RWP],
            "kind": "meeting",
            "title": "A meeting",
            "venue": "Board room",
            "starts": begins.replace(tzinfo=None).isoformat(),
            "ends": (begins + timedelta(hours=3)).replace(tzinfo=None).isoformat(),
            "zone": "UTC",
            "capacity": 5,
        }
        event = f"{EVENTS}/{(await self._post(LEAD, EVENTS, body))['id']}"
        await self._post(LEAD, f"{event}/publish")
        place = await self._post(SUB, f"{event}/registrations")
        await self._post(LEAD, f"{event}/check-ins", {"code": place["code"]})
        wanted = {"report": "members", "parameters": {"network": self.stage.networks[RWP]}, "format": "csv"}
        await self._post(SUB, EXPORTS, wanted)

    async def mailed(self) -> int:
        """How many mails to them were sent."""
        async with databases.opened(self.stage.instance) as opened:
            sent: int = await opened["notifications"].fetchval(
                "SELECT count(*) FROM notifications WHERE person_id = $1 AND state = 'sent'", self.stage.people[SUB]
            )
            return sent

    async def ask_to_be_erased(self) -> str:
        erasure: str = (await self._post(SUB, "/api/v1/me/erasure"))["id"]
        return erasure

    async def missing(self, erasure: str) -> list[tuple[str, str]]:
        """Who has not answered yet."""
        seen = (await self.stage.asker.get(LEAD, f"/api/v1/erasures/{erasure}", deed="follow-erasure")).body
        if seen["state"] != "carried-out":
            return [("membership", "")]
        return [(one["service"], one["cell"]) for one in seen["missing"]]

    async def held(self, service: str, path: str) -> list[dict[str, Any]]:
        """What a service shows a privacy officer of them."""
        answer = await self.stage.asker.get(LEAD, f"{path}?limit=200", deed=f"held-{service}")
        items: list[dict[str, Any]] = answer.body["items"]
        return items

    async def _grant(self, sub: str, role: str, network: str) -> list[str]:
        body = {"person_id": self.stage.people[sub], "role": role, "network_id": self.stage.networks[network]}
        return list((await self.stage.asker.post(LEAD, "/api/v1/grants", body, deed="give-grant")).signals)

    async def _post(self, who: str, path: str, body: Any = None) -> dict[str, Any]:
        said: dict[str, Any] = (await self.stage.asker.post(who, path, body, deed=path.rpartition("/")[2])).body
        return said


@asynccontextmanager
async def a_life(instance: Instance) -> AsyncIterator[Life]:
    with Journal(instance.folder("canary") / "log.jsonl") as log:
        async with httpx.AsyncClient(timeout=20) as http:
            asker = Asker(gateway=instance.url("gateway"), issuer=instance.issuer, journal=log, http=http)
            yield Life(Stage(instance=instance, asker=asker, plan=planned(SMALL, founding.today()), members=[]))


async def found_in_databases(instance: Instance) -> list[str]:
    """Tables of all services, on either side of each projection, in which they stand."""
    return [
        f"{deployment}: {table}"
        for deployment in instance.deployments
        for table in await found_in_tables(databases.address(instance, deployment), *WORDS)
    ]


async def found_in_topics(instance: Instance) -> list[str]:
    """Topics in which a record still names them: everything that a reader from the first offset is given."""
    return sorted(
        {
            record.topic
            for record in await records.read_all(instance.kafka_bootstrap)
            if any(word.lower().encode() in (record.value or b"").lower() for word in WORDS)
        }
    )


def found_in_logs(instance: Instance) -> list[str]:
    return [
        log.name
        for log in sorted(instance.logs.glob("*.log"))
        if any(word.lower().encode() in log.read_bytes().lower() for word in WORDS)
    ]


async def found_everywhere(instance: Instance) -> list[str]:
    """Tables, topics and logs in which they stand."""
    return [
        *await found_in_databases(instance),
        *(f"topic {name}" for name in await found_in_topics(instance)),
        *(f"log {name}" for name in found_in_logs(instance)),
    ]


async def settled(instance: Instance) -> None:
    """Until all that was said is sent and applied."""
    async with databases.opened(instance) as opened, watching(instance.kafka_bootstrap, opened) as watch:
        await watch.until_quiet(within=SETTLED_WITHIN)


async def compact_soon(instance: Instance) -> None:
    """The profiles' topics are compacted within seconds, as they are within the stated bound elsewhere."""
    admin = AIOKafkaAdminClient(bootstrap_servers=instance.kafka_bootstrap)
    await admin.start()
    try:
        names = [name for name in await admin.list_topics() if name.endswith(records.PROFILES)]
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, configs=TIGHT) for name in names])
    finally:
        await admin.close()


async def let_time_pass(instance: Instance, erasure: str) -> None:
    """As if the erasure had been told an hour ago; who has answered stays so."""
    conn = await databases.connect(instance, "membership")
    await conn.execute("UPDATE erasures SET told_at = told_at - interval '12 minutes' WHERE id = $1", erasure)
    await conn.close()


async def carried_out(instance: Instance, service: str, *command: str) -> str:
    """A command of a service's own, to its end; what it said."""
    child = await asyncio.create_subprocess_exec(
        *processes.service_command(service, *command),
        env=environment.of_service(instance, service, environment.WORK),
        cwd=PROJECT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await child.communicate()
    assert child.returncode == 0, said.decode()
    return said.decode()


async def begin_anew(instance: Instance, services: Sequence[str]) -> None:
    """Their databases are gone; when the stack comes up again they are founded empty, and read every topic."""
    admin = await asyncpg.connect(databases.address(instance, databases.SUPERUSER))
    try:
        for service in services:
            await admin.execute(f'DROP DATABASE "{service}" WITH (FORCE)')
    finally:
        await admin.close()
