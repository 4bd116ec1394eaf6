"""An event's funnel as it may be published: totals give way until its parts, seen on all days together, are safe."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations, pairwise
from typing import NamedTuple

from analytics_service.disclosure.bounds import (
    Adds,
    AtMost,
    Contradiction,
    Name,
    Range,
    Relation,
    Relations,
    of_figure,
    of_small,
)
from analytics_service.disclosure.model import is_small, shown

MEASURES = ("eligible", "told", "registered", "waited", "attended")

NEVER_ABOVE = (("waited", "registered"), ("attended", "registered"))
"""Pairs of measures of which the first is never above the second."""
USUALLY_NOT_ABOVE = (("told", "eligible"), ("registered", "eligible"), ("registered", "told"))
"""The same, where everybody who came was told, and was a member when the event was published."""

ALL = "all"
"""The part that is everybody."""

Counts = Mapping[str, int]
Figures = dict[str, int | None]
"""By measure; None where suppressed."""
Orders = Sequence[tuple[str, str]]


class Point(NamedTuple):
    """Where a count stands."""

    day: date
    part: Name
    measure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedFunnel:
    """The figures of one event at the end of one day, by part; `ALL` is the total."""

    day: date
    parts: Mapping[Name, Figures]

    @property
    def parts_alone(self) -> list[Name]:
        return [part for part in self.parts if part != ALL]

    def points(self, parts: Iterable[Name]) -> list[Name]:
        return [Point(self.day, part, measure) for part in parts for measure in MEASURES]

    def ranges(self) -> dict[Name, Range]:
        """What the figures say of their counts; nothing but small counts is suppressed in a part."""
        return {
            Point(self.day, part, measure): of_small() if figure is None and part != ALL else of_figure(figure)
            for part, figures in self.parts.items()
            for measure, figure in figures.items()
        }

    def relations(self, orders: Orders) -> Iterator[Relation]:
        """How the counts of this day hang together."""
        for measure in MEASURES:
            parts = tuple(Point(self.day, part, measure) for part in self.parts_alone)
            yield Adds(Point(self.day, ALL, measure), parts)
        for part in self.parts:
            for less, more in orders:
                yield AtMost(Point(self.day, part, less), Point(self.day, part, more))

    def totals_shown(self) -> list[Name]:
        return [Point(self.day, ALL, measure) for measure in MEASURES if self.parts[ALL][measure]]

    def totals_hidden(self) -> dict[Name, Range]:
        """What would be said of the totals if none that is shown were."""
        return dict.fromkeys(self.totals_shown(), of_figure(None))


def publish_funnel(
    day: date, counts: Mapping[Name, Counts], *, own: frozenset[Name], before: Sequence[PublishedFunnel] = ()
) -> PublishedFunnel:
    """The figures of this day.

    counts: by part; everybody is in one part, and in one only. own: the parts that the event's own lead sees exactly.
    before: what was published of this event for other days.
    """
    totals = {measure: sum(part[measure] for part in counts.values()) for measure in MEASURES}
    counted = {**counts, ALL: totals}
    parts = {name: {measure: shown(count[measure]) for measure in MEASURES} for name, count in counted.items()}
    funnel = PublishedFunnel(day=day, parts=parts)
    while given_away := _given_away(funnel, counted, own) or _given_away_over_days(funnel, before, _orders(counts)):
        measure = _to_suppress(parts[ALL], given_away)
        if measure is None:
            break
        parts[ALL][measure] = None
    return funnel


def _to_suppress(total: Figures, given_away: str) -> str | None:
    """The total of the measure that is given away, else one that bears on it; None where none is shown any more."""
    related = [other for pair in NEVER_ABOVE + USUALLY_NOT_ABOVE if given_away in pair for other in pair]
    return next((measure for measure in (given_away, *related, *MEASURES) if total[measure]), None)


def _orders(counts: Mapping[Name, Counts]) -> Orders:
    """Those that always hold, and those that happen to: somebody may assume them, and be right."""
    usual = [
        (less, more) for less, more in USUALLY_NOT_ABOVE if all(part[less] <= part[more] for part in counts.values())
    ]
    return [*NEVER_ABOVE, *usual]


def _given_away(funnel: PublishedFunnel, counted: Mapping[Name, Counts], own: frozenset[Name]) -> str | None:
    """A measure of which the day's totals teach somebody a count of 1 to 7; None where they teach nobody one.

    A total that is shown counts as known exactly, since rounding wears off where a figure is seen day after day.
    """
    exactly: dict[Name, Range] = {
        Point(funnel.day, part, measure): (count, count)
        for part, counts in counted.items()
        for measure, count in counts.items()
    }
    if not any(is_small(count) for count, _ in exactly.values()):
        return None
    ranges = funnel.ranges()
    known_totals = {point: exactly[point] for point in funnel.totals_shown()}
    relations = Relations(funnel.relations(_orders({part: counted[part] for part in funnel.parts_alone})))
    without = relations.narrow(ranges | funnel.totals_hidden())
    with_them = relations.narrow(ranges | known_totals)
    for known in _readers(funnel.parts_alone, own):
        certain = {point: exactly[point] for point in funnel.points(known)}
        learned = relations.learned(with_them, certain)
        if learned and (new := learned - relations.learned(without, certain)):
            return _measure(new)
    return None


def _readers(parts: Sequence[Name], own: frozenset[Name]) -> Iterator[frozenset[Name]]:
    """Whose figures one reader may know exactly: all of the event's own people, nobody's, those of one or two parts."""
    yield own
    yield frozenset()
    for number in (1, 2):
        yield from map(frozenset, combinations(parts, number))


def _given_away_over_days(funnel: PublishedFunnel, before: Sequence[PublishedFunnel], orders: Orders) -> str | None:
    """The same for somebody who knows nothing exactly, has kept every day's figures, and knows that none ever falls."""
    days = sorted([*before, funnel], key=lambda one: one.day)
    ranges: dict[Name, Range] = {}
    relations: list[Relation] = []
    for one in days:
        ranges |= one.ranges()
        relations += one.relations(orders)
    relations += _never_falling(days, ranges)
    together = Relations(relations)
    try:
        nothing = together.learned(together.narrow(ranges | funnel.totals_hidden()), {})
    except Contradiction:
        return None  # figures were put right meanwhile: nobody can conclude anything from days that do not agree
    try:
        learned = together.learned(together.narrow(ranges), {})
    except Contradiction:
        return MEASURES[0]
    return _measure(learned - nothing)


def _never_falling(days: Sequence[PublishedFunnel], ranges: Mapping[Name, Range]) -> Iterator[Relation]:
    """From one day to the next, but where a correction shows."""
    for earlier, later in pairwise(days):
        for part in earlier.parts.keys() & later.parts.keys():
            for measure in MEASURES:
                less, more = Point(earlier.day, part, measure), Point(later.day, part, measure)
                if ranges[less][0] <= ranges[more][1]:
                    yield AtMost(less, more)


def _measure(points: set[Name]) -> str | None:
    """One of the measures of these points, always the same."""
    found = {point.measure for point in points if isinstance(point, Point)}
    return next((measure for measure in MEASURES if measure in found), None)
