"""Two instances of a service are restarted one after the other under load, and nobody is refused.

The gateway of these tests never tries a request again: what an instance does not answer, somebody is told.
"""

import asyncio
import signal
import sys
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import httpx
import pytest

from guildhall_local.gateway.testing import Front, front
from guildhall_local.instance import HOST
from guildhall_local.testservers import free_ports
from servicekit.testing import eventually

INSTANCE = Path(__file__).parents[1] / "support" / "instance_process.py"
EVENTS = "/api/v1/cells/midlands/events"
CLIENTS = 3
RETRIES = "num_retries: 3"
ANSWERED_BY_EACH = 30


@dataclass
class Instances:
    """Real processes on ports of their own; each is started again where it was."""

    ports: list[int]
    drain_seconds: float
    processes: dict[int, Process] = field(default_factory=dict)

    async def start(self, port: int) -> None:
        command = (sys.executable, str(INSTANCE), str(port), str(self.drain_seconds))
        self.processes[port] = await asyncio.create_subprocess_exec(*command)
        await eventually(partial(self._answers, port), within=30)

    async def stop(self, port: int) -> None:
        self.processes[port].send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(self.processes[port].wait(), 15) == 0

    async def kill(self) -> None:
        for process in self.processes.values():
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def _answers(self, port: int) -> bool:
        try:
            async with httpx.AsyncClient() as http:
                return (await http.get(f"http://{HOST}:{port}/readyz")).status_code == 200
        except httpx.TransportError:
            return False


@asynccontextmanager
async def two_instances(drain_seconds: float) -> AsyncIterator[Instances]:
    instances = Instances(free_ports(2), drain_seconds)
    try:
        await asyncio.gather(*(instances.start(port) for port in instances.ports))
        yield instances
    finally:
        await instances.kill()


async def answers_while_restarting(gateway: Front, instances: Instances, ports: Sequence[int]) -> Counter[int]:
    """How often each status was answered while these were stopped and started again, one after the other."""
    upstreams = [f"{HOST}:{port}" for port in instances.ports]
    replace(gateway.gateway, upstreams={**gateway.gateway.upstreams, "events": upstreams}).prepare()
    statuses: Counter[int] = Counter()
    processes: Counter[int] = Counter()
    token, done = gateway.issuer.token(), asyncio.Event()

    async def load() -> None:
        while not done.is_set():
            answer = await gateway.send("POST", EVENTS, token=token, content=b"{}")
            if (process := answer.json().get("process")) is not None:
                processes[process] += 1
            if processes:  # before that the gateway has not heard of them
                statuses[answer.status_code] += 1

    async def both_serve() -> bool:
        return all(processes[process.pid] >= ANSWERED_BY_EACH for process in instances.processes.values())

    clients = [asyncio.create_task(load()) for _ in range(CLIENTS)]
    await eventually(both_serve, within=30)
    for port in ports:
        await instances.stop(port)
        await instances.start(port)
        await eventually(both_serve, within=30)
    done.set()
    await asyncio.gather(*clients)
    return statuses


@pytest.fixture
async def strict_gateway(tmp_path: Path, changed: Callable[[str, str, str], Path]) -> AsyncIterator[Front]:
    """It sends every request once."""
    source = changed("routes.yaml.j2", RETRIES, "num_retries: 0")
    async with front(tmp_path / "gateway", source=source, requests_per_person=1_000_000) as gateway:
        yield gateway


async def test_a_rolling_restart_refuses_nobody(strict_gateway: Front) -> None:
    async with two_instances(drain_seconds=2) as instances:
        statuses = await answers_while_restarting(strict_gateway, instances, instances.ports)

    assert set(statuses) == {201}, statuses


async def test_an_instance_that_closes_at_once_refuses_somebody(strict_gateway: Front) -> None:
    """The control: the gateway learns within a second that it has gone, which is too late."""
    async with two_instances(drain_seconds=0) as instances:
        statuses = await answers_while_restarting(strict_gateway, instances, instances.ports[:1])

    assert statuses[503] > 0
