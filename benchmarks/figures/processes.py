"""A service's processes by themselves: from their start to ready, and their memory at rest and after much work."""

import asyncio
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any

from benchmarks import servers
from benchmarks.figure import Figure, Plan, Result
from benchmarks.servers import Running
from benchmarks.signals import consuming, topics
from benchmarks.signals.processes import with_keys, working
from benchmarks.stage import Stage, environment
from guildhall_local.instance import HOST, PROJECT, SERVICES
from guildhall_local.testservers import free_ports
from servicekit.process import Service
from servicekit.testing import databases
from servicekit.testing.databases import TestDatabase
from servicekit.testing.patience import eventually

EACH_SECOND = 10_000
"""So many signals are consumed for each second of the plan, after as many that warm the process up."""
PATIENCE = 300.0


@dataclass(frozen=True, slots=True)
class Part:
    """One of the processes of a service."""

    service: str
    process: str

    @property
    def name(self) -> str:
        return f"{self.service} {self.process}"


async def measure(stage: Stage, plan: Plan) -> Result:
    told: dict[str, float] = {}
    async with topics.fresh(stage) as cells:
        for service in SERVICES:
            known: Service[Any] = import_module(f"{service}_service.__main__").SERVICE
            fresh = databases.fresh(stage.postgres.admin_dsn, service, known.schema, known.consumers)
            async with fresh as database:
                with _serving(stage, service, database) as (serving, began):
                    await _told_of(Part(service, "serve"), serving, began, told)
                began = time.monotonic()
                with working(stage, service, database.worker, cells, bootstrap=stage.kafka.bootstrap) as running:
                    await _told_of(Part(service, "work"), running, began, told)
    told |= await _after_much(stage, plan)
    return Result(figure="processes", unit="s, MiB", goal=None, told=told)


async def _told_of(part: Part, running: Running, began: float, told: dict[str, float]) -> None:
    await eventually(lambda: _is_ready(running.port), within=PATIENCE)
    told[f"{part.name}, seconds to ready"] = servers.seconds_to_ready(began)
    told[f"{part.name}, MiB at rest"] = running.resident_mib()


async def _after_much(stage: Stage, plan: Plan) -> dict[str, float]:
    """Memory of analytics' `work` after so many signals, and after as many again."""
    count, told = int(EACH_SECOND * plan.seconds), {}
    async with topics.fresh(stage) as cells, consuming.analytics(stage) as database:
        with working(stage, "analytics", database.worker, cells, bootstrap=stage.kafka.bootstrap) as running:
            for reached in (count, 2 * count, 3 * count):
                await consuming.fill(stage, cells, count)
                await eventually(partial(_kept, database, reached), within=PATIENCE)
                told[f"analytics work, MiB after {reached:,} signals"] = running.resident_mib()
    return told


async def _kept(database: TestDatabase, count: int) -> bool:
    return await consuming.rows(database) >= count


@contextmanager
def _serving(stage: Stage, service: str, database: TestDatabase) -> Iterator[tuple[Running, float]]:
    folder, [port] = stage.own_folder(f"{service}-serve"), free_ports(1)
    told = environment(
        SERVICE_PROFILE="local",
        DATABASE_URL=database.api,
        SECRETS_DIR=with_keys(stage, service),
        REFERENCE_DIR=str(PROJECT / "reference"),
        HTTP_PORT=str(port),
    )
    began = time.monotonic()
    command = ["python", "-m", f"{service}_service", "serve"]
    with servers.running(command, port=port, environment=told, folder=folder) as running:
        yield running, began


async def _is_ready(port: int) -> bool:
    return await asyncio.to_thread(_says_that_it_is_ready, port)


def _says_that_it_is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


FIGURE = Figure(name="processes", measure=measure)
