"""What a service listens to: a handler projects or tells, never both."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from servicekit.consumers.delivery import Delivery, Removal
from servicekit.contract import Signal
from servicekit.database import Conn

S = TypeVar("S", bound=Signal)

Handler = Callable[[Conn, Delivery[S]], Awaitable[None]]
BatchHandler = Callable[[Conn, Sequence[Delivery[S]]], Awaitable[None]]
RemovalHandler = Callable[[Conn, Removal], Awaitable[None]]
Heartbeat = Callable[[Conn, dict[str, datetime]], Awaitable[None]]
"""Writes the newest heartbeat of each cell."""
Serves = Callable[[str], bool]
"""Whether this deployment serves the cell; it may read others."""
EverywhereHandler = Callable[[Conn, Sequence[Delivery[S]], Serves], Awaitable[None]]
Run = Callable[[Conn, Sequence[Any], Serves], Awaitable[None]]


def serves_all(_cell: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Subscription:
    signal: type[Signal]
    run: Run
    """Always takes many, in order."""
    is_projection: bool
    of_removals: bool
    name: str
    """The handler's own name, for logs and the README's table."""
    everywhere: bool
    """Whether it runs for every cell that is read, or only for those served: the deployment of the cause tells."""

    def hears(self, cell: str, serves: Serves) -> bool:
        return self.everywhere or serves(cell)


def projects(signal: type[S], handler: Handler[S]) -> Subscription:
    """Keep a copy of others' facts; run again by a rebuild."""
    return Subscription(signal, _one_by_one(handler), True, False, _name(handler), True)


def projects_many(signal: type[S], handler: BatchHandler[S]) -> Subscription:
    """The batch form, for high volumes: many deliveries, few statements."""
    return Subscription(signal, _many(handler), True, False, _name(handler), True)


def projects_removal(signal: type[Signal], handler: RemovalHandler) -> Subscription:
    """Take away what a tombstone says is gone."""
    return Subscription(signal, _one_by_one(handler), True, True, _name(handler), True)


def tells(signal: type[S], handler: Handler[S]) -> Subscription:
    """Tell people, where this deployment serves the signal's cell; never run again by a rebuild."""
    return Subscription(signal, _one_by_one(handler), False, False, _name(handler), False)


def tells_many(signal: type[S], handler: BatchHandler[S]) -> Subscription:
    """The batch form of `tells`: many deliveries of one topic, few statements."""
    return Subscription(signal, _many(handler), False, False, _name(handler), False)


def tells_everywhere(signal: type[S], handler: EverywhereHandler[S]) -> Subscription:
    """Tell of every cell that is read; the handler looks itself for what this deployment serves."""
    return Subscription(signal, handler, False, False, _name(handler), True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """One consumer group of a service, and the projection that it feeds."""

    name: str
    projection: str
    """Its schemas are `<projection>_a` and `<projection>_b`."""
    subscriptions: Sequence[Subscription]
    parks: bool = True
    """False: a failure means "not ready" and is tried again for ever, since a gap would be worse than a stop."""
    heartbeat: Heartbeat | None = None
    known: dict[str, type[Signal]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "known", {s.signal.type: s.signal for s in self.subscriptions})

    @property
    def streams(self) -> list[tuple[str, str]]:
        """(publisher, stream) of everything it reads, each once."""
        return sorted({(s.signal.service(), s.signal.stream) for s in self.subscriptions})


def _one_by_one(handler: Callable[[Conn, Any], Awaitable[None]]) -> Run:
    async def run(conn: Conn, arrivals: Sequence[Any], _serves: Serves) -> None:
        for arrival in arrivals:
            await handler(conn, arrival)

    return run


def _many(handler: Callable[[Conn, Sequence[Any]], Awaitable[None]]) -> Run:
    async def run(conn: Conn, arrivals: Sequence[Any], _serves: Serves) -> None:
        await handler(conn, arrivals)

    return run


def _name(handler: Callable[..., Any]) -> str:
    return getattr(handler, "__name__", type(handler).__name__)
