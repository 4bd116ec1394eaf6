"""Members as they may be published: a network's figure is decided by what lies below it, never by its siblings.

So every snapshot decides alike about a network, whoever takes it and whichever networks it shows besides.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from analytics_service.disclosure.bounds import Adds, Covers, Name, Range, Relations, of_figure, of_small
from analytics_service.disclosure.model import is_small, shown

Figures = dict[Name, int | None]
"""By name: the figure as published, None where it is suppressed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """People of a network, and of its parts: the networks next below, and those who belong to itself."""

    name: Name
    people: int
    parts: tuple["Counted", ...] = ()

    def all(self) -> Iterator["Counted"]:
        """This one and everything below it."""
        yield self
        for part in self.parts:
            yield from part.all()

    @property
    def relation(self) -> Adds | Covers:
        """How the parts make up the whole: adding up where they do, since somebody may assume it and be right."""
        names = tuple(part.name for part in self.parts)
        adds = self.people == sum(part.people for part in self.parts)
        return Adds(self.name, names) if adds else Covers(self.name, names)


def publish_members(network: Counted) -> Figures:
    """Every figure of the network and below; a total that would give away a count of 1 to 7 is suppressed as well."""
    figures: Figures = {}
    for part in network.parts:
        figures |= publish_members(part)
    figures[network.name] = shown(network.people)
    if figures[network.name] and network.parts and gives_away(network, figures):
        figures[network.name] = None
    return figures


def gives_away(network: Counted, figures: Figures) -> bool:
    """Whether showing the network's total teaches somebody a count of 1 to 7 that nobody could tell without it.

    It counts as known exactly, since rounding wears off where a figure is seen day after day.
    """
    if not any(is_small(one.people) for one in network.all()):
        return False
    relations = Relations(one.relation for one in network.all() if one.parts)
    ranges = {one.name: _range(one, figures) for one in network.all()}
    without = relations.narrow(ranges | {network.name: of_figure(None)})
    with_it = relations.narrow(ranges | {network.name: (network.people, network.people)})
    for known in _readers(network):
        exactly = {one.name: (one.people, one.people) for part in known for one in part.all()}
        learned = relations.learned(with_it, exactly)
        if learned and learned - relations.learned(without, exactly):
            return True
    return False


def _range(one: Counted, figures: Figures) -> Range:
    figure = figures[one.name]
    return of_small() if figure is None and not one.parts else of_figure(figure)


def _readers(network: Counted) -> Iterator[tuple[Counted, ...]]:
    """What one reader may know exactly: nothing, any one network below, or two of the parts."""
    yield ()
    yield from ((one,) for one in network.all() if one is not network)
    yield from combinations(network.parts, 2)
