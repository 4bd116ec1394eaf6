"""Processes end and begin as they should: with 200 streams open, on a schema of another release."""

import asyncio
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from typing import Any

import asyncpg
import httpx
import pytest
from figures import Figures
from whole_stack import whole_stack
from workload.asking import Client, new_http
from workload.ground import Ground, found
from workload.history import Log

from guildhall_local import environment, pauses, services, status
from guildhall_local.instance import SERVICES, Instance
from guildhall_local.processes import service_command
from guildhall_local.status import ProcessStatus, State
from servicekit.testing import eventually

STREAMS, OF_ONE = 200, 5
STREAM = "/api/v1/cells/national/notifications/stream"
ANNOUNCEMENTS = "/api/v1/cells/{cell}/announcements"
LEAD = "nadia"
NEWER = "29991231235959"


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    with whole_stack(tmp_path_factory.mktemp("processes")) as standing:
        yield standing


@pytest.fixture(scope="module")
async def ground(instance: Instance) -> Ground:
    return await found(instance, people_count=60)


def known(instance: Instance, name: str) -> ProcessStatus:
    now = status.read_alive(instance)
    assert now is not None
    return next(process for process in now.processes if process.name == name)


@dataclass
class Commands:
    """Announcements that a lead makes one after another, straight at the process, until it takes no more."""

    url: str
    headers: dict[str, str]
    body: dict[str, str]
    statuses: list[int] = field(default_factory=list)
    made: set[str] = field(default_factory=set)

    async def go_on(self, http: httpx.AsyncClient, ended: asyncio.Event) -> None:
        while not ended.is_set():
            with suppress(httpx.TransportError):
                key = {"idempotency-key": os.urandom(16).hex()}
                got = await http.post(self.url, json=self.body, headers=self.headers | key)
                self.statuses.append(got.status_code)
                if got.is_success:
                    self.made.add(got.json()["id"])


@pytest.mark.faults
@pytest.mark.alone
async def test_sigterm_with_200_streams_ends_in_time_and_loses_nothing(
    instance: Instance, ground: Ground, figures: Figures
) -> None:
    url = instance.url("notifications-serve")
    async with AsyncExitStack() as stack:
        client = await a_client(stack, instance)
        http = await stack.enter_async_context(httpx.AsyncClient(timeout=20, limits=httpx.Limits(max_connections=None)))
        streams = [
            await opened(stack, http, url + STREAM, await client.token(somebody.sub))
            for somebody in ground.members[: STREAMS // OF_ONE]
            for _ in range(OF_ONE)
        ]
        few = min(ground.trusts, key=lambda trust: sum(one.network == trust for one in ground.members))
        commands = Commands(
            url + ANNOUNCEMENTS.format(cell=few.split(".")[1]),
            {"authorization": f"Bearer {await client.token(LEAD)}"},
            {"network_id": ground.networks[few], "title": "A word", "text": "As we said."},
        )
        ended = asyncio.Event()
        asking = [asyncio.create_task(commands.go_on(http, ended)) for _ in range(4)]
        await eventually(lambda: has_made(commands, 4), within=30)

        mark = known(instance, "notifications-serve").mark
        assert mark is not None
        at = time.monotonic()
        os.kill(mark.pid, signal.SIGTERM)
        ends = asyncio.ensure_future(asyncio.gather(*(rest_of(lines) for lines in streams)))
        await eventually(lambda: is_gone(mark), within=30, every=0.02)
        took = time.monotonic() - at
        ended.set()
        await asyncio.gather(*asking, ends)
        await eventually(lambda: is_ready(instance, "notifications-serve"), within=60)
        kept = await announcements(http, commands)

    figures.say("disaster", "streams open at SIGTERM", len(streams), at_least=STREAMS)
    figures.say("disaster", "SIGTERM to exit", took, "s", at_most=10)
    figures.say("disaster", "5xx meanwhile", sum(one >= 500 for one in commands.statuses), at_most=0)
    figures.say("disaster", "acknowledged and lost", len(commands.made - kept), at_most=0)


async def a_client(stack: AsyncExitStack, instance: Instance) -> Client:
    http = await stack.enter_async_context(new_http())
    log = Log(instance.state / "workload" / "streams.jsonl")
    stack.callback(log.close)
    return Client(instance=instance, log=log, http=http, rng=random.Random(7))


async def opened(stack: AsyncExitStack, http: httpx.AsyncClient, url: str, token: str) -> AsyncIterator[str]:
    """With its first line read: the process has it in hand."""
    headers = {"authorization": f"Bearer {token}", "accept": "text/event-stream"}
    answer = await stack.enter_async_context(http.stream("GET", url, headers=headers, timeout=None))
    assert answer.status_code == 200
    lines = answer.aiter_lines()
    await anext(lines)
    return lines


async def rest_of(lines: AsyncIterator[str]) -> list[str]:
    """To its end; httpx raises where it was cut off."""
    return [line async for line in lines]


async def has_made(commands: Commands, count: int) -> bool:
    assert not commands.statuses or commands.statuses[-1] < 400, commands.statuses
    return len(commands.made) >= count


async def is_gone(mark: status.Mark) -> bool:
    return not mark.lives()


async def is_ready(instance: Instance, name: str) -> bool:
    return known(instance, name).state is State.READY


async def announcements(http: httpx.AsyncClient, commands: Commands) -> set[str]:
    found, cursor = set[str](), ""
    while True:
        asked = {"network": commands.body["network_id"], "limit": "100"} | ({"cursor": cursor} if cursor else {})
        page = (await http.get(commands.url, params=asked, headers=commands.headers)).json()
        found |= {one["id"] for one in page["items"]}
        cursor = page["next"]
        if not cursor:
            return found


@pytest.mark.faults
@pytest.mark.alone
@pytest.mark.parametrize("service", SERVICES)
async def test_on_a_stale_schema_a_service_says_what_to_do_and_does_not_start(instance: Instance, service: str) -> None:
    owner = await asyncpg.connect(instance.database_url(f"{service}_owner", service))
    try:
        newest = await owner.fetchrow(
            "DELETE FROM schema_migrations WHERE version = (SELECT max(version) FROM schema_migrations) RETURNING *"
        )
        assert newest is not None
        said = await asyncio.gather(
            *(begun(instance, service, process) for process in (environment.SERVE, environment.WORK))
        )
        await owner.execute("INSERT INTO schema_migrations (version) VALUES ($1)", newest["version"])
    finally:
        await owner.close()

    for code, words in said:
        assert code not in (0, None)
        assert "lacks 1 migrations" in words
        assert "run `migrate`, then start again" in words


async def begun(instance: Instance, service: str, process: str) -> tuple[int | None, str]:
    """Started beside the one that runs, which has its port; it does not come as far as that."""
    child = await asyncio.create_subprocess_exec(
        *service_command(service, process),
        env=environment.of_service(instance, service, process),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(120):
        said, _ = await child.communicate()
    return child.returncode, said.decode()


@pytest.mark.faults
@pytest.mark.alone
async def test_on_a_newer_schema_the_release_before_goes_on(instance: Instance, ground: Ground) -> None:
    """Expand, then contract: while releases change, the one before works on the schema of the one after."""
    for service in SERVICES:
        owner = await asyncpg.connect(instance.database_url(f"{service}_owner", service))
        await owner.execute("INSERT INTO schema_migrations (version) VALUES ($1)", NEWER)
        await owner.close()
    both = [f"{service}-{process}" for service in SERVICES for process in (environment.SERVE, environment.WORK)]
    await asyncio.gather(*(asyncio.to_thread(pauses.pause, instance, name) for name in both))
    await asyncio.gather(*(asyncio.to_thread(pauses.resume, instance, name) for name in both))

    seen = await eventually(lambda: untroubled(instance), within=60)
    newer = {name: [step["newer"] for step in one["schema"] if step["newer"]] for name, one in seen.items()}
    assert newer == {name: [1] for name in SERVICES}
    async with AsyncExitStack() as stack:
        client = await a_client(stack, instance)
        answer = await client.get(LEAD, "/api/v1/cells/national/events", deed="read-events")
    assert answer is not None
    assert answer.status == 200


async def untroubled(instance: Instance) -> dict[str, Any]:
    told = await services.all_said(instance, SERVICES, "status", "--json", within=None)
    seen = {one.deployment: one.json() for one in told}
    assert {name: one["troubles"] for name, one in seen.items()} == {name: [] for name in SERVICES}
    return seen
