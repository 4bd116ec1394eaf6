"""Somebody who puts together everything they were given: exact, by search, and independent of the service's code."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

ENDLESS = 10**6
PATIENCE = 4000
"""After so many steps the question is given up, rather than searched for minutes."""

Name = Hashable
Range = tuple[int, int]
Ranges = dict[Name, Range]
Sum = tuple[Range, Sequence[Name]]


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


class TooHard(Exception):
    """Not found out within patience."""


@dataclass
class Puzzle:
    """Counts within limits, sums of them within limits, and pairs of which one is never above the other."""

    counts: Ranges = field(default_factory=dict)
    sums: list[Sum] = field(default_factory=list)
    orders: list[tuple[Name, Name]] = field(default_factory=list)
    steps: int = 0

    def given_away(self, truth: Mapping[Name, int], secrets: Mapping[Name, Sequence[Name]]) -> list[Name]:
        """The secrets that can be nothing but what they are. truth: a solution. secrets: each a sum of counts.

        Every other solution that is found settles all the secrets in which it differs. Raises TooHard.
        """
        assert self._cut({name: (count, count) for name, count in truth.items()}, []), "the truth is no solution"
        worth = {secret: sum(truth[name] for name in names) for secret, names in secrets.items()}
        unsettled, certain = list(secrets), []
        while unsettled:
            secret = unsettled[0]
            names, value = secrets[secret], worth[secret]
            other = self._solve(self.counts, [((0, value - 1), names)]) or self._solve(
                self.counts, [((value + 1, ENDLESS), names)]
            )
            if other is None:
                certain.append(unsettled.pop(0))
            else:
                unsettled = [one for one in unsettled if sum(other[name] for name in secrets[one]) == worth[one]]
        return certain

    def _solve(self, counts: Ranges, besides: Sequence[Sum]) -> dict[Name, int] | None:
        """Some counts that fulfil everything, or None where there are none."""
        self.steps += 1
        if self.steps > PATIENCE:
            raise TooHard
        cut = self._cut(counts, besides)
        if cut is None:
            return None
        undecided = [name for name, (low, high) in cut.items() if low < high]
        if not undecided:
            return {name: low for name, (low, _) in cut.items()}
        name = min(undecided, key=lambda one: cut[one][1] - cut[one][0])
        low, high = cut[name]
        return self._solve(cut | {name: (low, low)}, besides) or self._solve(cut | {name: (low + 1, high)}, besides)

    def _cut(self, counts: Ranges, besides: Sequence[Sum]) -> Ranges | None:
        """Without what no solution can have; None where nothing is left."""
        left = dict(counts)
        while True:
            before = dict(left)
            for less, more in self.orders:
                left[less] = left[less][0], min(left[less][1], left[more][1])
                left[more] = max(left[more][0], left[less][0]), left[more][1]
            for limits, names in (*self.sums, *besides):
                if not _cut_sum(left, limits, names):
                    return None
            if any(low > high for low, high in left.values()):
                return None
            if left == before:
                return left


def _cut_sum(left: Ranges, limits: Range, names: Sequence[Name]) -> bool:
    lows = sum(left[name][0] for name in names)
    highs = sum(left[name][1] for name in names)
    for name in names:
        low, high = left[name]
        left[name] = max(low, limits[0] - (highs - high)), min(high, limits[1] - (lows - low))
    return lows <= limits[1] and limits[0] <= highs
