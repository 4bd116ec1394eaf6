"""Rebuilding a projection: the idle schema is filled from the first record while the other serves, then they change.

The live consumer goes on meanwhile. A switch takes the epoch's wall alone, which stops every live batch of the
projection between two transactions; it reads exactly as far as they have applied, and flips the row that every
transaction reads. Live batches then go on in the new epoch. Whoever dies leaves the old epoch as it was.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import asyncpg
import structlog
from aiokafka import TopicPartition

from servicekit import faults
from servicekit.cells import Cells
from servicekit.consumers import inbox, marks, parking, registry
from servicekit.consumers.apply import EPOCH, Applier, NotParkable, TooManyParked
from servicekit.consumers.marks import Marks
from servicekit.consumers.registry import Active
from servicekit.consumers.rereading import Progress, Rereading, quiet
from servicekit.consumers.subscription import Consumer
from servicekit.crash_points import Point, reached
from servicekit.database import Conn, Database
from servicekit.database.pool import WORKER, enter
from servicekit.problem import Conflict

RUNNING_LOCK = 0x776F726B  # "work": held by working processes of releases that cannot be switched while they run
REBUILD_LOCK = 0x72656264  # "rebd": one rebuild of a projection at a time

_ANOTHER_REBUILD = """
SELECT EXISTS (SELECT FROM pg_locks
                WHERE locktype = 'advisory' AND granted AND mode = 'ExclusiveLock' AND objsubid = 1
                  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
                  AND objid = $1::bigint::oid)
"""
NEAR = 5_000
"""So few records behind, the rest is read while the live consumer waits."""
ROUNDS = 50
SWITCHES = 10
WALL_SECONDS = 10
STRETCH_SECONDS = 20.0
FORGOTTEN_AT_ONCE = 20_000

log = structlog.get_logger(__name__)


class ServiceRuns(Conflict):
    code = "service-runs"
    title = "Stop the service's work first"


class RebuildRuns(Conflict):
    code = "rebuild-runs"
    title = "The projection is being rebuilt already"


class CannotApply(Conflict):
    code = "cannot-apply"
    title = "What stands on the topics cannot be applied"


class CannotSwitch(Conflict):
    code = "cannot-switch"
    title = "The old epoch could not be stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    projection: str
    consumers: list[str]
    epoch: int
    """The new one."""
    records: int
    seconds: float
    """From the first record to the switch."""
    stopped_seconds: float
    """How long live batches waited."""


Readings = Sequence[Rereading]
"""One for each consumer that feeds the projection."""


@dataclass(slots=True, kw_only=True)
class Rebuild:
    """One projection of a service, running or not; telling handlers are not run."""

    service: str
    consumers: Sequence[Consumer]
    """All that feed the projection: they share its epoch, and are switched together."""
    cells: Cells
    bootstrap: str
    db: Database
    tell_from: datetime = EPOCH
    progress: Progress = quiet
    order: Callable[[list[TopicPartition]], list[TopicPartition]] = field(default=list)

    @property
    def projection(self) -> str:
        (name,) = {consumer.projection for consumer in self.consumers}
        return name

    async def run(self) -> Rebuilt:
        """Rebuild and switch. Raises RebuildRuns, ServiceRuns (an older release works), CannotApply or CannotSwitch."""
        async with self.db.pool.acquire() as guard:
            await self._claim(guard)
            try:
                return await self._rebuild(guard)
            finally:
                await _let_go(guard)

    async def _claim(self, guard: Conn) -> None:
        if not await guard.fetchval("SELECT pg_try_advisory_lock($1, hashtext($2))", REBUILD_LOCK, self.projection):
            raise RebuildRuns(f"the projection {self.projection} of {self.service} is being rebuilt already")
        if not await guard.fetchval("SELECT pg_try_advisory_lock($1)", RUNNING_LOCK):
            other = await guard.fetchval(_ANOTHER_REBUILD, RUNNING_LOCK)
            await _let_go(guard)
            if other:
                raise RebuildRuns(f"another projection of {self.service} is being rebuilt; one at a time")
            raise ServiceRuns(
                f"work of an older release of {self.service} is running, and cannot be switched; stop it, then rebuild"
            )

    async def _rebuild(self, guard: Conn) -> Rebuilt:
        old = await registry.active(guard, self.projection)
        await self.progress("emptying", 0, 0)
        await self._forget_others(guard, old.epoch)
        await _empty(guard, old.idle_schema)
        reached(Point.REBUILD_EMPTIED)
        began = time.monotonic()
        readings = await self._readings(guard, old)
        try:
            await self._come_near(old, readings)
            reached(Point.REBUILD_NEAR)
            await _look_at_statistics(guard, old.idle_schema)
            stopped = await self._switch_in_the_end(guard, old, readings)
        except (TooManyParked, NotParkable) as error:
            raise CannotApply(f"{old.name} stays as it was, since much cannot be applied any more: {error}") from error
        finally:
            for reading in readings:
                await reading.close()
        reached(Point.REBUILD_SWITCHED)
        seconds = time.monotonic() - began
        await self.progress("tidying", 0, 0)
        await self._forget_others(guard, old.epoch + 1)
        return Rebuilt(
            projection=old.name,
            consumers=[consumer.name for consumer in self.consumers],
            epoch=old.epoch + 1,
            records=sum(reading.records for reading in readings),
            seconds=round(seconds, 3),
            stopped_seconds=round(stopped, 3),
        )

    async def _readings(self, conn: Conn, old: Active) -> Readings:
        """Into the active search path, with the idle side of this projection in its place."""
        path: str = await conn.fetchval("SELECT servicekit.active_schemas()")
        return [
            Rereading(
                applier=Applier(
                    consumer=consumer,
                    db=self.db,
                    epoch=old.epoch + 1,
                    schemas=path.replace(f"{old.name}_{old.side}", old.idle_schema),
                    rebuilding=True,
                    tell_from=self.tell_from,
                ),
                bootstrap=self.bootstrap,
                prefix=self.cells.prefix,
                progress=self.progress,
                order=self.order,
            )
            for consumer in self.consumers
        ]

    async def _come_near(self, old: Active, readings: Readings) -> None:
        """Chase the live consumers until little is left; they need not stop for that."""
        for _ in range(ROUNDS):
            for reading in readings:
                await reading.read_up_to(await self._marks(old, reading))
            if sum([reading.missing(await self._marks(old, reading)) for reading in readings]) <= NEAR:
                return

    async def _switch_in_the_end(self, guard: Conn, old: Active, readings: Readings) -> float:
        for attempt in range(SWITCHES):
            try:
                return await self._switch(guard, old, readings)
            except Exception as error:  # what took too long is tried again, from nearer
                if not (faults.is_away(error) or faults.is_contention(error)):
                    raise
                log.warning("rebuild.switch-put-off", attempt=attempt + 1, error=type(error).__name__)
            await self._come_near(old, readings)
        raise CannotSwitch(f"live batches of {old.name} could not be stopped in {SWITCHES} attempts; run it again")

    async def _switch(self, guard: Conn, old: Active, readings: Readings) -> float:
        """All or nothing, on the connection that holds the claim. Returns how long live batches were kept out."""
        async with guard.transaction():
            await guard.execute(f"SET LOCAL lock_timeout = '{WALL_SECONDS}s'")
            await guard.execute("SELECT servicekit.take_epoch($1)", old.name)
            alone_since = time.monotonic()
            reached(Point.REBUILD_ALONE)
            async with asyncio.timeout(STRETCH_SECONDS):
                await self._reach(old, readings)
            for reading in readings:
                await _take_over(guard, reading)
            reached(Point.REBUILD_TAKEN_OVER)
            await guard.execute(
                "UPDATE servicekit.projections SET active = $2, epoch = $3 WHERE name = $1",
                old.name,
                registry.OTHER[old.side],
                old.epoch + 1,
            )
            reached(Point.REBUILD_FLIPPED)
        return time.monotonic() - alone_since

    async def _reach(self, old: Active, readings: Readings) -> None:
        """Nothing is applied in the old epoch now: exactly what was, is read; what comes later is told live."""
        for reading in readings:
            await reading.read_up_to(await self._marks(old, reading))

    async def _marks(self, old: Active, reading: Rereading) -> Marks:
        """Up to where the old epoch has applied, and so may have told."""
        return await marks.applied(
            self.db,
            self.service,
            reading.applier.consumer,
            epoch=old.epoch,
            prefix=self.cells.prefix,
            bootstrap=self.bootstrap,
        )

    async def _forget_others(self, conn: Conn, epoch: int) -> None:
        """Let go, in parts, of what other epochs remember: the one before, and rebuilds that ended early."""
        for name in [consumer.name for consumer in self.consumers]:
            others = {epoch - 1, epoch + 1} | await registry.epochs(conn, name)
            for other in sorted(others - {epoch}):
                upto: UUID | None = UUID(int=0)
                while upto is not None:
                    upto = await inbox.forget_some(conn, name, other, after=upto, limit=FORGOTTEN_AT_ONCE)
            await registry.forget_positions(conn, name, but=epoch)
            await parking.forget_anew(conn, name)


async def _take_over(guard: Conn, reading: Rereading) -> None:
    """What waited, and what was fresh, is so on the new side too."""
    consumer = reading.applier.consumer
    await parking.take_over(guard, consumer.name)
    if consumer.heartbeat is not None and reading.beats:
        await enter(guard, WORKER, schemas=reading.applier.schemas)
        await consumer.heartbeat(guard, reading.beats)


async def _empty(conn: Conn, schema: str) -> None:
    for table in await _tables(conn, schema):
        await conn.execute(f"TRUNCATE {table} CASCADE")  # names come from the catalogue, quoted by it


async def _look_at_statistics(conn: Conn, schema: str) -> None:
    """A side that was just filled is planned for as if it were empty until somebody has looked at it."""
    for table in await _tables(conn, schema):
        await conn.execute(f"ANALYZE {table}")


async def _tables(conn: Conn, schema: str) -> list[str]:
    rows = await conn.fetch(
        "SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables"
        " WHERE schemaname = $1 AND tablename <> 'schema_migrations'",
        schema,
    )
    return [row["name"] for row in rows]


async def _let_go(guard: Conn) -> None:
    try:
        await guard.execute("SELECT pg_advisory_unlock_all()")
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        log.warning("rebuild.connection-lost")  # and with it the locks
