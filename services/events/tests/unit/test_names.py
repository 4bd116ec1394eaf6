"""Names as they are searched."""

import pytest

from events_service.people.names import searched_as


@pytest.mark.parametrize(
    ("written", "searched"),
    [
        ("Siobhán O'Brien-Ní Dhómhnaill", "siobhan obrien ni dhomhnaill"),
        ("ZOË  Straße", "zoe strasse"),
        ("D’Arcy", "darcy"),
        ("李 小龙", "李 小龙"),
        ("...", ""),
    ],
)
def test_case_accents_apostrophes_and_hyphens_do_not_matter(written: str, searched: str) -> None:
    assert searched_as(written) == searched
