"""Names as names are compared: no two trusts fall together, and none with an integrated care board."""

import csv
from collections import Counter
from pathlib import Path

from membership_service import reference
from membership_service.organisations.model import is_code, searched


def test_no_two_trusts_are_compared_alike(reference_dir: Path) -> None:
    known = reference.read(reference_dir)
    names = Counter(searched(trust.name) for trust in known.trusts.values())

    assert [name for name, count in names.items() if count > 1] == []


def test_a_board_is_never_taken_for_a_trust(reference_dir: Path) -> None:
    known = reference.read(reference_dir)
    trusts = {searched(trust.name) for trust in known.trusts.values()}
    with (reference_dir / "icbs.csv").open(newline="", encoding="utf-8") as file:
        boards = {searched(row["name"]) for row in csv.DictReader(file)}

    assert trusts & boards == set()


def test_case_punctuation_article_and_legal_form_do_not_count() -> None:
    assert (
        searched("The Queen Elizabeth Hospital King's Lynn NHS Foundation Trust")
        == searched("QUEEN ELIZABETH HOSPITAL, KING’S LYNN, NHS TRUST")
        == "queen elizabeth hospital kings lynn"
    )
    assert searched("Lancashire & South Cumbria") == searched("LANCASHIRE AND SOUTH CUMBRIA NHS FOUNDATION TRUST")


def test_codes_have_three_or_five_characters() -> None:
    assert [is_code(text) for text in ("RWP", "G6V2S", "K0N6A", "R1", "rwp", "RWPX", "Tern Diagnostics")] == [
        *[True] * 3,
        *[False] * 4,
    ]
