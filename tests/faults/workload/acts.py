"""What the clients share while they go: the ground, chance, what is open, and when it is over."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from workload.asking import Answer, Client
from workload.ground import Ground, Somebody

NATIONAL_LEAD, MIDLANDS_LEAD, LONDON_LEAD, STEWARD = "nadia", "moira", "leon", "stella"
T = TypeVar("T")


@dataclass(slots=True)
class Open:
    """An event that was published, as its organiser knows it."""

    id: str
    cell: str
    network: str
    lead: str
    capacity: int
    codes: dict[str, str] = field(default_factory=dict)
    """Registration to code: of those who were told that they have a place."""
    over: bool = False
    """Cancelled: nothing more is asked of it."""
    raced: bool = False
    """Takes place in any case: whoever judges a race looks at its places."""

    @property
    def path(self) -> str:
        return f"/api/v1/cells/{self.cell}/events/{self.id}"

    def admits(self, somebody: Somebody) -> bool:
        return f"{somebody.network}.".startswith(f"{self.network}.")


@dataclass(slots=True)
class Play:
    """One playing of the workload."""

    client: Client
    ground: Ground
    seed: int
    until: float
    stop: asyncio.Event
    events: list[Open] = field(default_factory=list)

    @property
    def goes_on(self) -> bool:
        return time.monotonic() < self.until and not self.stop.is_set()

    def rng(self, name: str) -> random.Random:
        """Everybody's own chance: what one draws changes nothing for the others."""
        return random.Random(f"{self.seed} {name}")

    async def rest(self, seconds: float) -> None:
        """Until the next thing to do, or until it is over."""
        left = min(seconds, self.until - time.monotonic())
        if left > 0 and not self.stop.is_set():
            try:
                await asyncio.wait_for(self.stop.wait(), left)
            except TimeoutError:
                return


async def repeatedly(play: Play, rng: random.Random, every: float, act: Callable[[], Awaitable[None]]) -> None:
    """Do it again and again until it is over, at uneven intervals."""
    while play.goes_on:
        await act()
        await play.rest(every * rng.uniform(0.5, 1.5))


def said(answer: Answer | None) -> dict[str, Any] | None:
    """What was answered with a yes."""
    return answer.body if answer is not None and answer.yes else None


def some(rng: random.Random, items: Sequence[T]) -> T | None:
    return rng.choice(items) if items else None
