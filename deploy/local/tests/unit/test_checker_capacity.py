"""What the checker says of places, when all is well and when it is not."""

from story_builders import a_case, booked, gave_up, history, rows, signal

from guildhall_local.checker import capacity
from guildhall_local.checker.case import Case
from guildhall_local.checker.finding import Finding
from guildhall_local.story.plan import SUMMIT

RACE = [("confirmed", "ann"), ("confirmed", "ben"), ("waitlisted", "cat"), ("waitlisted", "dan")]
AFTERWARDS = [*RACE, ("cancelled", "ann"), ("promoted", "cat")]
TOLD = [booked("ann"), booked("ben"), booked("cat", line=1), booked("dan", line=2), gave_up("ann")]
STORED = {SUMMIT: rows(ann="cancelled", ben="confirmed", cat="confirmed", dan="waiting")}


def look(case: Case, claim: str) -> Finding:
    [check] = [check for check in capacity.CHECKS if claim in check.name]
    return check.look(case)


def test_a_story_in_which_all_is_well_differs_nowhere() -> None:
    case = a_case(TOLD, history(*AFTERWARDS), STORED)

    assert {check.name: check.look(case).differences for check in capacity.CHECKS} == {
        check.name: [] for check in capacity.CHECKS
    }


def test_a_race_that_leaves_a_place_unused_is_noticed() -> None:
    case = a_case([booked("ann"), booked("cat", line=1)], history(RACE[0], RACE[2]))

    assert look(case, "after the race").differences == [
        "people were told (confirmed, waiting): (1, 1) instead of (2, 2)",
        "the topic says (confirmed, waiting): (1, 1) instead of (2, 2)",
    ]


def test_one_confirmed_too_many_is_noticed_although_somebody_left_later() -> None:
    case = a_case(records=history(*RACE, ("promoted", "cat"), ("cancelled", "ann")))

    assert look(case, "too many").words == "summit: 3 confirmed on the topic, for 2 places"


def test_one_confirmed_too_many_in_the_database_alone_is_noticed() -> None:
    case = a_case(records=history(*RACE), registrations={SUMMIT: rows(a="confirmed", b="confirmed", c="confirmed")})

    assert look(case, "too many").words == "summit: 3 confirmed in the database, for 2 places"


def test_somebody_who_waits_while_a_place_is_free_is_noticed() -> None:
    late = history(*RACE, ("cancelled", "ann"), ("waitlisted", "eve"), ("promoted", "cat"))
    never = history(*RACE, ("cancelled", "ann"))

    assert look(a_case(records=late), "nobody ever waited").words == "summit: 2 waited while 1 places were free"
    assert look(a_case(records=never), "nobody ever waited").words == "summit: at the end 2 wait, with 1 confirmed"


def test_a_promotion_out_of_turn_is_noticed() -> None:
    case = a_case(TOLD, history(*RACE, ("cancelled", "ann"), ("promoted", "dan")), STORED)

    assert look(case, "first in line").differences == [
        "cat was among the first and not promoted",
        "dan was promoted out of turn",
    ]


def test_the_right_ones_in_the_wrong_order_are_noticed() -> None:
    told = [*TOLD, gave_up("ben")]
    gone = [("cancelled", "ann"), ("promoted", "dan"), ("cancelled", "ben"), ("promoted", "cat")]

    assert look(a_case(told, history(*RACE, *gone)), "first in line").words == (
        "they were not promoted in the order of the line"
    )


def test_whoever_asked_later_and_stands_before_is_noticed() -> None:
    told = [booked("cat", line=1, sent=5.0, answered=6.0), booked("dan", line=2, sent=1.0, answered=2.0)]

    finding = look(a_case(told, history(*RACE)), "order of the requests")

    assert finding.differences == [
        "summit: cat asked after dan had been answered, and comes before on the topic",
        "summit: cat asked after dan had been answered, and comes before in the line",
    ]


def test_requests_that_overlapped_may_be_served_in_any_order() -> None:
    told = [booked("cat", line=1, sent=5.0, answered=6.0), booked("dan", line=2, sent=1.0, answered=5.5)]

    finding = look(a_case(told, history(*RACE)), "order of the requests")

    assert (finding.said, finding.differences) == ("0 pairs that did not overlap", [])


def test_a_registration_that_is_otherwise_than_its_owner_was_told_is_noticed() -> None:
    stored = {SUMMIT: rows(ann="cancelled", ben="confirmed", cat="waiting", eve="confirmed")}
    case = a_case(TOLD, history(*AFTERWARDS), stored)

    finding = look(case, "as its owner was told")

    assert "summit: cat is waiting in the database instead of confirmed" in finding.differences
    assert "summit: dan is missing in the database instead of waiting" in finding.differences
    assert len(finding.differences) == 3


def test_a_record_that_says_nothing_of_places_changes_nothing() -> None:
    there = signal("events.attendance-recorded", key="x", registration_id="y")

    assert look(a_case(records=[*history(*RACE), there]), "too many").well
