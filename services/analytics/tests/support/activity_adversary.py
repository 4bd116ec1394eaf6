"""What published members and active members together say, as a puzzle for the exact adversary."""

from collections.abc import Iterable

from adversary import ENDLESS, Name, Puzzle, Range, said_by
from differencing import PEOPLE
from hypothesis import strategies as st

from analytics_service.disclosure.activity import Active
from analytics_service.disclosure.members import Counted, Figures, publish_members


@st.composite
def active_networks(draw: st.DrawFn, levels: int = 2, name: tuple[int, ...] = ()) -> Active:
    """A network whose people are each in one of its parts; small enough to be looked through."""
    parts: list[Active] = []
    for number in range(draw(st.integers(1, 3))):
        below = (*name, number)
        if levels > 1 and draw(st.booleans()):
            parts.append(draw(active_networks(levels=levels - 1, name=below)))
        else:
            members = draw(PEOPLE)
            active = draw(st.one_of(st.just(members), st.just(0), st.integers(0, members)))
            parts.append(Active(name=below, members=members, active=active))
    members, active = sum(part.members for part in parts), sum(part.active for part in parts)
    return Active(name=name, members=members, active=active, parts=tuple(parts))


def members_of(network: Active) -> Figures:
    def counted(one: Active) -> Counted:
        return Counted(name=one.name, people=one.members, parts=tuple(map(counted, one.parts)))

    return publish_members(counted(network))


def activity_given_away(
    network: Active,
    figures: Figures,
    known: Iterable[Active] = (),
    *,
    all_members: bool = False,
    plainly: bool = False,
) -> list[Name]:
    """(network, measure) of counts of 1 to 7 that are certain.

    known: networks all of whose counts the reader knows exactly. all_members: whether they know everybody's members.
    plainly: whether each figure was published by the rule for one figure alone.
    """
    members = members_of(network)
    exactly = {one.name for part in known for one in part.all()}
    puzzle, truth, secrets = Puzzle(), dict[Name, int](), dict[Name, list[Name]]()
    for one in network.all():
        leaves = [leaf for leaf in one.all() if not leaf.parts]
        active: list[Name] = [(leaf.name, "active") for leaf in leaves]
        idle: list[Name] = [(leaf.name, "idle") for leaf in leaves]
        if not one.parts:
            for name, count in (((one.name, "active"), one.active), ((one.name, "idle"), one.members - one.active)):
                truth[name] = count
                puzzle.counts[name] = (count, count) if one.name in exactly else (0, 200)
        people = (one.members, one.members) if all_members else _members(one, members[one.name])
        puzzle.sums.append((people, active + idle))
        puzzle.sums.append((_active(one, members[one.name], figures[one.name], plainly), active))
        for measure, names, count in (
            ("members", active + idle, one.members),
            ("active", active, one.active),
            ("idle", idle, one.members - one.active),
        ):
            # A count all of whose people the reader knows is no secret to them.
            unknown = [leaf for leaf in leaves if leaf.name not in exactly and leaf.counts[measure]]
            if 0 < count < 8 and unknown and not (all_members and measure == "members"):
                secrets[one.name, measure] = names
    return puzzle.given_away(truth, secrets)


def _members(one: Active, figure: int | None) -> Range:
    return (1, 7) if figure is None and not one.parts else said_by(figure)


def _active(one: Active, members: int | None, figure: int | None, plainly: bool) -> Range:
    """Nothing is said of the active where the members are not shown, or somewhere below are not."""
    if figure is not None:
        return said_by(figure)
    if not plainly and (not members or one.has_few):
        return 0, ENDLESS
    return (1, ENDLESS) if one.parts else (1, 7)
