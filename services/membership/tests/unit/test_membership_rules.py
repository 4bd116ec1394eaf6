"""The rules of membership: days, overlaps, and which one is main."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from membership_service.memberships import model
from membership_service.memberships.model import (
    AlreadyMember,
    DatesOutOfOrder,
    Description,
    Membership,
    MembershipEnded,
)
from servicekit.problem import NothingHere, PreconditionFailed

PERSON, RWP, RJ1 = uuid4(), uuid4(), uuid4()
DAY = date(2026, 4, 1)


def a_membership(network_id: UUID = RWP, **given: Any) -> Membership:
    facts: dict[str, Any] = {
        "main": True,
        "since": date(2025, 1, 1),
        "description": Description(job_role="service-manager", sector="acute", described_from=date(2025, 1, 1)),
    }
    return Membership(
        id=uuid4(), person_id=PERSON, network_id=network_id, path="national.x", cell="national", **(facts | given)
    )


def test_the_last_day_still_counts() -> None:
    ended = a_membership().end(on=DAY)

    assert ended.counts_on(DAY)
    assert not ended.counts_on(DAY + timedelta(days=1))
    assert ended.version == 2


def test_it_ends_once_and_not_before_it_began() -> None:
    with pytest.raises(DatesOutOfOrder):
        a_membership().end(on=date(2024, 12, 31))
    with pytest.raises(MembershipEnded):
        a_membership().end(on=DAY).end(on=DAY)


def test_a_move_leaves_no_day_out_and_none_double() -> None:
    left = model.move(a_membership(), to=RJ1, on=DAY)

    assert left.until == DAY - timedelta(days=1)
    model.check_not_a_member([left], RWP, DAY, None)


def test_who_is_a_member_does_not_begin_again() -> None:
    with pytest.raises(AlreadyMember):
        model.check_not_a_member([a_membership()], RWP, DAY, None)
    model.check_not_a_member([a_membership()], RJ1, DAY, None)


def test_what_somebody_is_cannot_be_told_for_days_before_the_last_telling() -> None:
    described = a_membership().describe(job_role="general-manager", sector="acute", described_from=DAY)

    with pytest.raises(DatesOutOfOrder):
        described.describe(job_role="x", sector="acute", described_from=DAY - timedelta(days=1))
    assert described.describe(job_role="general-manager", sector="acute", described_from=DAY) is described


def test_of_those_that_go_on_the_one_that_began_first_becomes_main() -> None:
    main = a_membership()
    later = a_membership(RJ1, main=False, since=date(2026, 2, 1))
    earlier = a_membership(uuid4(), main=False, since=date(2026, 1, 1))
    over = a_membership(uuid4(), main=False, since=date(2025, 1, 2), until=date(2025, 2, 1))

    ended, heir = model.settle_main([main, later, earlier, over], main.end(on=DAY))

    assert (ended.main, heir.id, heir.main) == (False, earlier.id, True)


def test_the_last_membership_stays_main_when_it_ends() -> None:
    main = a_membership()

    assert model.settle_main([main], main.end(on=DAY)) == [main.end(on=DAY)]


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=6),
    st.integers(0, 5),
)
def test_on_no_day_are_two_memberships_main(spans: list[tuple[int, int]], chosen: int) -> None:
    held: list[Membership] = []
    for first, length in spans:
        since = DAY + timedelta(days=first)
        until = since + timedelta(days=length) if length % 2 else None
        main = model.is_main(held, since, until)
        held.append(a_membership(uuid4(), main=main, since=since, until=until))

    changed = {m.id: m for m in model.make_main(held, held[chosen % len(held)].id)}
    after = [changed.get(m.id, m) for m in held]

    mains = [m for m in after if m.main]
    assert all(not a.overlaps(b.since, b.until) for a in mains for b in mains if a.id != b.id)
    assert next(m for m in after if m.id == held[chosen % len(held)].id).main


def test_a_membership_that_is_over_by_now_keeps_nobody_anywhere() -> None:
    ended = a_membership().end(on=date(2025, 6, 30))
    brief = replace(a_membership(RJ1, main=False, since=date(2025, 3, 1)), until=date(2025, 9, 30), path="national.y")

    assert model.paths_beyond([ended, brief], ended, today=DAY) == []
    assert model.paths_beyond([ended, brief], ended, today=date(2025, 9, 30)) == ["national.y"]


def test_whoever_leaves_ends_a_membership_of_their_own_today_at_the_earliest() -> None:
    membership = a_membership()

    model.check_may_leave(membership, PERSON, on=DAY, today=DAY)
    model.check_may_leave(membership, PERSON, on=DAY + timedelta(days=30), today=DAY)
    with pytest.raises(NothingHere):
        model.check_may_leave(membership, uuid4(), on=DAY, today=DAY)
    with pytest.raises(DatesOutOfOrder, match="your last day can be 2026-04-01 or later"):
        model.check_may_leave(membership, PERSON, on=DAY - timedelta(days=1), today=DAY)


def test_an_edit_names_the_version_that_it_edits() -> None:
    membership = a_membership(version=3)

    membership.check_version(3)
    membership.check_version(None)
    with pytest.raises(PreconditionFailed, match="version 2, but version 3"):
        membership.check_version(2)


def test_what_is_over_is_nobodys_home() -> None:
    ended = a_membership().end(on=DAY)

    ended.check_goes_on(today=DAY)
    with pytest.raises(MembershipEnded, match="was 2026-04-01"):
        ended.check_goes_on(today=DAY + timedelta(days=1))
