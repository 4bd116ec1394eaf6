"""Where a group lies, and what it is called there."""

from datetime import date
from uuid import uuid4

import pytest

from membership_service.networks import groups
from membership_service.networks.groups import GroupRefused
from membership_service.networks.model import Network


def a_network(path: str, kind: str, *, until: date | None = None) -> Network:
    return Network(id=uuid4(), kind=kind, name=path, path=path, cell="midlands", since=date(2000, 1, 1), until=until)


MIDLANDS, LONDON = a_network("national.midlands", "region"), a_network("national.london", "region")
RWP, R1A = a_network("national.midlands.rwp", "trust"), a_network("national.midlands.r1a", "trust")
RJ1 = a_network("national.london.rj1", "trust")


def test_a_group_lies_in_the_region_that_holds_all_its_trusts_else_in_the_nation() -> None:
    assert groups.place([RWP, R1A], None) == "national.midlands"
    assert groups.place([RWP, RJ1], None) == "national"
    assert groups.place([], None) == "national"
    assert groups.place([], LONDON) == "national.london"
    assert groups.place([RWP], MIDLANDS) == "national.midlands"


@pytest.mark.parametrize(
    ("trusts", "region", "why"),
    [
        ([MIDLANDS], None, "is a region network, not a trust"),
        ([a_network("national.midlands.old", "trust", until=date(2026, 3, 31))], None, "the last day of .* 2026-03-31"),
        ([RWP], LONDON, "not all of the trusts are in national.london"),
        ([], RWP, "is a trust network, not a region"),
    ],
)
def test_what_cannot_be_is_refused_in_words(trusts: list[Network], region: Network | None, why: str) -> None:
    with pytest.raises(GroupRefused, match=why):
        groups.place(trusts, region)


def test_a_group_lies_beside_the_trusts_so_that_it_covers_none() -> None:
    group = groups.group(uuid4(), name="Black Country Cohort", sector=None, parent=MIDLANDS, today=date(2026, 11, 23))

    assert (group.path, group.cell) == ("national.midlands.g_black_country_cohort", "midlands")
    assert not group.covers(RWP.path)
    assert MIDLANDS.covers(group.path)


@pytest.mark.parametrize(("name", "label"), [("Année 2027!", "g_annee_2027"), ("A" * 99, "g_" + "a" * 60)])
def test_a_label_is_small_letters_and_digits(name: str, label: str) -> None:
    assert groups.label(name) == label


@pytest.mark.parametrize("name", ["", "  ", "!!", "語", "x" * 201, "line\x00feed"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(GroupRefused, match="the group's name"):
        groups.checked_name(name)
