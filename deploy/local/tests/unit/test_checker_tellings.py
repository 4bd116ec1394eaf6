"""What the checker expects people to be told, and how it says what is missing or too much."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from story_builders import a_case, a_plan, announced, booked, clicked, gave_up, id_of, signal, wish

from guildhall_local.checker import tellings
from guildhall_local.checker.case import Case
from guildhall_local.checker.finding import Finding
from guildhall_local.checker.mails import Mail
from guildhall_local.checker.people import everybody
from guildhall_local.checker.records import Record
from guildhall_local.checker.tellings import Telling, expected, mailed, meant_by
from guildhall_local.story.cast import NEWCOMER_JOINS
from guildhall_local.story.plan import HUDDLE, MASTERCLASS, SUMMIT, TO_EVERYBODY, TO_THE_MIDLANDS

TOLD = [booked("tess"), booked("priya"), booked("moira", line=1), booked("leon", line=2), gave_up("tess")]
PEOPLE = everybody(a_plan())


def profiles() -> list[Record]:
    """So that ids can be told apart: each person's id follows from their `sub`."""
    return [
        signal(
            "membership.profile",
            topic="national.membership.profiles",
            offset=number,
            person_id=id_of(sub),
            email=somebody.email,
        )
        for number, (sub, somebody) in enumerate(PEOPLE.items())
    ]


def ledger(told: Counter[Telling], channel: str) -> list[dict[str, Any]]:
    state = {"in-app": "shown", "email": "sent"}[channel]
    return [
        {
            "id": id_of(f"{sub} {kind} {label} {channel}"),
            "person_id": id_of(sub),
            "kind": kind,
            "event_id": id_of(label),
            "cause": f"{kind} of {label}",
            "channel": channel,
            "state": state,
        }
        for sub, kind, label in sorted(told.elements())
    ]


def mails(told: Counter[Telling]) -> list[Mail]:
    plan = a_plan()
    return [
        Mail(
            id=number,
            message_id=f"<{id_of(f'{sub} {kind} {label} email')}.0123456789ab@guildhall.example>",
            to=PEOPLE[sub].email,
            subject=f"About {plan.gatherings[label].title}",
            text=plan.gatherings[label].title,
            html=plan.gatherings[label].title,
            headers={"x-guildhall-kind": kind, "x-guildhall-event": id_of(label)},
        )
        for number, (sub, kind, label) in enumerate(sorted(told.elements()))
    ]


ANNOUNCED, LABELS = "event-announced", tuple(a_plan().gatherings)

FIRST = min(sub for sub, _, _ in expected(a_case(TOLD)))
"""Whom the first mail and the first item are for."""


def look(case: Case, claim: str) -> Finding:
    [check] = [check for check in tellings.CHECKS if claim in check.name]
    return check.look(case)


@pytest.fixture
def told() -> Counter[Telling]:
    return expected(a_case(TOLD))


def case_of(**evidence: Any) -> Case:
    return a_case(TOLD, profiles(), **evidence)


def test_each_step_of_a_registration_is_told_to_its_owner(told: Counter[Telling]) -> None:
    steps = {telling for telling in told if telling[1] != "event-announced"}

    assert steps == {
        ("tess", "registration-confirmed", SUMMIT),
        ("priya", "registration-confirmed", SUMMIT),
        ("moira", "registration-waitlisted", SUMMIT),
        ("leon", "registration-waitlisted", SUMMIT),
        ("tess", "registration-cancelled", SUMMIT),
        ("moira", "registration-promoted", SUMMIT),
        ("priya", "event-changed", SUMMIT),
        ("moira", "event-changed", SUMMIT),
        ("leon", "event-changed", SUMMIT),
    }


def test_an_event_is_announced_to_those_who_may_come_and_to_nobody_else(told: Counter[Telling]) -> None:
    summit = {sub for sub, kind, label in told if (kind, label) == ("event-announced", SUMMIT)}
    masterclass = {sub for sub, kind, label in told if (kind, label) == ("event-announced", MASTERCLASS)}

    assert {"tess", "priya", "daniel", "moira", "leon"} <= summit
    assert summit.isdisjoint({"nadia", "omar", "stella", "gwen"})
    assert {"tess", "priya"} <= masterclass
    assert masterclass.isdisjoint({"daniel", "leon", "moira"})
    assert len(summit) > len(masterclass) > 5


def test_whoever_was_told_all_of_it_once_differs_nowhere(told: Counter[Telling]) -> None:
    both = [*ledger(told, "in-app"), *ledger(told, "email")]
    case = case_of(ledger=both, mails=mails(told))

    for claim in ("list in the application", "got the mails", "says what"):
        assert look(case, claim).differences == []


def test_a_missing_mail_and_one_that_came_twice_are_noticed(told: Counter[Telling]) -> None:
    sent = mails(told)
    lost = next(mail for mail in sent if mail.kind == "registration-promoted")
    case = case_of(mails=[mail for mail in sent if mail is not lost] + sent[:1])

    assert look(case, "got the mails").differences == [
        "moira was not told registration-promoted of the summit",
        f"{FIRST} was told event-announced of the summit 2 times instead of 1",
    ]


def test_a_mail_to_somebody_else_is_noticed(told: Counter[Telling]) -> None:
    [first, *others] = mails(told)
    case = case_of(mails=[replace(first, to="mallory@evil.example"), *others], ledger=ledger(told, "email"))

    assert look(case, "got the mails").differences == [
        f"{FIRST} was not told event-announced of the summit",
        "a stranger was told event-announced of the summit 1 times instead of 0",
    ]
    assert look(case, "says what").differences == ["mail 0 to a stranger belongs to nothing in the ledger"]


def test_a_mail_that_does_not_name_its_event_is_noticed(told: Counter[Telling]) -> None:
    [first, *others] = mails(told)
    case = case_of(mails=[replace(first, html="<p>Hello</p>"), *others], ledger=ledger(told, "email"))

    assert look(case, "says what").differences == [f"mail 0 to {FIRST} does not say what it is about"]


def test_a_telling_without_its_signal_is_noticed(told: Counter[Telling]) -> None:
    signals = [
        signal("notifications.notification-told", topic="national.notifications", offset=number, **row)
        for number, row in enumerate([*ledger(told, "in-app"), *ledger(told, "email")])
    ]

    whole, short = (a_case(TOLD, [*profiles(), *some]) for some in (signals, signals[1:]))

    assert look(whole, "on the topics").differences == []
    assert look(short, "on the topics").differences == [f"in-app: {FIRST} was not told event-announced of the summit"]


def test_many_who_were_told_by_one_signal_were_each_told(told: Counter[Telling]) -> None:
    announced = {label: [sub for sub, kind, of in told if (kind, of) == (ANNOUNCED, label)] for label in LABELS}
    many = [
        signal(
            "notifications.people-told",
            topic="national.notifications",
            offset=number,
            kind=ANNOUNCED,
            event_id=id_of(label),
            cause=label,
            channel="in-app",
            people=[id_of(sub) for sub in subs],
        )
        for number, (label, subs) in enumerate(announced.items())
    ]
    rest = Counter({telling: count for telling, count in told.items() if telling[1] != ANNOUNCED})
    each = [
        signal("notifications.notification-told", topic="national.notifications", offset=number, **row)
        for number, row in enumerate([*ledger(rest, "in-app"), *ledger(told, "email")])
    ]

    assert look(a_case(TOLD, [*profiles(), *many, *each]), "on the topics").differences == []
    assert not look(a_case(TOLD, [*profiles(), *many[1:], *each]), "on the topics").well


def test_what_a_lead_says_is_told_to_all_members_below_and_mailed_to_those_who_want_it() -> None:
    case = a_case([*TOLD, announced(TO_EVERYBODY, 1.0), clicked("priya", 3.0), announced(TO_THE_MIDLANDS, 5.0)])

    in_app, by_mail = expected(case), mailed(case)

    assert meant_by(case, TO_EVERYBODY) > meant_by(case, TO_THE_MIDLANDS) > {"priya", "tess", "moira", "nell"}
    assert "daniel" not in meant_by(case, TO_THE_MIDLANDS)
    assert in_app - by_mail == Counter([("priya", "announcement", TO_THE_MIDLANDS)])


def test_whoever_joins_and_her_leads_are_told() -> None:
    networks = wish("read-networks", "nadia", answer={"items": [{"path": NEWCOMER_JOINS, "id": "rwp"}]})
    leads = wish("give-grant", "nadia", about="tess", body={"role": "lead", "network_id": "rwp"})
    asked = wish("ask-to-join", "nell", about=NEWCOMER_JOINS)
    let_in = wish("approve-joining", "tess", about="nell")

    told_ = expected(a_case([networks, leads, asked, let_in]))

    assert {one for one in told_ if one[2] == "joining"} == {
        ("tess", "join-requested", "joining"),
        ("nell", "join-approved", "joining"),
    }


def test_those_with_a_place_at_the_huddle_are_told_of_each_step() -> None:
    moved, cancelled = wish("move-event", "moira", about=HUDDLE), wish("cancel-event", "moira", about=HUDDLE)

    told_ = expected(a_case([booked("nell", label=HUDDLE), moved, cancelled]))

    assert {kind for sub, kind, label in told_ if (sub, label) == ("nell", HUDDLE)} == {
        "event-announced",
        "registration-confirmed",
        "event-changed",
        "event-reminder",
        "event-cancelled",
    }


def test_a_list_that_shows_somebody_else_s_item_is_noticed() -> None:
    shown = [{"kind": "registration-promoted", "event_id": id_of(SUMMIT)}]
    read = wish("read-notifications", "daniel", about="national", answer={"items": shown})

    finding = look(a_case([*TOLD, read], profiles()), "own list")

    assert finding.words.startswith("daniel saw {('registration-promoted', 'summit'): 1} in national instead of")
