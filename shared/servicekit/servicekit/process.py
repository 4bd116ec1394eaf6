"""How a service runs: serve (HTTP), work (relay, consumers, timers, jobs, senders), migrate; each on its own."""

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

import structlog
import typer
import uvloop
from fastapi import FastAPI
from pydantic import ValidationError

from servicekit import cells as cell_files
from servicekit import clock, garbage, idempotency, last_errors, logs, operations, tracing
from servicekit.broker import BrokerWatch
from servicekit.cells import Cells
from servicekit.consumers import registry
from servicekit.consumers.apply import Applier
from servicekit.consumers.runtime import Consumption
from servicekit.consumers.subscription import Consumer
from servicekit.database import Database
from servicekit.database.founding import found
from servicekit.database.migrations import Schema, check, migrate
from servicekit.jobs.runner import JobHandler, JobRunner
from servicekit.operations import Ground
from servicekit.outbox.relay import Heartbeats, Relay, Renderer, render_nothing
from servicekit.problem import CannotStart, Problem, Unavailable
from servicekit.settings import ServiceSettings
from servicekit.status import Status, gather
from servicekit.status.gathering import release
from servicekit.status.measuring import Picture, measure
from servicekit.timers.runner import TimerHandler, TimerRunner
from servicekit.together import Named, together
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


Loop = Callable[[Work[Any]], Coroutine[Any, Any, None]]
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
    timers: Callable[[Work[Any]], Mapping[str, TimerHandler]] | None = None
    """What due timers do, by kind; needs a table `timers` (`servicekit.timers`)."""


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

    @app.command(name="found")
    def found_() -> None:
        """Make the service's database and its roles, as the server's administrator."""
        settings = _configured(service)
        urls = {
            "owner": settings.owner_database_url,
            "api": settings.database_url,
            "worker": settings.worker_database_url,
        }
        _run(found(settings.admin_database_url, service=service.name, urls=urls))

    @app.command(name="migrate")
    def migrate_() -> None:
        """Bring the database's schema up to this release."""
        settings = _configured(service)
        _run(migrate(settings.owner_database_url, service.schema, service.consumers))

    operations.add(app, lambda: _ground(service), _run)
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
    clock.follow(Path(settings.clock_file) if settings.clock_file else None)
    return settings


def _ground(service: Service[Any]) -> Ground:
    settings = _configured(service)
    logs.configure("CRITICAL", service.name, stream=sys.stderr)  # a command speaks for itself
    return Ground(
        name=service.name,
        schema=service.schema,
        consumers=service.consumers,
        settings=settings,
        cells=load_cells(settings),
    )


async def consumptions(
    service: Service[Any], settings: ServiceSettings, db: Database, stopping: asyncio.Event
) -> list[Consumption]:
    """Every consumer of the service, in the epoch of its projection."""
    found, cells = [], load_cells(settings)
    async with db.pool.acquire() as conn:
        for consumer in service.consumers:
            active = await registry.active(conn, consumer.projection)
            applier = Applier(
                consumer=consumer, db=db, epoch=active.epoch, serves=cells.serves, tell_from=settings.tell_from
            )
            group = await registry.group_name(conn, service.name, consumer, prefix=settings.topic_prefix)
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
    tracing.start(service.name, release(service.name), settings.otel_exporter_otlp_endpoint)
    stopping = asyncio.Event()
    keeping = asyncio.create_task(last_errors.keep(settings.database_url, "serve", stopping))
    try:
        await serve_http(
            service.create_app(settings),
            host=settings.http_host,
            port=settings.http_port,
            drain_seconds=settings.drain_seconds,
        )
    finally:
        stopping.set()
        await keeping
        await tracing.stop()


async def _work(service: Service[Any], settings: ServiceSettings) -> None:
    """Run every background task of the service; the first that fails ends the process, loudly."""
    tracing.start(service.name, release(service.name), settings.otel_exporter_otlp_endpoint)
    stopping = asyncio.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signum, stopping.set)
    db = await Database.open(
        settings.worker_database_url, size=settings.pool_size, application_name=f"{service.name} work"
    )
    try:
        async with db.pool.acquire() as conn:
            await check(conn, service.schema)
        garbage.settle()
        await _run_all(service, settings, db, stopping)
    except Exception as error:
        last_errors.add("process.failed", type(error).__name__)
        raise
    finally:
        await last_errors.write(settings.worker_database_url, "work")
        await db.close()
        await tracing.stop()


async def _run_all(service: Service[Any], settings: ServiceSettings, db: Database, stopping: asyncio.Event) -> None:
    cells = load_cells(settings)
    broker = BrokerWatch(db=db, bootstrap=settings.kafka_bootstrap, stopping=stopping)
    relay = Relay(
        dsn=settings.worker_database_url,
        bootstrap=settings.kafka_bootstrap,
        prefix=settings.topic_prefix,
        render=service.renderer(db),
        heartbeats=service.heartbeats(cells),
        stopping=stopping,
        is_ours=broker.is_ours,
    )
    readers = await consumptions(service, settings, db, stopping)
    work = Work(settings=settings, cells=cells, db=db, stopping=stopping)
    jobs = JobRunner(db, service.jobs, stopping=stopping)
    picture = Picture(partial(_status, service, settings, db))
    tasks: list[Named] = [
        ("broker", broker.run()),
        ("relay", relay.run()),
        ("relay's watchdog", relay.watch()),
        ("jobs", jobs.run()),
        ("last errors", last_errors.keep(settings.worker_database_url, "work", stopping)),
        ("measuring", measure(picture.new, stopping)),
        ("answers", idempotency.let_go(db, stopping)),
        ("garbage", garbage.clear_away(stopping)),
        ("health", _serve_health(service, settings, readers, picture, stopping)),
        *((f"consumer {reader.consumer.name}", broker.then(reader.run)) for reader in readers),
        *((loop.__name__, loop(work)) for loop in service.loops),
    ]
    if service.timers is not None:
        timers = TimerRunner(dsn=settings.worker_database_url, db=db, handlers=service.timers(work), stopping=stopping)
        tasks += [("timers", timers.run()), ("timers' watchdog", timers.watch())]
    await together(tasks)


async def _serve_health(
    service: Service[Any],
    settings: ServiceSettings,
    readers: Sequence[Consumption],
    picture: Picture,
    stopping: asyncio.Event,
) -> None:
    """What machines ask of `work`: whether it is ready, its figures, its status."""

    async def ready() -> None:
        refuse_while_failing(readers)

    app = create_app(
        title=f"{service.name} work",
        version="v1",
        routers=[operations.status_page(picture)],
        lifespan=None,
        ready=ready,
    )
    await serve_http(app, host=settings.http_host, port=settings.work_port, stopping=stopping)


async def _status(service: Service[Any], settings: ServiceSettings, db: Database) -> Status:
    return await gather(
        db,
        service.name,
        service.schema,
        service.consumers,
        cells=load_cells(settings),
        bootstrap=settings.kafka_bootstrap,
    )


def refuse_while_failing(readers: Sequence[Consumption]) -> None:
    """Raise Unavailable where a consumer is stuck on a dependency."""
    stuck = {reader.consumer.name: reader.applier.failing for reader in readers if reader.applier.failing}
    if stuck:
        raise Unavailable("Signals cannot be applied just now.", stuck=stuck)
