"""One broker holds what a database has sent: another that comes in its place lacks all of it, and is told nothing new
before that has been published again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError
from aiokafka.protocol.metadata import MetadataRequest

from servicekit import clock, faults, metrics
from servicekit.database import Conn, Database
from servicekit.rounds import wait

ASK_SECONDS = 1.0
ANSWERS_WITHIN_MS = 3000
"""Soon after a cut is mended somebody asks anew, and the relay goes on."""
COUNTS_SECONDS = 6.0
"""As long as an answer counts: no broker is lost, replaced and given its topics within that."""

log = structlog.get_logger(__name__)


class AnotherBroker(RuntimeError):
    """The broker was replaced while the process ran; begun again, it waits until the ledger has been sent again."""

    for_operators = True


async def remembered(conn: Conn) -> str | None:
    """The cluster that holds what was sent; None before anything was."""
    found: str | None = await conn.fetchval("SELECT cluster_id FROM servicekit.broker")
    return found


async def remember(conn: Conn, cluster_id: str) -> None:
    await conn.execute(
        """
        INSERT INTO servicekit.broker (cluster_id, since) VALUES ($1, $2)
            ON CONFLICT (one) DO UPDATE SET cluster_id = excluded.cluster_id, since = excluded.since
        """,
        cluster_id,
        clock.now(),
    )


async def is_known(conn: Conn, admin: AIOKafkaAdminClient) -> bool:
    """Whether this broker holds what was sent: with another one nobody has caught up, however short its topics are."""
    found = str((await admin.describe_cluster())["cluster_id"])
    return await remembered(conn) in (None, found)


@asynccontextmanager
async def asking(bootstrap: str) -> AsyncIterator[AIOKafkaClient]:
    client = AIOKafkaClient(bootstrap_servers=bootstrap, request_timeout_ms=ANSWERS_WITHIN_MS)
    try:
        await client.bootstrap()
        yield client
    finally:
        await client.close()


async def cluster_id(client: AIOKafkaClient) -> str:
    """As the broker says it now. Raises KafkaError while none answers."""
    answer = await client.send(client.get_random_node(), MetadataRequest([]))
    return str(answer.cluster_id)


@dataclass(slots=True, kw_only=True)
class BrokerWatch:
    """Asks the broker again and again which one it is; the relay and the consumers go by what it answers."""

    db: Database
    bootstrap: str
    stopping: asyncio.Event
    which: Callable[[AIOKafkaClient], Awaitable[str]] = cluster_id
    """A seam for tests, which cannot replace the broker that they share."""
    _ours: asyncio.Event = field(default_factory=asyncio.Event)
    _known: str | None = None
    _answered_at: float = float("-inf")
    _told: bool = False

    def is_ours(self) -> bool:
        """Whether the broker said so lately."""
        return asyncio.get_running_loop().time() - self._answered_at < COUNTS_SECONDS

    async def then(self, run: Callable[[], Awaitable[None]]) -> None:
        """Run it once the broker has said so for the first time, or the process is to stop."""
        waiting = [asyncio.create_task(event.wait()) for event in (self._ours, self.stopping)]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        await run()

    async def run(self) -> None:
        """Watch until told to stop. Raises AnotherBroker where ours was replaced."""
        while not self.stopping.is_set():
            try:
                async with asking(self.bootstrap) as client:
                    while not self.stopping.is_set():
                        await self._ask(client)
                        await wait(self.stopping, ASK_SECONDS)
            except AnotherBroker:
                raise
            except Exception as error:  # whoever is away is waited for; the answer grows old meanwhile
                if not (isinstance(error, KafkaError | OSError) or faults.is_away(error)):
                    raise
                await wait(self.stopping, ASK_SECONDS)

    async def _ask(self, client: AIOKafkaClient) -> None:
        asked_at = asyncio.get_running_loop().time()
        found = await self.which(client)
        if found != self._known:
            async with self.db.pool.acquire() as conn:
                self._known = await remembered(conn)
                if self._known is None:
                    await remember(conn, found)
                    self._known = found
        if found == self._known:
            self._answered_at = asked_at
            self._ours.set()
            metrics.BROKER_IS_ANOTHER.set(0)
        elif self._ours.is_set():
            raise AnotherBroker("the broker was replaced by another one, which lacks what was sent: run `republish`")
        elif not self._told:
            metrics.BROKER_IS_ANOTHER.set(1)
            self._told = True
            log.error("broker.another", hint="it lacks what this database has sent: run `republish`")
