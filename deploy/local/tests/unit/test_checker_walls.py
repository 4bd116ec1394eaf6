"""How the checker notices a wall with a hole in it, and a role that outlived its membership."""

from typing import Any

from story_builders import a_case, a_plan, id_of, signal, wish

from guildhall_local.checker import walls
from guildhall_local.checker.case import Case
from guildhall_local.checker.finding import Finding
from guildhall_local.checker.people import everybody, mover_sub
from guildhall_local.checker.records import Record

MOVER = everybody(a_plan())[mover_sub(a_plan())]


def look(case: Case, claim: str) -> Finding:
    [check] = [check for check in walls.CHECKS if claim in check.name]
    return check.look(case)


def tried(status: int, *, about: str = "london") -> Case:
    outcome = "done" if status == 200 else "refused"
    return a_case([wish("trespass", "moira", about=about, status=status, outcome=outcome, path="/members")])


def grants(*held: dict[str, Any]) -> list[Record]:
    profile = signal("membership.profile", topic="midlands.membership.profiles", person_id="m", email=MOVER.email)
    return [
        profile,
        *(
            signal("membership.grants-held", topic="midlands.membership.grants", offset=n, person_id="m", **one)
            for n, one in enumerate(held)
        ),
    ]


def test_another_region_must_look_as_if_nothing_were_there() -> None:
    assert look(tried(404), "over the wall").well
    assert look(tried(403), "over the wall").words == "moira was answered 403 by POST /members"
    assert look(tried(200), "over the wall").words == "moira was answered 200 by POST /members"


def test_whoever_has_no_right_within_reach_is_told_so() -> None:
    assert "moira was answered 404" in look(tried(404, about="stream"), "over the wall").words


def test_a_story_in_which_nobody_tried_proves_nothing() -> None:
    assert look(a_case(), "over the wall").words == "nobody tried to read another region"


def test_a_stranger_in_a_list_is_noticed() -> None:
    items = [{"path": "national.london.rj1"}, {"path": "national.midlands.rwp"}]
    case = a_case([wish("read-own-region", "leon", about="national.london", answer={"items": items})])

    assert (
        look(case, "own people").words == "leon sees somebody of national.midlands.rwp among those of national.london"
    )


def test_a_role_that_is_left_after_leaving_is_noticed() -> None:
    lead = {"grants": [{"role": "lead", "network_id": id_of("rwe")}]}
    gone: dict[str, Any] = {"grants": []}

    assert look(a_case(records=grants(lead, gone)), "leaving").well
    assert not look(a_case(records=grants(gone, lead)), "leaving").well
    assert not look(a_case(records=grants()), "leaving").well
