"""How the checker notices a reminder that is missing, early, late, doubled, or of a date that counts no more."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from story_builders import a_case, booked, id_of, wish

from guildhall_local.checker import reminders
from guildhall_local.checker.case import Case
from guildhall_local.checker.finding import Finding
from guildhall_local.checker.mails import Mail
from guildhall_local.story.plan import HUDDLE

DUE = datetime.fromisoformat("2026-11-23T10:00:09+00:00")
NEW, OLD = (f"event:{id_of(HUDDLE)}:starts@{revision}:24h" for revision in (2, 1))


def mail(number: int, *, cause: str = NEW, after: float = 1.0) -> Mail:
    return Mail(
        id=number,
        message_id="",
        to="",
        subject="",
        text="",
        html="",
        headers={"x-guildhall-kind": "event-reminder", "x-guildhall-cause": cause},
        received_at=(DUE + timedelta(seconds=after)).isoformat(),
    )


def rows(*causes: str) -> list[dict[str, Any]]:
    return [{"kind": "event-reminder", "cause": cause, "channel": channel} for cause in causes for channel in "ab"]


def case_of(mails: list[Mail], ledger: list[dict[str, Any]]) -> Case:
    moved = wish("move-event", "moira", about=HUDDLE, answer={"starts": "2026-11-24T10:00:09", "revision": 2})
    comers = [booked("nell", label=HUDDLE), booked("priya", label=HUDDLE)]
    return a_case([*comers, moved], mails=mails, ledger=ledger)


def look(case: Case, claim: str) -> Finding:
    [check] = [check for check in reminders.CHECKS if claim in check.name]
    return check.look(case)


def test_one_reminder_each_of_the_new_date_differs_nowhere() -> None:
    case = case_of([mail(1), mail(2)], rows(NEW, NEW))

    assert look(case, "date that counts") == Finding("2 reminded, all because of the date that counts", [])
    assert look(case, "a day before") == Finding("2 mails, at most 1.0 s after they were due", [])


def test_a_reminder_of_the_old_date_is_noticed() -> None:
    case = case_of([mail(1), mail(2), mail(3, cause=OLD)], rows(NEW, NEW, OLD))

    assert look(case, "date that counts").differences[0] == f"somebody was reminded because of {OLD}"


@pytest.mark.parametrize("count", [1, 3])
def test_a_reminder_that_is_missing_or_doubled_is_noticed(count: int) -> None:
    case = case_of([mail(number) for number in range(count)], rows(NEW, NEW))

    assert look(case, "date that counts").words == f"mails that remind: {count} instead of 2"


def test_a_reminder_that_comes_early_or_late_is_noticed() -> None:
    case = case_of([mail(1, after=-2.0), mail(2, after=90.0)], rows(NEW, NEW))

    assert look(case, "a day before").differences == ["a reminder came 2.0 s too early", "a reminder came 90 s late"]
