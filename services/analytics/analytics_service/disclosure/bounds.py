"""What can be worked out: how far sums and orders narrow the ranges of counts that are not known. Pure."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from analytics_service.disclosure.model import SLACK, SMALLEST, is_small

Name: TypeAlias = Hashable
Range: TypeAlias = tuple[int, int]
"""The lowest and the highest that a count can be."""

ENDLESS = 10**9


class Contradiction(Exception):
    """No counts at all fulfil what was assumed."""


@dataclass(frozen=True, slots=True)
class Adds:
    """The parts add up to the whole: everybody is in one of them, and in one only."""

    whole: Name
    parts: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class Covers:
    """Everybody of the whole is in a part, some in several."""

    whole: Name
    parts: tuple[Name, ...]


@dataclass(frozen=True, slots=True)
class AtMost:
    """One count is never above another."""

    less: Name
    more: Name


Relation: TypeAlias = Adds | Covers | AtMost


def of_figure(figure: int | None) -> Range:
    """What a published figure says of its count: a suppressed one only that somebody is there."""
    if figure is None:
        return 1, ENDLESS
    return (0, 0) if figure == 0 else (max(SMALLEST, figure - SLACK), figure + SLACK)


def of_small() -> Range:
    """What is said of a count that is suppressed for no other reason than being small."""
    return 1, SMALLEST - 1


class Relations:
    """What is known to hold between counts."""

    def __init__(self, relations: Iterable[Relation]) -> None:
        self._relations = list(relations)
        self._touching: dict[Name, list[int]] = {}
        for number, relation in enumerate(self._relations):
            for name in _names(relation):
                self._touching.setdefault(name, []).append(number)

    def narrow(self, ranges: Mapping[Name, Range], changed: Iterable[Name] | None = None) -> dict[Name, Range]:
        """The ranges that remain, once no relation narrows any further. Raises Contradiction where nothing remains.

        changed: the names that have changed since the ranges were narrowed before; all of them where they never were.
        """
        found = dict(ranges)
        waiting = self._of(self._touching if changed is None else changed)
        while waiting:
            number = next(iter(waiting))
            del waiting[number]
            for name, limits in _implied(found, self._relations[number]):
                if limits != found[name]:
                    if limits[0] > limits[1]:
                        raise Contradiction
                    found[name] = limits
                    waiting.update(self._of((name,)))
        return found

    def learned(self, ranges: Mapping[Name, Range], exactly: Mapping[Name, Range]) -> set[Name]:
        """Which counts of 1 to 7 somebody learns who knows these `exactly` besides. ranges: narrowed before."""
        left = self.narrow(dict(ranges) | dict(exactly), exactly)
        return {name for name, (low, high) in left.items() if low == high and is_small(low)} - exactly.keys()

    def _of(self, names: Iterable[Name]) -> dict[int, None]:
        """Numbers of the relations in which these stand, in a fixed order."""
        return dict.fromkeys(number for name in names for number in self._touching.get(name, ()))


def _names(relation: Relation) -> tuple[Name, ...]:
    match relation:
        case AtMost(less, more):
            return less, more
        case Adds(whole, parts) | Covers(whole, parts):
            return whole, *parts
    raise TypeError(relation)


def _implied(found: Mapping[Name, Range], relation: Relation) -> list[tuple[Name, Range]]:
    """Each range as this relation alone leaves it."""
    match relation:
        case AtMost(less, more):
            (low, high), (floor, ceiling) = found[less], found[more]
            return [(less, (low, min(high, ceiling))), (more, (max(low, floor), ceiling))]
        case Adds(whole, parts):
            return _added(found, whole, parts, at_most=True)
        case Covers(whole, parts):
            return _added(found, whole, parts, at_most=False)
    raise TypeError(relation)


def _added(
    found: Mapping[Name, Range], whole: Name, parts: Sequence[Name], *, at_most: bool
) -> list[tuple[Name, Range]]:
    """at_most: whether the parts' sum is no more than the whole, as it is where nobody is in two of them."""
    low, high = found[whole]
    lows, highs = sum(found[part][0] for part in parts), sum(found[part][1] for part in parts)
    floor = lows if at_most else max((found[part][0] for part in parts), default=0)
    implied: list[tuple[Name, Range]] = [(whole, (max(low, floor), min(high, highs)))]
    for part in parts:
        least, most = found[part]
        ceiling = high - (lows - least) if at_most else high
        implied.append((part, (max(least, low - (highs - most)), min(most, ceiling))))
    return implied
