"""Active members as they may be published, beside the members that are published already.

Where a network's members are too few to be shown, nothing is said of how many of them were active: whoever leads a
network of one would know who it was. Who was not active is protected like who was.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

from analytics_service.disclosure.bounds import (
    ENDLESS,
    Adds,
    Covers,
    Name,
    Range,
    Relation,
    Relations,
    of_figure,
    of_small,
)
from analytics_service.disclosure.members import Figures
from analytics_service.disclosure.model import SMALLEST, is_small, shown

MEMBERS, ACTIVE, IDLE = "members", "active", "idle"
MEASURES = (MEMBERS, ACTIVE, IDLE)


class Point(NamedTuple):
    """Where a count stands."""

    network: Name
    measure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Active:
    """People of a network and the active among them, and of its parts: networks next below, and its own people."""

    name: Name
    members: int
    active: int
    parts: tuple["Active", ...] = ()

    def all(self) -> Iterator["Active"]:
        """This one and everything below it."""
        yield self
        for part in self.parts:
            yield from part.all()

    @property
    def has_few(self) -> bool:
        """Whether something below it has so few members that nothing is said of the active among them."""
        return any(is_small(one.members) for one in self.all() if one is not self)

    @property
    def counts(self) -> dict[str, int]:
        return {MEMBERS: self.members, ACTIVE: self.active, IDLE: self.members - self.active}

    def relations(self) -> Iterator[Relation]:
        """How its counts hang together; adding up where they do, since somebody may assume it and be right."""
        yield Adds(Point(self.name, MEMBERS), (Point(self.name, ACTIVE), Point(self.name, IDLE)))
        for measure in MEASURES if self.parts else ():
            names = tuple(Point(part.name, measure) for part in self.parts)
            adds = self.counts[measure] == sum(part.counts[measure] for part in self.parts)
            yield Adds(Point(self.name, measure), names) if adds else Covers(Point(self.name, measure), names)


def publish_activity(network: Active, members: Figures) -> Figures:
    """How many were active in the network and in each below. members: their members as they are published."""
    figures: Figures = {}
    for part in network.parts:
        figures |= publish_activity(part, members)
    figures[network.name] = _by_the_rule(network)
    if figures[network.name] and network.parts and gives_away(network, members, figures):
        figures[network.name] = None
    return figures


def _by_the_rule(network: Active) -> int | None:
    """A total of 0 would tell that nobody was active in a part of which nothing is said, and so would its absence."""
    too_few = 0 < network.members < SMALLEST
    return None if too_few or (not network.active and network.has_few) else shown(network.active)


def gives_away(network: Active, members: Figures, figures: Figures) -> bool:
    """Whether showing how many were active teaches somebody a count of 1 to 7 that nobody could tell without it.

    It counts as known exactly, since rounding wears off where a figure is seen day after day.
    """
    if not any(is_small(count) for one in network.all() for count in one.counts.values()):
        return False
    total: Name = Point(network.name, ACTIVE)
    relations = Relations(relation for one in network.all() for relation in one.relations())
    ranges: dict[Name, Range] = {
        Point(one.name, measure): limits
        for one in network.all()
        for measure, limits in _said_of(one, members, figures).items()
    }
    without = relations.narrow(ranges | {total: (0 if network.has_few else 1, ENDLESS)})
    with_it = relations.narrow(ranges | {total: (network.active, network.active)})
    for exactly in _readers(network):
        learned = relations.learned(with_it, exactly)
        if learned and learned - relations.learned(without, exactly):
            return True
    return False


def _said_of(one: Active, members: Figures, figures: Figures) -> dict[str, Range]:
    """What the published figures of a network say of its counts."""
    people, active = members[one.name], figures[one.name]
    known_to_be_many = bool(people)
    if active is not None:
        said = of_figure(active)
    elif known_to_be_many and not one.parts:
        said = of_small()
    else:
        said = 1 if known_to_be_many and not one.has_few else 0, ENDLESS
    return {
        MEMBERS: of_small() if people is None and not one.parts else of_figure(people),
        ACTIVE: said,
        IDLE: (0, ENDLESS),
    }


def _readers(network: Active) -> Iterator[dict[Name, Range]]:
    """What one reader may know exactly.

    Nothing; all members, as the network's own lead does; everything of any one network below, or of two of the parts.
    """
    yield {}
    yield {Point(one.name, MEMBERS): (one.members, one.members) for one in network.all()}
    for known in [*((one,) for one in network.all() if one is not network), *combinations(network.parts, 2)]:
        yield {
            Point(one.name, measure): (count, count)
            for part in known
            for one in part.all()
            for measure, count in one.counts.items()
        }
