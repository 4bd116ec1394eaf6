"""A whole Guildhall whose processes can be ordered to die, and what the supervisor saw of it."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from rig import deaths, supervising
from rig.deaths import Death
from rig.orders import Mark, Order, Orders
from rig.places import PROXIED, ProxiedInstance, deaths_file, orders_folder
from whole_stack import free_block

from guildhall_local import stack, status
from guildhall_local.instance import Instance, default_cache
from guildhall_local.spec import ProcessSpec
from guildhall_local.status import ProcessStatus, State

SUPERVISING = Path(__file__).parent / "supervising.py"
POLL = 0.05


class NotHit(AssertionError):
    """A point that nobody reached, or a death that is not the one that was ordered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A process that died where it was ordered to: by its own mark, and by its parent's word."""

    point: str
    process: str
    at: float
    """When it died, by `time.monotonic`."""
    ready_after: float = 0.0
    """Seconds until its successor was ready."""


@dataclass(slots=True, kw_only=True)
class Rig:
    instance: Instance
    is_proxied: bool = False
    orders: Orders = field(init=False)

    def __post_init__(self) -> None:
        self.orders = Orders(orders_folder(self.instance))

    def arm(self, process: str, point: str, *, nth: int = 1, settings: Mapping[str, int] | None = None) -> Order:
        return self.orders.give(process, point, nth=nth, settings=settings)

    @property
    def deaths_file(self) -> Path:
        return deaths_file(self.instance)

    def specs(self) -> list[ProcessSpec]:
        return supervising.specs(self.instance, proxied=self.is_proxied)

    def deaths(self) -> list[Death]:
        return deaths.read(self.deaths_file)

    async def taken_up(self, process: str, order: Order, *, within: float) -> None:
        """Once the process, or its successor, knows of the order. Raises NotHit."""
        deadline = time.monotonic() + within
        while not self.orders.is_taken_up(order):
            if time.monotonic() > deadline:
                raise NotHit(f"{process} does not hear of {order.point}")
            await asyncio.sleep(POLL)

    async def hit(self, process: str, order: Order, *, within: float) -> Hit:
        """Once the process has died as ordered and its successor is ready. Raises NotHit."""
        mark = await self.marked(process, order, within=within)
        await self.killed(mark)
        await self.ready(process, but=mark.pid)
        return Hit(point=order.point, process=process, at=mark.at, ready_after=time.monotonic() - mark.at)

    async def killed(self, mark: Mark, *, within: float = 5.0) -> None:
        """Its parent says so. Raises NotHit."""
        death = await self._death(mark, within=within)
        if death.code != -signal.SIGKILL:
            raise NotHit(f"{mark.process} ended with {death.code} after {mark.point}, and was not killed")

    async def marked(self, process: str, order: Order, *, within: float) -> Mark:
        deadline = time.monotonic() + within
        while (mark := self.orders.mark(order.id)) is None:
            if time.monotonic() > deadline:
                self.orders.take_back(process)
                raise NotHit(f"{process} did not reach {order.point} within {within:.0f} s")
            await asyncio.sleep(POLL)
        return mark

    async def _death(self, mark: Mark, *, within: float) -> Death:
        deadline = time.monotonic() + within
        while True:
            for death in self.deaths():
                if death.pid == mark.pid and death.process == mark.process:
                    return death
            if time.monotonic() > deadline:
                raise NotHit(f"the supervisor saw no end of {mark.process} ({mark.pid})")
            await asyncio.sleep(POLL)

    async def ready(self, process: str, *, but: int = 0, within: float = 60.0) -> int:
        """Its number once it is ready. but: that of one that has died."""
        deadline = time.monotonic() + within
        while True:
            one = self.process(process)
            if one.state is State.READY and one.mark is not None and one.mark.pid != but:
                return one.mark.pid
            if time.monotonic() > deadline:
                raise NotHit(f"{process} is {one.state} {one.trouble} for {within:.0f} s")
            await asyncio.sleep(POLL)

    def process(self, name: str) -> ProcessStatus:
        seen = status.read_alive(self.instance)
        assert seen is not None, "the supervisor has ended"
        [one] = [one for one in seen.processes if one.name == name]
        return one

    def send(self, process: str, signum: signal.Signals) -> int:
        """A signal to a process as it runs now; its number."""
        mark = self.process(process).mark
        assert mark is not None
        os.kill(mark.pid, signum)
        return mark.pid


@contextmanager
def rigged(state: Path, *, proxied: bool = False) -> Iterator[Rig]:
    """Up for as long as the block; dies with this process, whatever happens to it."""
    kind = ProxiedInstance if proxied else Instance
    instance = kind(state=state, cache=default_cache(), port_base=free_block())
    program = [str(SUPERVISING), PROXIED] if proxied else [str(SUPERVISING)]
    with stack.running(instance, program=program):
        yield Rig(instance=instance, is_proxied=proxied)
