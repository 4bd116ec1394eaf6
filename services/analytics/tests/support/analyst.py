"""A clever analyst, who keeps all that one reader was given, day after day, and puts all of it together.

Members, active members and an event's funnel tell of the same people: who was eligible was a member, who was active is
one. Whatever is known of one publication is held against the others.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from adversary import ENDLESS, Name, Puzzle, Range, said_by
from differencing import ORDERS, Day, day_number, own_parts

from analytics_service.disclosure.activity import Active, publish_activity
from analytics_service.disclosure.funnels import ALL, MEASURES, PublishedFunnel, publish_funnel
from analytics_service.disclosure.members import Counted, Figures, publish_members
from analytics_service.disclosure.model import shown

REGION = "region"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trusts:
    """What is so at the end of one day, by trust."""

    members: tuple[int, ...]
    active: tuple[int, ...]
    event: Day
    """Of people of the trusts, by number, and of those from elsewhere."""

    def counted(self) -> Counted:
        parts = tuple(Counted(name=number, people=count) for number, count in enumerate(self.members))
        return Counted(name=REGION, people=sum(self.members), parts=parts)

    def activity(self) -> Active:
        parts = tuple(
            Active(name=number, members=members, active=active)
            for number, (members, active) in enumerate(zip(self.members, self.active, strict=True))
        )
        return Active(name=REGION, members=sum(self.members), active=sum(self.active), parts=parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a reader of published figures was given of one day."""

    members: Figures
    active: Figures
    funnel: PublishedFunnel


Publish = Callable[[int, Trusts, Sequence[Given]], Given]


def published(number: int, day: Trusts, before: Sequence[Given]) -> Given:
    """As the service does."""
    members = publish_members(day.counted())
    funnels = [one.funnel for one in before]
    return Given(
        members=members,
        active=publish_activity(day.activity(), members),
        funnel=publish_funnel(day_number(number), day.event, own=own_parts(day.event), before=funnels),
    )


def only_suppressed(number: int, day: Trusts, _before: Sequence[Given]) -> Given:
    """The wrong variant: 1 to 7 are left out, and all else is told as it is."""

    def plain(count: int) -> int | None:
        return None if 0 < count < 8 else count

    return _each(number, day, plain)


def only_rounded(number: int, day: Trusts, _before: Sequence[Given]) -> Given:
    """The wrong variant: each figure by the rule for one figure, and no total gives way."""
    return _each(number, day, shown)


def _each(number: int, day: Trusts, rule: Callable[[int], int | None]) -> Given:
    total = {measure: sum(counts[measure] for counts in day.event.values()) for measure in MEASURES}
    parts = {
        part: {m: rule(count) for m, count in counts.items()} for part, counts in {**day.event, ALL: total}.items()
    }
    return Given(
        members={one.name: rule(one.people) for one in day.counted().all()},
        active={one.name: rule(one.active) for one in day.activity().all()},
        funnel=PublishedFunnel(day=day_number(number), parts=parts),
    )


def by_the_rule(figure: int | None, *, total: bool = False) -> Range:
    return (1, ENDLESS if total else 7) if figure is None else said_by(figure)


def as_it_is(figure: int | None, *, total: bool = False) -> Range:
    return (1, ENDLESS if total else 7) if figure is None else (figure, figure)


Reads = Callable[..., Range]


@dataclass
class Analyst:
    """knows: the trusts of which they see every count exactly, as their lead does."""

    knows: frozenset[int]
    reads: Reads = by_the_rule
    puzzle: Puzzle = field(default_factory=Puzzle)
    truth: dict[Name, int] = field(default_factory=dict)
    secrets: dict[Name, list[Name]] = field(default_factory=dict)

    def finds(self, days: Sequence[Trusts], given: Sequence[Given]) -> list[Name]:
        """Counts of 1 to 7 that can be nothing but what they are. Raises TooHard."""
        for number, (day, told) in enumerate(zip(days, given, strict=True)):
            self._members(number, day, told)
            self._event(number, day, told.funnel)
        for earlier, later in pairwise(range(len(days))):
            for part in days[0].event:
                for measure in MEASURES:
                    self.puzzle.orders.append(((earlier, part, measure), (later, part, measure)))
        return self.puzzle.given_away(self.truth, self.secrets)

    def _members(self, number: int, day: Trusts, told: Given) -> None:
        for what, counts, figures in (("members", day.members, told.members), ("active", day.active, told.active)):
            names: list[Name] = [(number, trust, what) for trust in range(len(counts))]
            for trust, count in enumerate(counts):
                said = self.reads(figures[trust])
                if what == "active" and figures[trust] is None and not told.members[trust]:
                    said = 0, ENDLESS  # of a network with few members nothing is said of the active
                self._count(names[trust], count, said, known=trust in self.knows)
            total = figures[REGION]
            said = (0, ENDLESS) if what == "active" and total is None else self.reads(total, total=True)
            self.puzzle.sums.append((said, names))
        for trust in range(len(day.members)):
            self.puzzle.orders.append(((number, trust, "active"), (number, trust, "members")))

    def _event(self, number: int, day: Trusts, funnel: PublishedFunnel) -> None:
        for part, counts in day.event.items():
            for measure, count in counts.items():
                said = self.reads(funnel.parts[part][measure])
                self._count((number, part, measure), count, said, known=part in self.knows)
            for less, more in ORDERS:
                self.puzzle.orders.append(((number, part, less), (number, part, more)))
            if isinstance(part, int) and number == 0 and counts["eligible"] == day.members[part]:
                # Everybody who was a member on the day when it was published was eligible.
                self.puzzle.orders.append(((number, part, "eligible"), (number, part, "members")))
                self.puzzle.orders.append(((number, part, "members"), (number, part, "eligible")))
        for measure in MEASURES:
            names: list[Name] = [(number, part, measure) for part in day.event]
            self.puzzle.sums.append((self.reads(funnel.parts[ALL][measure], total=True), names))

    def _count(self, name: Name, count: int, said: Range, *, known: bool) -> None:
        self.truth[name] = count
        self.puzzle.counts[name] = (count, count) if known else said
        if 0 < count < 8 and not known:
            self.secrets[name] = [name]
