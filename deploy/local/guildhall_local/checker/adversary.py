"""Somebody who was given figures and wants to know the small ones: sums and differences, until nothing more follows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SMALLEST = 8
"""The smallest count of people that may be known, nought apart."""
SLACK = 2
"""How far a figure that is rounded to the nearest 5 may lie from its count."""
ANY = 10**9

Range = tuple[int, int]
"""The lowest and the highest that a count can be."""


def exactly(count: int) -> Range:
    return count, count


def published(figure: int | None, *, is_total: bool = False) -> Range:
    """What a figure says that has passed disclosure control.

    One that is suppressed stands for 1 to 7 people; a total may be suppressed to protect its parts as well.
    """
    if figure is None:
        return 1, ANY if is_total else SMALLEST - 1
    if figure == 0:
        return 0, 0
    return max(SMALLEST, figure - SLACK), figure + SLACK


@dataclass(frozen=True, slots=True)
class Sum:
    """Everybody of the whole is in exactly one of the parts."""

    whole: str
    parts: Sequence[str]


@dataclass(frozen=True, slots=True)
class Below:
    """One count is never above the other."""

    less: str
    more: str


Relation = Sum | Below


class Contradiction(Exception):
    """No counts at all fit what was said: somewhere a figure is wrong."""


def narrowed(known: Mapping[str, Range], relations: Sequence[Relation]) -> dict[str, Range]:
    """What each count can be, given all of it together; what nothing was said of can be anything.

    Raises Contradiction.
    """
    ranges = {name: (0, ANY) for one in relations for name in _names(one)} | dict(known)
    while True:
        before = dict(ranges)
        for one in relations:
            if isinstance(one, Sum):
                _apply_sum(ranges, one)
            else:
                (low, high), (floor, ceiling) = ranges[one.less], ranges[one.more]
                ranges[one.less], ranges[one.more] = (low, min(high, ceiling)), (max(low, floor), ceiling)
        if impossible := [name for name, (low, high) in ranges.items() if low > high]:
            raise Contradiction(f"no count of {impossible[0]} fits all that is said")
        if ranges == before:
            return ranges


def _names(one: Relation) -> Sequence[str]:
    return [one.whole, *one.parts] if isinstance(one, Sum) else [one.less, one.more]


def _apply_sum(ranges: dict[str, Range], one: Sum) -> None:
    low, high = ranges[one.whole]
    lows = sum(ranges[part][0] for part in one.parts)
    highs = sum(ranges[part][1] for part in one.parts)
    low, high = max(low, lows), min(high, highs)
    ranges[one.whole] = low, high
    for part in one.parts:
        least, most = ranges[part]
        ranges[part] = max(least, low - (highs - most)), min(most, high - (lows - least))


def learnt(
    known: Mapping[str, Range], relations: Sequence[Relation], counts: Mapping[str, int], own: set[str]
) -> list[str]:
    """What follows of each count of 1 to 7 that is not one's own and can be but one number, in words.

    counts: what is true, to tell a small count from a large one.
    """
    try:
        ranges = narrowed(known, relations)
    except Contradiction as contradiction:
        return [str(contradiction)]
    return [
        f"{name} can only be {low}"
        for name, (low, high) in sorted(ranges.items())
        if name not in own and 0 < counts.get(name, 0) < SMALLEST and low == high
    ]
