"""The rules of registrations, of the line and of the door."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from event_builders import NOW, a_draft, a_published_event, a_registration
from hypothesis import given
from hypothesis import strategies as st

from events_service.attendance.model import CheckInNotOpen, refuse_check_in
from events_service.gatherings.model import EventCancelled
from events_service.registrations.model import (
    ALPHABET,
    AlreadyAttended,
    AlreadyCancelled,
    NotConfirmed,
    Registration,
    Status,
    draw_code,
    fill_places,
    read_code,
)

TWELVE_HOURS = timedelta(hours=12)


def test_a_code_has_eight_characters_that_nobody_confuses() -> None:
    code = draw_code(random.Random(1).randrange)

    assert len(code) == 8
    assert set(code) <= set(ALPHABET)
    assert set(ALPHABET).isdisjoint("0O1IL2Z5S8B")


def test_every_character_of_a_code_can_be_any() -> None:
    below = iter([0, len(ALPHABET) - 1] * 4)

    assert draw_code(lambda _: next(below)) == (ALPHABET[0] + ALPHABET[-1]) * 4


@pytest.mark.parametrize("typed", ["k93egk3j", " K93E GK3J ", "K93E-GK3J"])
def test_a_code_is_read_however_it_is_typed(typed: str) -> None:
    assert read_code(typed) == "K93EGK3J"


def test_cancelling_twice_is_refused() -> None:
    cancelled = a_registration().cancel()

    assert (cancelled.status, cancelled.version) == (Status.CANCELLED, 2)
    with pytest.raises(AlreadyCancelled, match="has been cancelled before"):
        cancelled.cancel()


def test_whoever_was_there_does_not_cancel() -> None:
    with pytest.raises(AlreadyAttended, match="has been checked in"):
        a_registration().attend(at=NOW).cancel()


def test_the_first_check_in_stands() -> None:
    first = a_registration().attend(at=NOW)

    assert (first.attended_at, first.version) == (NOW, 2)
    assert first.attend(at=NOW + TWELVE_HOURS) == first


@pytest.mark.parametrize(
    ("status", "words"), [(Status.WAITING, "on the waiting list"), (Status.CANCELLED, "has been cancelled")]
)
def test_without_a_place_nobody_is_checked_in(status: Status, words: str) -> None:
    with pytest.raises(NotConfirmed, match=words):
        a_registration(status=status).attend(at=NOW)


def test_the_door_opens_some_hours_before_the_start() -> None:
    event = a_published_event()

    refuse_check_in(event, at=datetime(2027, 1, 19, 21, 0, tzinfo=UTC), opens_before=TWELVE_HOURS)
    with pytest.raises(CheckInNotOpen) as refusal:
        refuse_check_in(event, at=datetime(2027, 1, 19, 20, 59, tzinfo=UTC), opens_before=TWELVE_HOURS)

    assert refusal.value.detail == "Check-in opens at 21:00 on 2027-01-19 (Europe/London)."


def test_the_door_of_a_draft_or_of_a_cancelled_event_stays_shut() -> None:
    begun = datetime(2027, 1, 20, 9, 0, tzinfo=UTC)

    with pytest.raises(CheckInNotOpen, match="has not been published"):
        refuse_check_in(a_draft(), at=begun, opens_before=TWELVE_HOURS)
    with pytest.raises(EventCancelled):
        refuse_check_in(a_published_event().cancel(at=NOW), at=begun, opens_before=TWELVE_HOURS)


def test_somebody_passed_over_keeps_the_place_in_line_and_is_flagged_once() -> None:
    gone, here = a_registration(status=Status.WAITING, place=1), a_registration(status=Status.WAITING, place=2)

    decision = fill_places([gone, here], {gone.person_id: "no-member"}, free=1)
    again = fill_places([*decision.flagged], {gone.person_id: "no-member"}, free=1)

    assert [one.id for one in decision.promoted] == [here.id]
    assert [(one.id, one.flag, one.status) for one in decision.flagged] == [(gone.id, "no-member", Status.WAITING)]
    assert (again.promoted, again.flagged) == ([], [])


def test_who_may_come_again_loses_the_flag_with_the_promotion() -> None:
    back = a_registration(status=Status.WAITING, flag="no-member")

    promoted = fill_places([back], {}, free=1).promoted[0]

    assert (promoted.status, promoted.flag, promoted.version) == (Status.CONFIRMED, None, 2)


@given(st.lists(st.booleans(), max_size=30), st.integers(min_value=0, max_value=30))
def test_places_go_to_the_first_who_may_come_and_none_stays_free_while_one_waits(
    may_come: list[bool], free: int
) -> None:
    line = [a_registration(status=Status.WAITING, place=place) for place in range(len(may_come))]
    refusals = {one.person_id: "no-member" for one, may in zip(line, may_come, strict=True) if not may}

    decision = fill_places(line, refusals, free)

    eligible = [one.id for one in line if one.person_id not in refusals]
    assert [one.id for one in decision.promoted] == eligible[:free]
    assert len(decision.promoted) == min(free, len(eligible))
    flagged = {one.person_id for one in decision.flagged}
    assert flagged <= set(refusals)
    assert _passed_over(line, decision.promoted, free) & set(refusals) <= flagged


def _passed_over(line: list[Registration], promoted: Sequence[Registration], free: int) -> set[object]:
    """Everybody who stood before the last one promoted."""
    if not promoted or not free:
        return set()
    last = promoted[-1].place
    return {one.person_id for one in line if one.place < last}
