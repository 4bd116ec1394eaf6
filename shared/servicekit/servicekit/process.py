"""How a service runs: serve (HTTP), work (relay, consumers, jobs, senders), migrate, rebuild; each on its own."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import asyncpg
import structlog
import typer
import uvloop
from fastapi import FastAPI
from pydantic import ValidationError

from servicekit import cells as cell_files
from servicekit import logs
from servicekit.cells import Cells
from servicekit.consumers import registry
from servicekit.consumers.apply import Applier
from servicekit.consumers.rebuild import Rebuild, hold_running_lock
from servicekit.consumers.runtime import Consumption
from servicekit.consumers.subscription import Consumer
from servicekit.database import Database
from servicekit.database.migrations import Schema, check, migrate
from servicekit.jobs.runner import JobHandler, JobRunner
from servicekit.outbox.relay import Heartbeats, Relay, Renderer, render_nothing
from servicekit.problem import CannotStart, Problem, Unavailable
from servicekit.settings import ServiceSettings
from servicekit.web.app import create_app
from servicekit.web.serve import serve as serve_http

log = structlog.get_logger(__name__)

Result = TypeVar("Result")
AnySettings = TypeVar("AnySettings", bound=ServiceSettings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Work(Generic[AnySettings]):
    """What a background loop of a service is given."""

    settings: AnySettings
    cells: Cells
    db: Database
    stopping: asyncio.Event


Loop = Callable[[Work[Any]], Awaitable[None]]
"""Runs until `stopping` is set; an exception ends the process."""


def no_heartbeats(_cells: Cells) -> Heartbeats:
    return tuple


@dataclass(frozen=True, slots=True, kw_only=True)
class Service(Generic[AnySettings]):
    """One service, as the process runner needs to know it."""

    name: str
    settings: type[AnySettings]
    schema: Schema
    consumers: Sequence[Consumer]
    create_app: Callable[[AnySettings], FastAPI]
    renderer: Callable[[Database], Renderer] = lambda _db: render_nothing
    heartbeats: Callable[[Cells], Heartbeats] = no_heartbeats
    jobs: Mapping[str, JobHandler] = field(default_factory=dict)
    loops: Sequence[Loop] = ()


def load_cells(settings: ServiceSettings) -> Cells:
    return cell_files.load(settings.cells_file, serve=settings.cells, prefix=settings.topic_prefix)


def command_line(service: Service[Any]) -> typer.Typer:
    """`python -m <service> serve | work | migrate | rebuild`."""
    app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

    @app.command(name="serve")
    def serve() -> None:
        """Answer HTTP until SIGTERM."""
        _run(_serve(service, _configured(service)))

    @app.command(name="work")
    def work() -> None:
        """Relay, consume, run jobs and send, until SIGTERM."""
        _run(_work(service, _configured(service)))

    @app.command(name="migrate")
    def migrate_() -> None:
        """Bring the database's schema up to this release."""
        settings = _configured(service)
        _run(migrate(settings.owner_database_url, service.schema, service.consumers))

    @app.command(name="rebuild")
    def rebuild(projection: str) -> None:
        """Fill a projection anew from the first offset; the service's work must be stopped."""
        print(_run(rebuild_projection(service, _configured(service), projection)), "records")

    return app


def _run(what: Coroutine[Any, Any, Result]) -> Result:
    """Run to the end. What only the person at the console can put right is said in one sentence."""
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(what)
    except (CannotStart, Problem) as refusal:
        sys.exit(str(refusal))


def _configured(service: Service[Any]) -> Any:
    try:
        settings = service.settings()
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc'])).upper()}: {e['msg']}" for e in error.errors())
        sys.exit(f"{service.name} cannot start with this environment: {wrong}")
    logs.configure(settings.log_level, service.name)
    return settings


async def rebuild_projection(service: Service[Any], settings: ServiceSettings, projection: str) -> int:
    """Rebuild every consumer of one projection. Returns the number of records read."""
    db = await Database.open(settings.worker_database_url, size=4, application_name=f"{service.name} rebuild")
    try:
        count = 0
        for consumer in service.consumers:
            if consumer.projection == projection:
                count += await Rebuild(
                    service=service.name,
                    consumer=consumer,
                    cells=load_cells(settings),
                    bootstrap=settings.kafka_bootstrap,
                    db=db,
                ).run()
        return count
    finally:
        await db.close()


async def consumptions(
    service: Service[Any], settings: ServiceSettings, db: Database, stopping: asyncio.Event
) -> list[Consumption]:
    """Every consumer of the service, in the epoch of its projection."""
    found, cells = [], load_cells(settings)
    async with db.pool.acquire() as conn:
        for consumer in service.consumers:
            active = await registry.active(conn, consumer.projection)
            applier = Applier(consumer=consumer, db=db, epoch=active.epoch, tell_from=settings.tell_from)
            group = await registry.group_name(
                conn, service.name, consumer, epoch=active.epoch, prefix=settings.topic_prefix
            )
            found.append(
                Consumption(
                    consumer=consumer,
                    cells=cells,
                    bootstrap=settings.kafka_bootstrap,
                    group=group,
                    db=db,
                    applier=applier,
                    stopping=stopping,
                )
            )
    return found


async def _serve(service: Service[Any], settings: ServiceSettings) -> None:
    await serve_http(service.create_app(settings), host=settings.http_host, port=settings.http_port)


async def _work(service: Service[Any], settings: ServiceSettings) -> None:
    """Run every background task of the service; the first that fails ends the process, loudly."""
    stopping = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stopping.set)
    db = await Database.open(
        settings.worker_database_url, size=settings.pool_size, application_name=f"{service.name} work"
    )
    running = await asyncpg.connect(settings.worker_database_url)
    try:
        async with db.pool.acquire() as conn:
            await check(conn, service.schema)
        await hold_running_lock(running)
        await _run_all(service, settings, db, stopping)
    finally:
        await running.close()
        await db.close()


async def _run_all(service: Service[Any], settings: ServiceSettings, db: Database, stopping: asyncio.Event) -> None:
    cells = load_cells(settings)
    relay = Relay(
        dsn=settings.worker_database_url,
        bootstrap=settings.kafka_bootstrap,
        prefix=settings.topic_prefix,
        render=service.renderer(db),
        heartbeats=service.heartbeats(cells),
        stopping=stopping,
    )
    readers = await consumptions(service, settings, db, stopping)
    work = Work(settings=settings, cells=cells, db=db, stopping=stopping)
    jobs = JobRunner(db, service.jobs, stopping=stopping)

    async def ready() -> None:
        refuse_while_failing(readers)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(relay.run(), name="relay")
        tasks.create_task(relay.watch(), name="relay's watchdog")
        for reader in readers:
            tasks.create_task(reader.run(), name=f"consumer {reader.consumer.name}")
        tasks.create_task(jobs.run(), name="jobs")
        for loop in service.loops:
            tasks.create_task(_awaited(loop(work)), name=getattr(loop, "__name__", "loop"))
        tasks.create_task(
            serve_http(
                create_app(title=f"{service.name} work", version="v1", routers=[], lifespan=None, ready=ready),
                host=settings.http_host,
                port=settings.work_port,
                stopping=stopping,
            ),
            name="health",
        )


async def _awaited(loop: Awaitable[None]) -> None:
    await loop


def refuse_while_failing(readers: Sequence[Consumption]) -> None:
    """Raise Unavailable where a consumer is stuck on a dependency."""
    stuck = {reader.consumer.name: reader.applier.failing for reader in readers if reader.applier.failing}
    if stuck:
        raise Unavailable("Signals cannot be applied just now.", stuck=stuck)
