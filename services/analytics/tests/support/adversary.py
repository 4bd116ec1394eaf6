"""Somebody who puts together everything they were given: exact, by search, and independent of the service's code."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field

ENDLESS = 10**6

Name = Hashable
Range = tuple[int, int]
Ranges = dict[Name, Range]


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
    """Counts within limits, sums of them within limits, and pairs of which one is never above the other."""

    counts: Ranges = field(default_factory=dict)
    sums: list[tuple[Range, list[Name]]] = field(default_factory=list)
    orders: list[tuple[Name, Name]] = field(default_factory=list)

    def given_away(self, truth: Mapping[Name, int], names: Iterable[Name]) -> list[Name]:
        """Those of the names whose counts can be no other than they are. truth: a solution of the puzzle."""
        assert self._cut({name: (count, count) for name, count in truth.items()}), "the truth contradicts the figures"
        unsettled, certain = list(names), []
        while unsettled:
            name, count = unsettled[0], truth[unsettled[0]]
            low, high = self.counts[name]
            other = self._solve(self.counts | {name: (low, count - 1)}) or self._solve(
                self.counts | {name: (count + 1, high)}
            )
            if other is None:
                certain.append(unsettled.pop(0))
            else:
                unsettled = [one for one in unsettled if other[one] == truth[one]]
        return certain

    def _solve(self, counts: Ranges) -> dict[Name, int] | None:
        """Some counts that fulfil everything, or None where there are none."""
        cut = self._cut(counts)
        if cut is None:
            return None
        undecided = [name for name, (low, high) in cut.items() if low < high]
        if not undecided:
            return {name: low for name, (low, _) in cut.items()}
        name = min(undecided, key=lambda one: cut[one][1] - cut[one][0])
        low, high = cut[name]
        return self._solve(cut | {name: (low, low)}) or self._solve(cut | {name: (low + 1, high)})

    def _cut(self, counts: Ranges) -> Ranges | None:
        """Without what no solution can have; None where nothing is left."""
        left = dict(counts)
        while True:
            before = dict(left)
            for less, more in self.orders:
                left[less] = left[less][0], min(left[less][1], left[more][1])
                left[more] = max(left[more][0], left[less][0]), left[more][1]
            for limits, names in self.sums:
                _cut_sum(left, limits, names)
            if any(low > high for low, high in left.values()):
                return None
            if left == before:
                return left


def _cut_sum(left: Ranges, limits: Range, names: list[Name]) -> None:
    lows = sum(left[name][0] for name in names)
    highs = sum(left[name][1] for name in names)
    for name in names:
        low, high = left[name]
        left[name] = max(low, limits[0] - (highs - high)), min(high, limits[1] - (lows - low))
