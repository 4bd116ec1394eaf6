"""What all figures share: one database server and one broker of our own, as durable as in production."""

import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from guildhall_local import children, kafka, postgres
from guildhall_local.environment import of_machine
from guildhall_local.instance import CELLS_FILE, default_cache
from guildhall_local.testservers import free_ports

POOL_SIZE = 10
"""Of both sides."""


@dataclass(slots=False)
class Stage:
    """Servers start when the first figure needs them, and end with the block that made the stage."""

    folder: Path
    _ending: ExitStack = field(default_factory=ExitStack)

    @cached_property
    def postgres(self) -> postgres.Server:
        """fsync and synchronous_commit on."""
        return self._ending.enter_context(
            postgres.running(self.folder / "postgres", free_ports(1)[0], password=secrets.token_urlsafe(12))
        )

    @cached_property
    def kafka(self) -> kafka.Broker:
        port, controller_port = free_ports(2)
        broker = kafka.Broker(
            folder=self.folder / "kafka", port=port, controller_port=controller_port, cache=default_cache()
        )
        broker.prepare()
        log = self.folder / "kafka.log"
        child = children.start(broker.command(), environment=broker.environment(), folder=broker.folder, log=log)
        self._ending.callback(children.stop, child)
        kafka.await_ready(broker, child, log)
        return broker

    def own_folder(self, name: str) -> Path:
        path = self.folder / name
        path.mkdir(parents=True, exist_ok=True)
        return path


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    with ExitStack() as ending:
        yield Stage(folder, ending)


def environment(**given: str) -> dict[str, str]:
    """What a process of either side is told: nothing of the user's own, but that it imports what we import."""
    return of_machine() | {"PYTHONPATH": os.pathsep.join(sys.path), "CELLS_FILE": str(CELLS_FILE)} | given
