"""A figure is a list of pairs, the bare side and ours; a pair counts only where both did all of the work."""

import statistics
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.stage import Stage
from servicekit import garbage


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is measured."""

    pairs: int = 5
    seconds: float = 10.0
    warm_up: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One side, once."""

    rate: float
    """Of the figure's unit; the higher the better."""
    done: int
    """What was acknowledged."""
    found: int
    """What the database, or the topic, holds afterwards: equal to `done`, or the run does not count."""
    errors: int = 0
    extra: dict[str, float] = field(default_factory=dict)
    """More that was seen, such as milliseconds at the 99th percentile."""

    @property
    def counts(self) -> bool:
        return self.errors == 0 and self.done == self.found > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    bare: Run
    ours: Run

    @property
    def ratio(self) -> float:
        return self.ours.rate / self.bare.rate

    @property
    def counts(self) -> bool:
        return self.bare.counts and self.ours.counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What was measured of one figure."""

    figure: str
    unit: str
    goal: float | None
    """The least ratio; None where the figure is only told."""
    pairs: Sequence[Pair] = ()
    notes: Sequence[str] = ()
    """Sentences below the table."""
    told: dict[str, float] = field(default_factory=dict)
    """Figures that have no bare side, by what they are."""

    @property
    def counting(self) -> list[Pair]:
        return [pair for pair in self.pairs if pair.counts]

    @property
    def ratio(self) -> float | None:
        return statistics.median(pair.ratio for pair in self.counting) if self.counting else None

    @property
    def worst(self) -> float | None:
        return min((pair.ratio for pair in self.counting), default=None)

    @property
    def errors(self) -> int:
        return sum(pair.bare.errors + pair.ours.errors for pair in self.pairs)

    @property
    def reached(self) -> bool | None:
        """None where there is nothing to reach."""
        if self.goal is None:
            return None
        return self.ratio is not None and self.ratio >= self.goal


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    name: str
    """What `--only` calls it."""
    measure: Callable[[Stage, Plan], Awaitable[Result]]


Side = Callable[[], Awaitable[Run]]


async def in_pairs(bare: Side, ours: Side, *, pairs: int) -> list[Pair]:
    """ABBA: whatever drifts on the machine meanwhile meets both sides alike; so does this process' own collector."""
    garbage.settle()
    done = []
    for number in range(pairs):
        if number % 2 == 0:
            first = await bare()
            done.append(Pair(bare=first, ours=await ours()))
        else:
            own = await ours()
            done.append(Pair(bare=await bare(), ours=own))
    return done
