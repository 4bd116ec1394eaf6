"""How the checker notices that a partner body got too much, too little, or somebody's name."""

import json
from dataclasses import replace
from typing import Any

import pytest
from story_builders import a_case, a_plan, id_of, signal, wish

from guildhall_local.checker import partner
from guildhall_local.checker.case import Case
from guildhall_local.checker.feed import Reading
from guildhall_local.checker.finding import Finding
from guildhall_local.checker.people import everybody
from guildhall_local.checker.records import Record

PUBLISHED = "guildhall.events.event-published.v1"
EARLY, MADE, LATER = "2026-11-23T08:00:00Z", "2026-11-23T09:00:00Z", "2026-11-23T10:00:00Z"
DATA = {
    "event_id": "e",
    "kind": "masterclass",
    "title": "Masterclass in patient flow",
    "starts": "2027-02-26T10:00:00",
    "ends": "2027-02-26T13:00:00",
    "zone": "Europe/London",
}
PRIYA = everybody(a_plan())["priya"]


def record(number: int, type_: str = "events.event-published", **given: Any) -> Record:
    one = signal(type_, topic="midlands.events", offset=number, **DATA, venue="Room 2", capacity=30)
    return told(one, **{"network": "national.midlands", "time": LATER} | given)


def told(record: Record, **attributes: str) -> Record:
    """With other attributes of the envelope."""
    return replace(record, value=json.dumps(record.document | attributes).encode())


def agreement() -> Record:
    return told(signal("membership.agreement-made", topic="national.membership"), time=MADE)


def item(of: Record, **data: Any) -> dict[str, Any]:
    return {
        "id": of.id,
        "type": of.document["type"],
        "network": of.network,
        "time": of.document["time"],
        "data": DATA | data,
    }


def look(case: Case, claim: str = "exactly what") -> Finding:
    [check] = [check for check in partner.CHECKS if claim in check.name]
    return check.look(case)


def case_of(*items: dict[str, Any], records: list[Record], strangers: dict[str, int] | None = None) -> Case:
    reading = Reading(items=list(items), strangers=strangers or {})
    return a_case(records=[agreement(), *records], feed=reading)


def test_exactly_what_was_agreed_differs_nowhere() -> None:
    one = record(1)

    case = case_of(item(one), records=[one])

    assert {check.name: check.look(case).differences for check in partner.CHECKS} == {
        check.name: [] for check in partner.CHECKS
    }


@pytest.mark.parametrize(
    "given",
    [{"network": "national"}, {"network": "national.east"}, {"time": EARLY}],
    ids=["wider", "elsewhere", "before the agreement"],
)
def test_what_was_not_agreed_is_noticed(given: dict[str, str]) -> None:
    one = record(1, **given)

    assert look(case_of(item(one), records=[one])).differences[0].endswith("was not agreed")
    assert look(case_of(records=[one])).well


def test_a_type_that_was_not_agreed_is_noticed() -> None:
    one = record(1, "events.event-cancelled")

    assert "was not agreed" in look(case_of(item(one), records=[one])).words


def test_what_is_missing_and_what_came_twice_are_noticed() -> None:
    one, two = record(1), record(2)

    finding = look(case_of(item(one), item(one), records=[one, two]))

    assert finding.differences == [
        "events.event-published of national.midlands is missing",
        "the same events.event-published came 2 times",
    ]


def test_a_field_too_many_and_another_value_are_noticed() -> None:
    one = record(1)

    more = look(case_of(item(one, venue="Room 2"), records=[one]))
    other = look(case_of(item(one, title="Another"), records=[one]))

    assert more.words == f"{PUBLISHED} of national.midlands carries venue, which was not agreed"
    assert other.words == f"{PUBLISHED} of national.midlands says another title than the topic"


@pytest.mark.parametrize("text", [PRIYA.email, f"ask {PRIYA.name}", PRIYA.family_name])
def test_a_person_in_an_agreed_field_is_noticed(text: str) -> None:
    one = record(1)

    assert look(case_of(item(one, title=text), records=[one]), "nobody is named").words == (
        f"{PUBLISHED} of national.midlands names a person"
    )


@pytest.mark.parametrize(("figure", "well"), [(None, True), (0, True), (10, True), (7, False), (12, False)])
def test_a_figure_that_is_small_or_exact_is_noticed(figure: int | None, well: bool) -> None:
    one = record(1)

    assert look(case_of(item(one, members=figure), records=[one]), "no figure").well is well


def came(who: str, number: int, at: str) -> Record:
    facts = {"event_id": "e", "person_id": id_of(who), "attended_at": at}
    return told(
        signal("events.attendance-recorded", topic="midlands.events", offset=number, **facts),
        network="national.midlands",
        time=at,
    )


def consent_case(*items: dict[str, Any], records: list[Record]) -> Case:
    """Nell has consented at nine; Priya never."""
    profiles = [
        signal(
            "membership.profile",
            topic="x.membership.profiles",
            person_id=id_of(sub),
            email=everybody(a_plan())[sub].email,
        )
        for sub in ("nell", "priya")
    ]
    given = told(signal("membership.consent-given", topic="national.membership", person_id=id_of("nell")), time=MADE)
    reading = Reading(items=list(items), strangers={})
    consents = [wish("consent", "nell", about="nell")]
    return a_case(consents, [agreement(), given, *profiles, *records], feed=reading)


def test_a_signal_about_a_person_needs_that_person_s_consent_before_it() -> None:
    early, later, priya = came("nell", 1, EARLY), came("nell", 2, LATER), came("priya", 3, LATER)
    records = [early, later, priya]

    right = consent_case(given_out(later), records=records)
    too_early = consent_case(given_out(early), given_out(later), records=records)
    of_another = consent_case(given_out(later), given_out(priya), records=records)
    nothing = consent_case(records=records)

    assert [look(right, claim).differences for claim in ("consent", "exactly what", "nobody is named")] == [[], [], []]
    assert look(too_early).words == "guildhall.events.attendance-recorded.v1 of national.midlands was not agreed"
    assert look(of_another, "consent").words == "priya never consented, and is told of"
    assert look(of_another, "nobody is named").well is False
    assert look(nothing, "consent").words == "nell consented, and nothing is told"


def given_out(of: Record) -> dict[str, Any]:
    return item(of) | {"data": of.data}


def test_a_page_that_was_skipped_is_noticed() -> None:
    one, two = record(1), record(2)
    reading = Reading(items=[item(one), item(two)], strangers={})
    page = wish("read-stream", "partner", answer={"items": [item(two)]})

    finding = look(a_case([page], [agreement(), one, two], feed=reading), "cursor")

    assert finding.words == "what was read page by page is not what stands in the stream"


def test_a_stream_that_lets_somebody_else_in_is_noticed() -> None:
    assert look(case_of(records=[], strangers={"nobody": 200}), "cursor").words == (
        "nobody was answered 200 by the stream"
    )
