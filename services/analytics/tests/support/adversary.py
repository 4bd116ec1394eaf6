"""Somebody who puts everything together that they were given: exact, by search, and independent of the service's code."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

ENDLESS = 10**6

Range = tuple[int, int]


def said_by(figure: int | None) -> Range:
    """What a figure says of a count, by the rule as it is published."""
    match figure:
        case None:
            return 1, ENDLESS
        case 0:
            return 0, 0
        case 10:
            return 8, 12
        case _:
            return figure - 2, figure + 2


@dataclass
class Puzzle:
    """Counts that are not known, sums that are known within limits, and pairs of which one is never above the other."""

    counts: dict[Hashable, Range] = field(default_factory=dict)
    sums: list[tuple[Range, frozenset[Hashable]]] = field(default_factory=list)
    orders: list[tuple[Hashable, Hashable]] = field(default_factory=list)

    def possible(self, name: Hashable, *, at_most: int = 2) -> list[int]:
        """The first values that this count can have; one alone is a count that is given away."""
        return self._values(lambda: range(self.counts[name][0], self.counts[name][1] + 1), {name: 1}, at_most)

    def possible_sum(self, names: Iterable[Hashable], *, at_most: int = 2) -> list[int]:
        """The first values that these counts can have together."""
        names = list(names)
        low, high = (sum(self.counts[name][side] for name in names) for side in (0, 1))
        return self._values(lambda: range(low, high + 1), dict.fromkeys(names, 1), at_most)

    def _values(
        self, candidates: Callable[[], Iterable[int]], names: Mapping[Hashable, int], at_most: int
    ) -> list[int]:
        found: list[int] = []
        for value in candidates():
            if self._can_be([*self.sums, ((value, value), frozenset(names))]):
                found.append(value)
                if len(found) == at_most:
                    break
        return found

    def _can_be(self, sums: Sequence[tuple[Range, frozenset[Hashable]]]) -> bool:
        return _search(dict(self.counts), sums, self.orders)


def _search(
    counts: dict[Hashable, Range],
    sums: Sequence[tuple[Range, frozenset[Hashable]]],
    orders: Sequence[tuple[Hashable, Hashable]],
) -> bool:
    """Whether there are counts that fulfil everything."""
    if not _cut(counts, sums, orders):
        return False
    open_ = [name for name, (low, high) in counts.items() if low < high]
    if not open_:
        return True
    name = min(open_, key=lambda one: counts[one][1] - counts[one][0])
    low, high = counts[name]
    middle = (low + high) // 2
    return any(_search(counts | {name: half}, sums, orders) for half in ((low, middle), (middle + 1, high)))


def _cut(
    counts: dict[Hashable, Range],
    sums: Sequence[tuple[Range, frozenset[Hashable]]],
    orders: Sequence[tuple[Hashable, Hashable]],
) -> bool:
    """Take away what no solution can have; False where nothing is left."""
    while True:
        before = dict(counts)
        for less, more in orders:
            counts[less] = counts[less][0], min(counts[less][1], counts[more][1])
            counts[more] = max(counts[more][0], counts[less][0]), counts[more][1]
        for (least, most), names in sums:
            lows = sum(counts[name][0] for name in names)
            highs = sum(counts[name][1] for name in names)
            if lows > most or highs < least:
                return False
            for name in names:
                low, high = counts[name]
                counts[name] = max(low, least - (highs - high)), min(high, most - (lows - low))
        if any(low > high for low, high in counts.values()):
            return False
        if counts == before:
            return True
