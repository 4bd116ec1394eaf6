"""The story's inputs: the same for the same seed, plausible, and bad in exactly the twelve promised ways."""

import csv
import io
import random
import re
from collections import Counter

import pytest

from guildhall_local.story.inputs import (
    FULL,
    SMALL,
    Person,
    Scale,
    attendees,
    cancellers,
    eligible_for_summit,
    email_domains,
    expected_refusals,
    midlands,
    mover,
    people,
    people_csv,
    racers,
    summit_job_roles,
)
from guildhall_local.story.organisations import job_roles, open_trusts, region_names, without_network

COLUMNS = ["given_name", "family_name", "email", "organisation", "job_role", "sector", "started", "region"]
CELLS = {"london", "midlands", "east", "northeast", "southeast", "southwest", "northwest", "national"}
KINDS = {
    "unknown-organisation-code",
    "unknown-organisation-name",
    "email-malformed",
    "email-header-injection",
    "email-twice-in-file",
    "shared-mailbox",
    "date-does-not-exist",
    "date-in-the-future",
    "name-missing",
    "unknown-job-role",
    "too-many-columns",
    "broken-encoding",
}


@pytest.fixture(params=[FULL, SMALL], ids=["full", "small"])
def scale(request: pytest.FixtureRequest) -> Scale:
    chosen: Scale = request.param
    return chosen


@pytest.fixture
def members(scale: Scale) -> list[Person]:
    return people(scale.people)


def lines(members: list[Person], *, bad_rows: bool = True) -> list[list[str]]:
    """The file as a spreadsheet shows it; a byte that is no UTF-8 shows as a surrogate."""
    text = people_csv(members, bad_rows=bad_rows).decode("utf-8", errors="surrogateescape")
    return list(csv.reader(io.StringIO(text, newline="")))


def test_the_same_seed_gives_the_same_people_and_another_gives_others(members: list[Person]) -> None:
    assert people(len(members)) == members
    assert people_csv(people(len(members))) == people_csv(members)
    assert people(len(members), seed=1) != members


def test_there_are_as_many_as_asked_each_with_an_address_of_their_own(members: list[Person], scale: Scale) -> None:
    addresses = {person.email.casefold() for person in members}

    assert len(members) == len(addresses) == scale.people
    assert [
        address for address in addresses if not re.fullmatch(r"[a-z]+\.[a-z]+\d*@[a-z0-9]+\.example", address)
    ] == []
    assert {address.partition("@")[2] for address in addresses} == set(email_domains(members))


def test_every_cell_has_members(members: list[Person]) -> None:
    assert {person.cell for person in members} == CELLS


def test_members_of_trusts_belong_to_the_network_of_an_open_one(members: list[Person]) -> None:
    trusts = {trust.code: trust for trust in open_trusts()}

    for person in members:
        if person.organisation.code is not None:
            assert person.organisation == trusts[person.organisation.code]
            assert person.network.split(".")[-1] == person.organisation.code.lower()


def test_a_large_story_reaches_nearly_every_trust() -> None:
    employed = Counter(person.organisation.code for person in people() if person.organisation.code)

    assert len(employed) > 0.9 * len(open_trusts())
    assert max(employed.values()) < 40


def test_one_in_twenty_works_where_there_is_no_network(members: list[Person]) -> None:
    away = [person for person in members if person.organisation.code is None]

    assert len(away) == len(members) // 20
    assert {person.organisation.sector for person in away} >= {
        "independent",
        "integrated_care",
        "social_care",
    }
    assert {person.network for person in away} <= {"national", *(f"national.{cell}" for cell in CELLS)}


def test_an_organisation_without_a_network_has_no_trusts_name() -> None:
    trusts = {trust.name.casefold() for trust in open_trusts()}

    assert [other.name for other in without_network() if other.name.casefold() in trusts] == []
    assert {other.region for other in without_network()} == {*region_names(), None}


def test_nobody_starts_before_their_trust_began(members: list[Person]) -> None:
    early = [p for p in members if p.organisation.opened and p.started < p.organisation.opened]

    assert early == []
    assert min(person.started for person in members).year >= 2018
    assert max(person.started for person in members).isoformat() <= "2026-06-30"


def test_a_few_have_a_sector_of_their_own(members: list[Person]) -> None:
    own = [person for person in members if person.own_sector]

    assert 0 < len(own) < len(members) / 20
    assert all(person.sector != person.organisation.sector for person in own)


def test_the_good_rows_say_what_the_people_are(members: list[Person]) -> None:
    header, *rows = lines(members, bad_rows=False)
    trusts = {key: trust.code for trust in open_trusts() for key in (trust.code, trust.name.casefold())}
    roles = {key: role.code for role in job_roles() for key in (role.code, role.title)}
    cells = {"": None, "national": "national"} | {
        key: trust.cell
        for trust in open_trusts()
        if trust.region
        for key in (trust.region, region_names()[trust.region])
    }

    assert header == COLUMNS
    assert len(rows) == len(members)
    for person, row in zip(members, rows, strict=True):
        given, family, email, organisation, job_role, sector, started, region = row
        assert (given, family, email) == (person.given_name, person.family_name, person.email)
        assert trusts.get(organisation, trusts.get(organisation.casefold())) == person.organisation.code
        assert roles[job_role] == person.job_role.code
        assert started == person.started.isoformat()
        assert cells[region] == (None if person.organisation.code else person.cell)
        assert (sector or person.organisation.sector) == person.sector


def test_organisations_job_roles_and_regions_are_written_in_more_than_one_way(members: list[Person]) -> None:
    rows = lines(members, bad_rows=False)[1:]
    codes, titles = {role.code for role in job_roles()}, {role.title for role in job_roles()}

    assert {row[4] in codes for row in rows} == {row[4] in titles for row in rows} == {True, False}
    assert {len(row[3]) > 5 for row in rows} == {True, False}
    assert any(row[3].isupper() and len(row[3]) > 5 for row in rows)
    assert {row[7] in region_names() for row in rows if row[7]} == {True, False}


def test_twelve_rows_are_bad_in_twelve_ways_and_the_others_are_the_good_ones(members: list[Person]) -> None:
    refusals = expected_refusals(members)
    numbered = dict(enumerate(lines(members), start=1))

    assert {refusal.kind for refusal in refusals} == KINDS
    assert len(refusals) == len({refusal.row for refusal in refusals}) == 12
    good = [row for number, row in numbered.items() if number not in {refusal.row for refusal in refusals}]
    assert good == lines(members, bad_rows=False)


def test_a_bad_row_holds_the_value_in_the_column_that_is_named(members: list[Person]) -> None:
    numbered = dict(enumerate(lines(members), start=1))

    for refusal in expected_refusals(members):
        row = numbered[refusal.row]
        value = row[8] if refusal.column == "9" else row[COLUMNS.index(refusal.column)]
        assert refusal.value_contains in value
        assert (value == "") == (refusal.kind == "name-missing")


def test_a_bad_row_has_one_fault_alone(members: list[Person]) -> None:
    colleague = lines(members)[1]
    numbered = dict(enumerate(lines(members), start=1))

    for refusal in expected_refusals(members):
        row = dict(zip(COLUMNS, numbered[refusal.row], strict=False))
        row.pop(refusal.column, None)
        expected = {"given_name": "Robin", "family_name": "Refused", "sector": "", "region": ""}
        assert row.items() >= {key: value for key, value in expected.items() if key in row}.items()
        assert row.get("started", colleague[6]) == colleague[6]
        assert re.fullmatch(r"robin\.refused\d+@[a-z0-9]+\.example", row.get("email", "robin.refused1@x.example"))
        assert len(numbered[refusal.row]) == (9 if refusal.kind == "too-many-columns" else 8)


def test_one_row_alone_is_not_utf_8(members: list[Person]) -> None:
    broken = [
        number
        for number, line in enumerate(people_csv(members).split(b"\r\n"), start=1)
        if line.decode("utf-8", errors="replace").encode() != line
    ]

    assert broken == [refusal.row for refusal in expected_refusals(members) if refusal.kind == "broken-encoding"]
    assert people_csv(members, bad_rows=False).decode("utf-8")


def test_an_address_is_used_twice_by_the_bad_row_after_its_owner(members: list[Person]) -> None:
    [twice] = [refusal for refusal in expected_refusals(members) if refusal.kind == "email-twice-in-file"]

    assert lines(members)[1][2] == members[0].email
    assert twice.value_contains == members[0].email.upper()
    assert twice.row > 2


def test_too_few_people_for_the_bad_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="12 people are too few"):
        people_csv(people(12))


def test_the_racers_may_all_come_and_set_off_in_one_order(members: list[Person], scale: Scale) -> None:
    order = racers(members, scale)

    assert len(order) == len({person.email for person in order}) == scale.racers > scale.places
    assert {person.job_role.code for person in order} <= set(summit_job_roles())
    assert racers(random.Random(0).sample(members, len(members)), scale) == order
    assert order != sorted(order, key=lambda person: person.number)


def test_some_may_not_come_to_the_summit(members: list[Person]) -> None:
    excluded = [person for person in members if person not in eligible_for_summit(members)]

    assert {person.job_role.level for person in excluded} == {"junior"}


def test_cancellers_and_attendees_depend_on_who_was_confirmed_and_not_on_when(
    members: list[Person], scale: Scale
) -> None:
    confirmed = racers(members, scale)[: scale.places]

    leaving, coming = cancellers(confirmed, scale), attendees(confirmed, scale)

    assert (len(leaving), len(coming)) == (scale.cancellations, scale.checked_in)
    assert cancellers(confirmed[::-1], scale) == leaving
    assert attendees(confirmed[::-1], scale) == coming
    assert {person.email for person in leaving + coming} <= {person.email for person in confirmed}


def test_more_than_there_are_is_refused(members: list[Person], scale: Scale) -> None:
    with pytest.raises(ValueError, match="people are to cancel and there are only 0"):
        cancellers([], scale)


def test_the_mover_goes_from_a_midlands_trust_to_one_of_another_cell(members: list[Person], scale: Scale) -> None:
    move = mover(members)

    assert move.person in midlands(members)
    assert move.person.organisation.code is not None
    assert move.to.code is not None
    assert move.to.cell not in {"midlands", "national"}
    assert move.to.sector == move.person.organisation.sector


def test_the_midlands_people_are_those_of_its_cell(members: list[Person]) -> None:
    assert [person for person in members if person.network.startswith("national.midlands")] == midlands(members)


def test_the_mover_does_not_race(members: list[Person], scale: Scale) -> None:
    racing = [seed for seed in range(20) if mover(members, seed=seed).person in racers(members, scale, seed=seed)]

    assert racing == []
