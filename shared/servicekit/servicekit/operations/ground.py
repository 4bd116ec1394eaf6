"""What every operators' command stands on: one service, its settings, and its database while the command runs."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from servicekit.cells import Cells
from servicekit.consumers.subscription import Consumer
from servicekit.database import Database
from servicekit.database.migrations import Schema
from servicekit.problem import CannotStart
from servicekit.settings import ServiceSettings


class NotKnown(CannotStart):
    """A name on the command line that the service does not know; the message says which there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    name: str
    schema: Schema
    consumers: Sequence[Consumer]
    settings: ServiceSettings
    cells: Cells

    @asynccontextmanager
    async def database(self, what: str, *, size: int = 2, **server: str) -> AsyncIterator[Database]:
        """The worker's; `what` is seen in the server's list of connections, `server` are settings of it."""
        url = self.settings.worker_database_url
        db = await Database.open(url, size=size, application_name=f"{self.name} {what}", server=server)
        try:
            yield db
        finally:
            await db.close()

    def consumer(self, name: str) -> Consumer:
        for consumer in self.consumers:
            if consumer.name == name:
                return consumer
        raise NotKnown(f"{self.name} has no consumer {name!r}; there are: {_listed(c.name for c in self.consumers)}")

    def consumers_of(self, projection: str) -> Sequence[Consumer]:
        found = [consumer for consumer in self.consumers if consumer.projection == projection]
        if not found:
            names = _listed(consumer.projection for consumer in self.consumers)
            raise NotKnown(f"{self.name} has no projection {projection!r}; there are: {names}")
        return found


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(set(names)))
