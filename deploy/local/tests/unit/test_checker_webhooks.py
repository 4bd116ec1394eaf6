"""How the checker notices a webhook that is missing, doubled, unsigned or held up."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks import Webhook as Oracle
from story_builders import SECRET, a_case, wish

from guildhall_kit import TEST, proof
from guildhall_local.checker import webhooks
from guildhall_local.checker.case import Case
from guildhall_local.checker.feed import Reading
from guildhall_local.checker.finding import Finding
from guildhall_local.story.arrivals import DEAD, SIGNALS, Arrival

AT = 1_795_392_000
DATA = {"event_id": "e", "title": "Masterclass"}


def item(position: int, **given: Any) -> dict[str, Any]:
    """As it stands in the stream."""
    return {
        "position": position,
        "id": f"signal-{position}",
        "type": "guildhall.events.event-cancelled.v1",
        "time": "2026-11-23T10:00:00Z",
        "network": "national.midlands",
        "data": DATA,
        "sha256": proof(DATA),
        "salt": "",
    } | given


def pushed(position: int, outcome: str = "kept", **given: Any) -> Arrival:
    told = item(position, **given)
    return arrival(json.dumps(told).encode(), told["id"], outcome)


def arrival(body: bytes, name: str, outcome: str) -> Arrival:
    moment = datetime.fromtimestamp(AT, UTC)
    headers = {
        "webhook-id": name,
        "webhook-timestamp": str(AT),
        "webhook-signature": Oracle(SECRET).sign(name, moment, body.decode()),
    }
    return Arrival(path=SIGNALS, at=AT + 0.2, headers=headers, body=body, status=204, outcome=outcome)


def a_test() -> Arrival:
    told = {"id": "t", "type": TEST, "time": "2026-11-23T09:00:00Z", "data": {}}
    return arrival(json.dumps(told).encode(), "t", "kept")


FORGED = replace(pushed(1, "refused"), body=b'{"id": "signal-1"}')
TURNED_AWAY = pushed(1, "turned-away")
TRIED = replace(pushed(1), path=DEAD, status=None, outcome="unanswered")
ALL = [a_test(), TURNED_AWAY, TRIED, pushed(1), pushed(2), FORGED, pushed(2, "again")]


def case_of(*arrived: Arrival, dead: tuple[str, ...] = ("queued",)) -> Case:
    reading = Reading(items=[item(1), item(2)], strangers={}, dead=dead)
    replayed = wish("replay-webhooks", "partner", answer={"queued": 1, "more": False})
    return a_case([replayed], pushed=list(arrived), feed=reading)


def look(case: Case, claim: str) -> Finding:
    [check] = [check for check in webhooks.CHECKS if claim in check.name]
    return check.look(case)


def test_a_stream_that_was_pushed_whole_differs_nowhere() -> None:
    case = case_of(*ALL)

    assert {check.name: check.look(case).differences for check in webhooks.CHECKS} == {
        check.name: [] for check in webhooks.CHECKS
    }


def test_a_signal_that_was_never_pushed_is_noticed() -> None:
    assert look(case_of(pushed(1)), "is its stream").words == (
        "guildhall.events.event-cancelled.v1 at 2 was never pushed"
    )


def test_one_that_came_under_a_second_id_is_noticed() -> None:
    assert look(case_of(*ALL, pushed(2, id="another")), "is its stream").differences == [
        "guildhall.events.event-cancelled.v1 was pushed and is not in the stream",
        "position 2 came under 2 ids",
    ]


def test_one_that_was_kept_twice_or_says_something_else_is_noticed() -> None:
    twice = look(case_of(*ALL, pushed(2)), "is its stream")
    other = look(case_of(pushed(1), pushed(2, network="national.london")), "is its stream")

    assert twice.words == "signal-2 was kept 2 times"
    assert other.words == "guildhall.events.event-cancelled.v1 at 2 was pushed with another network"


def test_one_that_is_not_signed_and_was_taken_is_noticed() -> None:
    forged = replace(FORGED, outcome="kept")

    assert "what came as signal-1 is not signed, and was kept" in look(case_of(*ALL, forged), "is signed").differences


def test_one_that_is_signed_and_was_refused_is_noticed() -> None:
    finding = look(case_of(*ALL, pushed(2, "refused")), "is signed")

    assert finding.words == "what came as signal-2 is signed, and was refused"


def test_one_that_was_turned_away_for_good_is_noticed() -> None:
    assert "signal-1 was turned away and never came again" in look(case_of(TURNED_AWAY), "its own id").differences


@pytest.mark.parametrize(
    ("without", "words"), [("again", "again when they were asked for: 0"), ("turned-away", "nothing")]
)
def test_a_story_in_which_nothing_came_again_is_noticed(without: str, words: str) -> None:
    assert words in look(case_of(*(one for one in ALL if one.outcome != without)), "its own id").words


def test_a_dead_endpoint_that_was_never_tried_or_had_something_is_noticed() -> None:
    assert look(case_of(pushed(1)), "never answers").words == "the dead endpoint was never tried"
    assert look(case_of(*ALL, dead=("queued", "delivered")), "never answers").words == (
        "1 are delivered to the dead endpoint"
    )
