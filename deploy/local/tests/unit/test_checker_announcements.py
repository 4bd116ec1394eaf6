"""How the checker notices an announcement that missed or doubled somebody, and an unsubscribe that did not count."""

from typing import Any

from story_builders import a_case, a_plan, announced, clicked, id_of, signal, wish

from guildhall_local.checker import announcements
from guildhall_local.checker.announcements import CHANGED
from guildhall_local.checker.case import Case
from guildhall_local.checker.finding import Finding
from guildhall_local.checker.mails import Mail
from guildhall_local.checker.people import everybody
from guildhall_local.checker.records import Record
from guildhall_local.checker.tellings import meant_by
from guildhall_local.story.journal import Wish
from guildhall_local.story.plan import TO_EVERYBODY, TO_THE_MIDLANDS

PEOPLE = everybody(a_plan())
BOTH = [announced(TO_EVERYBODY, 1.0), clicked("priya", 3.0), announced(TO_THE_MIDLANDS, 5.0)]
MEANT = {label: len(meant_by(a_case(BOTH), label)) for label in (TO_EVERYBODY, TO_THE_MIDLANDS)}
NO_WORD: dict[str, Any] = {"entries": []}
WORD = {"entries": [{"kind": "announcement", "channel": "email", "wanted": False, "network_id": "n"}]}


def paused(told: int, state: str = "paused") -> Wish:
    return wish("read-paused-announcement", "nadia", about=TO_EVERYBODY, answer={"state": state, "told": told})


def followed(label: str, told: int) -> Wish:
    return wish("follow-announcement", "nadia", about=label, answer={"told": told, "total": MEANT[label]})


def preferences(after: dict[str, Any] = WORD, before: dict[str, Any] = NO_WORD) -> list[Wish]:
    return [
        wish("look-at-unsubscribe", "", about="priya"),
        wish("look-at-unsubscribe", "", about="tess"),
        wish("read-preferences", "priya", about="after a look", answer=before),
        wish("read-preferences", "tess", about="after a look", answer=NO_WORD),
        wish("read-preferences", "priya", about="after a click", answer=after),
    ]


def facts(*changed: str) -> list[Record]:
    known = [
        signal("membership.profile", topic="x.membership.profiles", person_id=id_of(sub), email=PEOPLE[sub].email)
        for sub in ("priya", "tess")
    ]
    said = [
        signal(CHANGED, topic="national.notifications", offset=n, person_id=id_of(s)) for n, s in enumerate(changed)
    ]
    return [*known, *said]


def mail(sub: str, kind: str = "announcement", **headers: str) -> Mail:
    cause = f"announcement:{id_of(TO_THE_MIDLANDS)}"
    offered = {"list-unsubscribe": f"<http://gateway/{sub}>", "list-unsubscribe-post": "List-Unsubscribe=One-Click"}
    return Mail(
        id=1,
        message_id="",
        to=PEOPLE[sub].email,
        subject="",
        text="",
        html="",
        headers={"x-guildhall-kind": kind, "x-guildhall-cause": cause} | offered | headers,
    )


def look(case: Case, claim: str) -> Finding:
    [check] = [check for check in announcements.CHECKS if claim in check.name]
    return check.look(case)


def ledger(*left_out: str, again: str = "") -> list[dict[str, Any]]:
    return [
        {
            "kind": "announcement",
            "event_id": None,
            "cause": f"announcement:{id_of(label)}",
            "channel": channel,
            "person_id": id_of(sub),
        }
        for label in MEANT
        for channel in ("in-app", "email")
        for sub in sorted(meant_by(a_case(BOTH), label))
        if sub not in left_out
        for _ in range(2 if sub == again else 1)
    ]


def test_everybody_told_once_although_it_was_paused_differs_nowhere() -> None:
    steps = [paused(0), paused(0), *(followed(label, count) for label, count in MEANT.items())]

    assert look(a_case([*BOTH, *steps]), "goes on").differences == []
    assert look(a_case(BOTH, ledger=ledger()), "ledger").differences == []


def test_an_announcement_that_goes_on_while_it_is_paused_is_noticed() -> None:
    ends = [followed(label, count) for label, count in MEANT.items()]

    moving = look(a_case([*BOTH, paused(0), paused(5), *ends]), "goes on")
    running = look(a_case([*BOTH, paused(0, "running"), *ends]), "goes on")
    never = look(a_case([*BOTH, *ends]), "goes on")

    assert "went on while it was paused" in moving.words
    assert "went on while it was paused" in running.words
    assert never.words == "no announcement was paused"


def test_somebody_who_was_missed_is_noticed() -> None:
    short = [paused(0), followed(TO_EVERYBODY, MEANT[TO_EVERYBODY] - 1), followed(TO_THE_MIDLANDS, 9)]

    assert "people who were told" in look(a_case([*BOTH, *short]), "goes on").words
    assert "people in the ledger" in look(a_case(BOTH, ledger=ledger("daniel")), "ledger").words


def test_somebody_who_stands_twice_is_noticed() -> None:
    assert "2 rows of" in look(a_case(BOTH, facts(), ledger=ledger(again="priya")), "ledger").words


def test_one_click_that_counts_differs_nowhere() -> None:
    case = a_case([*BOTH, *preferences()], facts("priya"), mails=[mail("tess")])

    assert look(case, "one click") == Finding("priya clicked, 1 only looked, 1 were mailed afterwards", [])


def test_a_look_that_unsubscribes_is_noticed() -> None:
    on_looking = a_case([*BOTH, *preferences(before=WORD)], facts("priya"), mails=[mail("tess")])
    another = a_case([*BOTH, *preferences()], facts("tess", "priya"), mails=[])

    assert "after a look" in look(on_looking, "one click").words
    assert look(another, "one click").differences == [
        "whose preferences changed, on the topic: ['tess', 'priya'] instead of ['priya']",
        "tess only looked, and got no mail",
    ]


def test_a_click_that_does_nothing_is_noticed() -> None:
    case = a_case([*BOTH, *preferences(after=NO_WORD)], facts(), mails=[mail("tess"), mail("priya")])

    assert look(case, "one click").differences[-1] == "priya unsubscribed, and was mailed the word to the Midlands"
    assert len(look(case, "one click").differences) == 3


def test_a_mail_that_cannot_be_unsubscribed_from_is_noticed() -> None:
    bare = mail("tess", **{"list-unsubscribe": "", "list-unsubscribe-post": ""})
    service = mail("tess", "registration-confirmed")

    assert look(a_case(BOTH, mails=[mail("tess")]), "can be").well
    assert look(a_case(BOTH, mails=[bare]), "can be").words == "mail 1 (announcement) cannot be unsubscribed from"
    assert look(a_case(BOTH, mails=[service]), "can be").words == (
        "mail 1 (registration-confirmed) is a service message and offers to end them"
    )
