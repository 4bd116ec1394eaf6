"""Nobody grants what they do not hold, and leaving a network ends what was held there."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from membership_service.grants.model import (
    PRIVACY_OFFICER,
    STEWARD,
    AlreadyHeld,
    Grant,
    GrantEnded,
    InstantsOutOfOrder,
    LastNationalLead,
    NotYoursToGive,
    check_may_give,
    check_nation_is_led,
    end_of,
    ends_a_national_lead,
    lost_by_leaving,
    new_grant,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MIDLANDS, RWP, RXK, RJ1 = "national.midlands", "national.midlands.rwp", "national.midlands.rxk", "national.london.rj1"


def a_grant(path: str = MIDLANDS, **given: Any) -> Grant:
    facts: dict[str, Any] = {"role": "lead", "starts_at": NOW - timedelta(days=1)}
    return Grant(id=uuid4(), person_id=uuid4(), network_id=uuid4(), path=path, cell="midlands", **(facts | given))


@pytest.mark.parametrize(
    ("grant", "path", "allowed"),
    [
        (a_grant(), MIDLANDS, True),
        (a_grant(), RWP, True),
        (a_grant("national"), RWP, True),
        (a_grant(RWP), MIDLANDS, False),
        (a_grant(), "national.midlandsx", False),
        (a_grant(), RJ1, False),
        (a_grant(role="organiser"), RWP, False),
        (a_grant(role="steward"), RWP, False),
        (a_grant(ends_at=NOW), RWP, False),
        (a_grant(starts_at=NOW + timedelta(seconds=1)), RWP, False),
    ],
)
def test_a_lead_gives_at_their_network_and_below_while_they_are_lead(grant: Grant, path: str, allowed: bool) -> None:
    if allowed:
        check_may_give([grant], path, role=STEWARD, at=NOW)
    else:
        with pytest.raises(NotYoursToGive):
            check_may_give([grant], path, role=STEWARD, at=NOW)


@pytest.mark.parametrize("role", ["lead", "organiser", "steward", "analyst"])
def test_a_lead_gives_every_role_but_one(role: str) -> None:
    check_may_give([a_grant()], RWP, role=role, at=NOW)


@pytest.mark.parametrize(
    ("grant", "allowed"),
    [
        (a_grant("national"), True),
        (a_grant("national", role="privacy-officer"), False),
        (a_grant("national", ends_at=NOW), False),
        (a_grant(), False),
        (a_grant(RWP), False),
    ],
)
def test_the_national_lead_alone_appoints_privacy_officers(grant: Grant, allowed: bool) -> None:
    if allowed:
        check_may_give([grant], RWP, role=PRIVACY_OFFICER, at=NOW)
    else:
        with pytest.raises(NotYoursToGive, match="national lead alone"):
            check_may_give([grant], RWP, role=PRIVACY_OFFICER, at=NOW)


def test_the_nation_keeps_a_lead() -> None:
    assert ends_a_national_lead([a_grant(), a_grant("national")])
    assert not ends_a_national_lead([a_grant(), a_grant("national", role="organiser")])
    check_nation_is_led([a_grant("national")], at=NOW)
    for others in (
        [],
        [a_grant("national", role="steward")],
        [a_grant("national", ends_at=NOW)],
        [a_grant("national", starts_at=NOW + timedelta(seconds=1))],
    ):
        with pytest.raises(LastNationalLead, match="make somebody else"):
            check_nation_is_led(others, at=NOW)


@pytest.mark.parametrize(
    ("held_at", "others", "lost"),
    [
        (RWP, [], True),
        (RWP, [RXK], True),
        (RWP, ["national"], True),
        (MIDLANDS, [], True),
        (MIDLANDS, [RXK], False),
        (MIDLANDS, [RJ1], True),
        ("national", [RJ1], False),
        ("national", [], True),
        (RXK, [], False),
    ],
)
def test_leaving_a_trust_ends_what_was_held_through_it(held_at: str, others: list[str], lost: bool) -> None:
    grant = a_grant(held_at)

    assert lost_by_leaving([grant], left=RWP, others=others, at=NOW) == ([grant] if lost else [])


def test_leaving_a_region_ends_what_was_held_below_it() -> None:
    grant = a_grant(RWP)

    assert lost_by_leaving([grant], left=MIDLANDS, others=[RJ1], at=NOW) == [grant]
    assert lost_by_leaving([grant], left=MIDLANDS, others=["national"], at=NOW) == []


def test_what_is_over_by_then_is_left_alone() -> None:
    assert lost_by_leaving([a_grant(RWP, ends_at=NOW)], left=RWP, others=[], at=NOW) == []


def test_a_grant_ends_now_or_later_and_once() -> None:
    grant = a_grant()

    ended = grant.end(at=NOW, now=NOW)

    assert not ended.counts(NOW)
    with pytest.raises(GrantEnded):
        ended.end(at=NOW, now=NOW)
    with pytest.raises(InstantsOutOfOrder):
        grant.end(at=NOW - timedelta(seconds=1), now=NOW)


def test_a_grant_that_is_taken_back_before_it_begins_never_counts() -> None:
    ahead = a_grant(starts_at=NOW + timedelta(days=1))

    ended = ahead.end(at=NOW, now=NOW)

    assert not any(ended.counts(NOW + timedelta(hours=hours)) for hours in range(72))


def test_the_same_role_is_held_once_at_a_time() -> None:
    held = a_grant(ends_at=NOW + timedelta(days=10))

    def again(starts_at: datetime) -> Grant:
        return new_grant(
            id=uuid4(),
            person_id=held.person_id,
            network_id=held.network_id,
            path=held.path,
            cell=held.cell,
            role="lead",
            starts_at=starts_at,
            ends_at=None,
            given_by=None,
            held=[held],
        )

    with pytest.raises(AlreadyHeld):
        again(NOW)
    assert again(NOW + timedelta(days=10)).counts(NOW + timedelta(days=11))


@pytest.mark.parametrize(
    ("day", "instant"),
    [
        (date(2026, 12, 31), datetime(2027, 1, 1, tzinfo=UTC)),
        (date(2026, 6, 30), datetime(2026, 6, 30, 23, tzinfo=UTC)),
        (date(2026, 3, 29), datetime(2026, 3, 29, 23, tzinfo=UTC)),
    ],
)
def test_a_day_is_over_at_midnight_in_london(day: date, instant: datetime) -> None:
    assert end_of(day) == instant
