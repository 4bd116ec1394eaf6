"""What becomes of a mail after an attempt: sent, tried again, given up, or left as not known."""

from datetime import UTC, datetime, timedelta

import pytest

from notifications_service.tellings.model import (
    LONGEST_PAUSE,
    MOST_ATTEMPTS,
    PRIORITY,
    Kind,
    Outcome,
    Settled,
    State,
    pause,
    settle,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ONCE_MORE = {Kind.REGISTRATION_PROMOTED, Kind.EVENT_CHANGED, Kind.EVENT_CANCELLED, Kind.REGISTRATION_CANCELLED}


def after(kind: Kind, outcome: Outcome, *, attempts: int = 0, repeats: int = 0) -> Settled:
    return settle(kind, outcome, attempts=attempts, repeats=repeats, now=NOW, chance=lambda: 0.5)


@pytest.mark.parametrize("kind", list(Kind))
def test_an_accepted_mail_is_sent_and_a_refused_one_failed(kind: Kind) -> None:
    assert after(kind, Outcome.ACCEPTED).state is State.SENT
    assert after(kind, Outcome.REFUSED).state is State.FAILED


@pytest.mark.parametrize("kind", list(Kind))
def test_doubt_is_ended_by_one_repetition_for_what_must_be_known_and_by_none_for_the_rest(kind: Kind) -> None:
    first, second = after(kind, Outcome.IN_DOUBT), after(kind, Outcome.IN_DOUBT, repeats=1)

    assert first.state is (State.QUEUED if kind in ONCE_MORE else State.UNKNOWN)
    assert first.is_repeat == (kind in ONCE_MORE)
    assert second.state is State.UNKNOWN


def test_a_server_that_was_not_reached_costs_no_attempt() -> None:
    settled = after(Kind.EVENT_ANNOUNCED, Outcome.NOT_SENT, attempts=3)

    assert (settled.state, settled.next_attempt_at, settled.counts) == (State.QUEUED, NOW, False)


def test_a_refusal_for_now_is_tried_again_later_and_later_but_not_for_ever() -> None:
    waits = []
    for attempts in range(MOST_ATTEMPTS - 1):
        settled = after(Kind.EVENT_ANNOUNCED, Outcome.REFUSED_FOR_NOW, attempts=attempts)
        assert settled.state is State.QUEUED
        assert settled.next_attempt_at is not None
        waits.append(settled.next_attempt_at - NOW)

    assert waits[0] == timedelta(seconds=30)
    assert waits == sorted(waits)
    assert waits[-1] == LONGEST_PAUSE
    assert sum(waits, timedelta()) > timedelta(hours=8)
    last = after(Kind.EVENT_ANNOUNCED, Outcome.REFUSED_FOR_NOW, attempts=MOST_ATTEMPTS - 1)
    assert last.state is State.FAILED


def test_pauses_are_spread() -> None:
    assert (pause(0, 0.0), pause(0, 1.0)) == (timedelta(seconds=15), timedelta(seconds=45))


def test_a_promotion_goes_first_and_an_announcement_last() -> None:
    assert sorted(Kind, key=PRIORITY.__getitem__)[0] is Kind.REGISTRATION_PROMOTED
    assert sorted(Kind, key=PRIORITY.__getitem__)[-2:] == [Kind.EVENT_ANNOUNCED, Kind.ANNOUNCEMENT]
