"""A small Guildhall in use, and whoever looks after it: what is asked through the gateway and at the console."""

import asyncio
import io
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from aiokafka import AIOKafkaProducer
from region_evidence import Copies
from rich.console import Console

from guildhall_local import environment
from guildhall_local.checker import databases
from guildhall_local.checker.databases import Databases
from guildhall_local.checker.mails import read_mails
from guildhall_local.checker.quiet import watching
from guildhall_local.instance import PROJECT, Instance
from guildhall_local.story import cast, founding, summit
from guildhall_local.story.asking import Asker
from guildhall_local.story.inputs import Scale, people, racers
from guildhall_local.story.plan import planned
from guildhall_local.story.stage import Stage
from guildhall_local.story.telling import Chapter

SCALE = Scale(
    people=60,
    places=400,
    racers=12,
    cancellations=1,
    checked_in=1,
    masterclass_places=3,
    masterclass_comers=3,
    at_once=4,
)
QUIET_WITHIN = 90.0
CONFIRMED = "registration-confirmed"


@dataclass(slots=True)
class House:
    """Networks, members, a summit with places for everybody; and its operators' console."""

    instance: Instance
    stage: Stage
    opened: Databases
    http: httpx.AsyncClient
    confirmed: Counter[str] = field(default_factory=Counter)
    """How often each member was given a place."""

    @property
    def members(self) -> list[str]:
        plan = self.stage.plan
        return [cast.sub_of(person) for person in racers(self.stage.members, plan.scale, seed=plan.seed)]

    async def found(self) -> None:
        acts = (
            founding.bootstrap,
            founding.found_networks,
            founding.import_people,
            founding.give_grants,
            summit.publish,
            summit.sign_in,
        )
        for act in acts:
            await act(self.stage, Chapter(Console(file=io.StringIO())))

    async def register(self, sub: str) -> dict[str, Any]:
        """A place at the summit: whole as it was answered."""
        path = f"{self.stage.event(self.stage.plan.summit)}/registrations"
        body: dict[str, Any] = (await self.stage.asker.post(sub, path, deed="register", expect={201})).body
        assert body["status"] == "confirmed"
        self.confirmed[sub] += 1
        return body

    async def cancel(self, sub: str, registration: dict[str, Any]) -> None:
        path = f"/api/v1/cells/national/registrations/{registration['id']}/cancel"
        await self.stage.asker.post(sub, path, deed="cancel-registration")

    @asynccontextmanager
    async def in_use(self, *, at_once: int) -> AsyncIterator[list[str]]:
        """So many members register, cancel and register again for as long as the block; what was done so far."""
        done: list[str] = []
        ended = asyncio.Event()

        async def use(sub: str) -> None:
            while not ended.is_set():
                await self.cancel(sub, await self.register(sub))
                done.append(sub)

        async with asyncio.TaskGroup() as tasks:
            for sub in self.members[:at_once]:
                tasks.create_task(use(sub))
            try:
                yield done
            finally:
                ended.set()

    async def quiet(self) -> None:
        async with watching(self.instance.kafka_bootstrap, self.opened) as watch:
            await watch.until_quiet(within=QUIET_WITHIN)

    async def mails_of_places(self) -> Counter[str]:
        """How many confirmations each address has had."""
        mails = await read_mails(self.http, self.instance.url("mail"))
        return Counter(mail.to for mail in mails if mail.kind == CONFIRMED)

    async def copies(self, deployment: str) -> Copies:
        return await Copies.read(self.instance, deployment)

    async def publish_garbage(self, topic: str) -> None:
        """Bytes that are no signal, such as nobody of ours sends."""
        producer = AIOKafkaProducer(bootstrap_servers=self.instance.kafka_bootstrap)
        await producer.start()
        try:
            await producer.send_and_wait(topic, b"{no signal", key=b"somebody")
        finally:
            await producer.stop()

    async def console(self, *command: str, columns: int = 200) -> "Said":
        """`guildhall` as at a terminal of so many columns."""
        told = environment.of_stack(self.instance) | {"COLUMNS": str(columns)}
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "guildhall_local.cli", *command),
            env=told,
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        out, err = await process.communicate()
        return Said(process.returncode or 0, out.decode(), err.decode())

    async def status(self) -> Any:
        return (await self.console("status", "--json")).json()

    def send(self, process: str, signum: int, seen: Any) -> None:
        """A signal to one process, as the overview names it."""
        [pid] = [one["mark"]["pid"] for one in seen["processes"] if one["name"] == process]
        os.kill(pid, signum)


@dataclass(frozen=True, slots=True)
class Said:
    status: int
    out: str
    err: str

    def json(self) -> Any:
        assert self.out, self.err
        return json.loads(self.out)

    def lines(self) -> Sequence[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


def a_stage(instance: Instance, asker: Asker) -> Stage:
    plan = planned(SCALE, founding.today())
    members = people(plan.scale.people, seed=plan.seed)
    return Stage(instance=instance, asker=asker, plan=plan, members=members)


@asynccontextmanager
async def refusing(house: House, deployment: str, table: str, column: str, value: str) -> AsyncIterator[None]:
    """For as long as the block, the database takes no such row: whatever would write one cannot be applied."""
    connection = await databases.connect(house.instance, deployment)
    try:
        [whole] = await connection.fetchrow("SELECT $1::regclass::text", table)
        await connection.execute(
            f"""
            CREATE FUNCTION refuse_it() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'this one is not to be had'; END $$;
            CREATE TRIGGER refuse_it BEFORE INSERT OR UPDATE ON {whole}
               FOR EACH ROW WHEN (NEW.{column} = '{value}') EXECUTE FUNCTION refuse_it()
            """
        )
        try:
            yield
        finally:
            await connection.execute("DROP FUNCTION refuse_it CASCADE")
    finally:
        await connection.close()
