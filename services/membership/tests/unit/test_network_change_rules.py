"""What may become of a network, and what a second file makes of what the first one planned."""

from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest

from membership_service.changes.model import (
    APPLIED,
    CANCELLED,
    CLOSURE,
    MOVE,
    RENAME,
    AlreadyPlanned,
    Change,
    ChangeImpossible,
    ChangeSettled,
    ChangeUnclear,
    Wish,
    check,
    check_is_group,
    check_none_pending,
    reconcile,
)
from membership_service.networks.model import Network

NOW, TODAY, LATER = datetime(2026, 11, 23, tzinfo=UTC), date(2026, 11, 23), date(2027, 4, 1)


def a_network(path: str, kind: str, *, since: date = date(2000, 1, 1), until: date | None = None) -> Network:
    name = path.rpartition(".")[2].title()
    return Network(id=uuid4(), kind=kind, name=name, path=path, cell=path.split(".")[0], since=since, until=until)


NATIONAL = a_network("national", "national")
MIDLANDS, LONDON = a_network("national.midlands", "region"), a_network("national.london", "region")
RWP, R1A = a_network("national.midlands.rwp", "trust"), a_network("national.midlands.r1a", "trust")
GONE = a_network("national.midlands.old", "trust", until=date(2026, 3, 31))
GROUP = a_network("national.midlands.g_cohort", "group")
ALL = {one.id: one for one in (NATIONAL, MIDLANDS, LONDON, RWP, R1A, GONE, GROUP)}


def rename(network: Network = RWP, day: date = LATER, name: str | None = "Severn Valley") -> Wish:
    return Wish(network_id=network.id, what=RENAME, day=day, name=name)


def move(network: Network = RWP, to: Network = LONDON, day: date = LATER) -> Wish:
    return Wish(network_id=network.id, what=MOVE, day=day, parent_id=to.id)


def closure(network: Network = RWP, successor: Network | None = R1A, day: date = LATER) -> Wish:
    return Wish(network_id=network.id, what=CLOSURE, day=day, successor_id=successor.id if successor else None)


def planned(wish: Wish, *, from_file: bool = True) -> Change:
    return Change(id=uuid4(), wish=wish, from_file=from_file, planned_by=None, planned_at=NOW)


@pytest.mark.parametrize(
    "wish", [rename(), move(), move(to=NATIONAL), closure(), closure(successor=None), closure(GROUP, None)]
)
def test_what_may_become_of_a_network(wish: Wish) -> None:
    check(wish, ALL, today=TODAY)


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        (rename(day=date(2026, 11, 22)), "2026-11-22 is past"),
        (rename(name=None), "A rename needs the new name"),
        (Wish(network_id=RWP.id, what=MOVE, day=LATER), "A move needs the region"),
        (Wish(network_id=RWP.id, what=CLOSURE, day=LATER, name="New"), "A closure needs its last day"),
        (closure(successor=RWP), "a network does not succeed itself"),
    ],
)
def test_what_is_unclear_is_refused_in_words(wish: Wish, why: str) -> None:
    with pytest.raises(ChangeUnclear, match=why):
        check(wish, ALL, today=TODAY)


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        (rename(name="Rwp"), "Rwp is its name already"),
        (rename(GONE), "Old has its last day already: 2026-03-31"),
        (rename(day=date(1999, 1, 1)), "Rwp began on 2000-01-01"),
        (move(to=MIDLANDS), "Rwp is below Midlands already"),
        (move(to=R1A), "A trust moves below a region"),
        (move(GROUP), "nothing else moves"),
        (closure(MIDLANDS, LONDON), "Midlands is the root of a cell, and stays"),
        (closure(successor=GONE), "Old does not exist on 2027-04-02"),
        (closure(successor=GROUP), "A trust is succeeded by a trust; G_Cohort is none"),
    ],
)
def test_what_the_networks_do_not_allow_is_refused_in_words(wish: Wish, why: str) -> None:
    with pytest.raises(ChangeImpossible, match=why):
        check(wish, ALL)


def test_what_has_something_below_it_neither_moves_nor_closes() -> None:
    below = a_network("national.midlands.rwp.ward", "group")

    for wish in (move(), closure()):
        with pytest.raises(ChangeImpossible, match="Ward is below Rwp: close or move it first"):
            check(wish, ALL | {below.id: below})


def test_a_trust_is_no_group() -> None:
    check_is_group(GROUP)
    with pytest.raises(ChangeImpossible, match="Rwp is no group"):
        check_is_group(RWP)


def test_one_of_a_kind_is_planned_at_a_time() -> None:
    check_none_pending(move(), [planned(rename())])
    with pytest.raises(AlreadyPlanned, match="A rename is planned for 2027-04-01 already: cancel it first"):
        check_none_pending(rename(name="Other"), [planned(rename())])


def test_what_is_settled_stays_so() -> None:
    applied = planned(rename()).settle(APPLIED, by=None, at=NOW)

    with pytest.raises(ChangeSettled, match="was applied at 2026-11-23 00:00"):
        applied.settle(CANCELLED, by=None, at=NOW)


def test_a_file_that_says_the_same_plans_nothing() -> None:
    standing = planned(closure())

    found = reconcile([closure()], set(), [standing], [])

    assert (found.new, found.standing, found.withdrawn) == ([], [standing], [])


def test_another_day_takes_the_place_of_the_first_and_silence_takes_it_back() -> None:
    standing, sooner = planned(closure()), closure(day=TODAY)

    moved, silent = reconcile([sooner], set(), [standing], []), reconcile([], set(), [standing], [])

    assert (moved.new, moved.replaced) == ([sooner], [standing])
    assert (silent.new, silent.withdrawn) == ([], [standing])


def test_a_file_takes_back_nothing_that_was_planned_by_hand() -> None:
    assert reconcile([], set(), [planned(closure(GROUP, None), from_file=False)], []).withdrawn == []


def test_a_file_without_a_day_leaves_the_planned_one_and_one_with_a_day_does_not() -> None:
    standing, today = planned(move()), move(day=TODAY)

    assert reconcile([today], {today}, [standing], []).standing == [standing]
    assert reconcile([today], set(), [standing], []).new == [today]


@pytest.mark.parametrize(("why", "again"), [(None, False), ("a later file no longer says so", True)])
def test_a_file_does_not_bring_back_what_somebody_cancelled(why: str | None, again: bool) -> None:
    cancelled = planned(closure()).settle(CANCELLED, by=UUID(int=1), at=NOW, why=why)

    found = reconcile([closure()], set(), [], [cancelled])

    assert (found.new, found.refused) == (([closure()], []) if again else ([], [cancelled]))
