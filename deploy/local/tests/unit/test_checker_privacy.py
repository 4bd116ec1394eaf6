"""How the checker finds people where they must not stand, and does not find them where they do not."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from story_builders import a_case, a_plan, id_of, signal

from guildhall_local.checker import privacy
from guildhall_local.checker.finding import Finding
from guildhall_local.checker.people import everybody
from guildhall_local.checker.records import Record

PRIYA = everybody(a_plan())["priya"]


def topics(*records: Record) -> Finding:
    [check] = [check for check in privacy.CHECKS if "any topic" in check.name]
    return check.look(a_case(records=records))


def logs(tmp_path: Path, text: str) -> Finding:
    log = tmp_path / "events-serve.log"
    log.write_text(text)
    [check] = [check for check in privacy.CHECKS if "log" in check.name]
    return check.look(a_case(logs=[log]))


def event(**data: Any) -> Record:
    return signal("events.event-published", key=id_of("summit"), **data)


@pytest.mark.parametrize(
    "title",
    [
        f"A talk by {PRIYA.name}",
        f"A talk by {PRIYA.family_name}, {PRIYA.given_name}",
        f"A talk by {PRIYA.name.upper()}!",
        PRIYA.given_name,
        PRIYA.family_name,
    ],
)
def test_a_name_on_a_topic_is_noticed(title: str) -> None:
    assert "stands on national.events/0/0" in topics(event(title=title)).words


def test_a_name_at_any_depth_is_noticed() -> None:
    assert not topics(event(rule={"networks": [{"contact": PRIYA.name}]})).well


@pytest.mark.parametrize("where", ["value", "key", "header"])
def test_an_address_anywhere_in_a_record_is_noticed(where: str) -> None:
    leaking = {
        "value": event(summary=f"write to {PRIYA.email}"),
        "key": replace(event(), key=PRIYA.email.encode()),
        "header": replace(event(), headers={**event().headers, "who": PRIYA.email.encode()}),
    }

    assert topics(leaking[where]).differences[0] == "an address stands on national.events/0/0"


def test_names_of_trusts_and_places_are_no_persons() -> None:
    finding = topics(event(title="Summit of operational managers", venue="Great Hall, Assembly Rooms, Birmingham"))

    assert (finding.said, finding.differences) == ("1 records on the other topics", [])


def test_the_profiles_topics_may_hold_names() -> None:
    profile = signal("membership.profile", topic="midlands.membership.profiles", email=PRIYA.email)

    assert topics(profile).said == "0 records on the other topics"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (f"registered {PRIYA.email}", "a person's address"),
        (f'{{"name": "{PRIYA.name}"}}', "the name"),
        ("authorization: Bearer eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJwcml5YSJ9.c2ln", "a token"),
    ],
)
def test_a_person_or_a_token_in_a_log_is_noticed(tmp_path: Path, line: str, found: str) -> None:
    finding = logs(tmp_path, f"started\n{line}\n")

    assert finding.words.startswith(found)
    assert finding.words.endswith("in events-serve.log, line 2")


def test_a_log_may_name_the_sender_of_all_mail(tmp_path: Path) -> None:
    assert logs(tmp_path, "mail goes out as guildhall@guildhall.example\n").well


def test_a_profile_that_stayed_behind_in_another_cell_is_noticed() -> None:
    somebody: dict[str, Any] = {"email": PRIYA.email, "given_name": PRIYA.given_name, "family_name": PRIYA.family_name}
    here = signal("membership.profile", topic="midlands.membership.profiles", key=id_of("priya"), **somebody)
    left = signal("membership.profile", topic="london.membership.profiles", key=id_of("priya"), **somebody)
    gone = replace(left, offset=1, value=None)
    [check] = [check for check in privacy.CHECKS if "one profile" in check.name]

    stayed, taken_away = (check.look(a_case(records=some)) for some in ([here, left], [here, left, gone]))

    assert "a profile stands in london that belongs to nobody there" in stayed.differences
    assert "a profile stands in london that belongs to nobody there" not in taken_away.differences
    assert "priya has no profile in midlands" not in taken_away.differences
