"""What anybody who reads the reference files may rely on, held against the files themselves."""

import csv
import re
import tomllib
from datetime import date
from pathlib import Path

REFERENCE = Path(__file__).parents[2]
CELLS = REFERENCE.parent / "deploy" / "kafka" / "cells.toml"

CLOSED = {"R1C", "RAP", "RNK", "RRP", "RVJ", "RY2", "RY9", "RYK", "RYV"}
WELSH = {"RQF", "RT4", "RYT"}
CODE = re.compile(r"[A-Z0-9]{3}|[A-Z0-9]{5}")

Row = dict[str, str]


def table(name: str) -> dict[str, Row]:
    """A file of ours by its first column, which must be unique."""
    with (REFERENCE / name).open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    by_code = {row["code"]: row for row in rows}
    assert len(by_code) == len(rows)
    return by_code


def rows(name: str) -> list[Row]:
    with (REFERENCE / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def ods() -> list[list[str]]:
    with (REFERENCE / "etr.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def open_trusts() -> dict[str, Row]:
    return {code: row for code, row in table("organisations.csv").items() if row["status"] == "open"}


def reported(finding: str) -> set[str]:
    return {row["code"] for row in rows("report.csv") if row["finding"] == finding}


def day(written: str) -> date | None:
    return date.fromisoformat(written) if written else None


def test_nine_trusts_are_closed_by_code_and_all_others_are_open() -> None:
    organisations = table("organisations.csv")

    assert {row["status"] for row in organisations.values()} == {"open", "closed"}
    assert organisations.keys() - open_trusts().keys() == CLOSED
    assert len(open_trusts()) == 202


def test_the_two_lists_differ_by_the_eight_codes() -> None:
    open_in_ods = {row[0] for row in ods() if not row[11]} - WELSH

    assert open_in_ods - open_trusts().keys() == {"RNK", "RVJ", "RY2", "RYV"} == reported("open-only-in-ods")
    assert open_trusts().keys() - open_in_ods == {"K0N6A", "TAD", "TAH", "TAJ"} == reported("open-only-in-trusts")


def test_every_code_has_three_or_five_characters() -> None:
    assert [code for code in table("organisations.csv") if not CODE.fullmatch(code)] == []
    assert {"G6V2S", "K0N6A"} <= table("organisations.csv").keys()


def test_every_trust_but_the_national_one_has_a_region() -> None:
    regions = table("regions.csv")

    outside = {code for code, row in table("organisations.csv").items() if row["region"] not in regions}

    assert outside == {"K0N6A"} == reported("no-region")
    assert {row["region"] for row in open_trusts().values()} - {""} == regions.keys()


def test_every_region_is_the_root_of_its_cell() -> None:
    cells = tomllib.loads(CELLS.read_text())["cells"]
    rooted = {cell["region"]: (name, cell["root"], cell["name"]) for name, cell in cells.items() if "region" in cell}

    regions = {
        code: (row["cell"], f"national.{row['label']}", row["name"]) for code, row in table("regions.csv").items()
    }

    assert regions == rooted


def test_a_closed_trust_has_a_day_and_an_open_one_has_none() -> None:
    undated = {code for code in CLOSED if not table("organisations.csv")[code]["to"]}

    assert undated == {"RYV"} == reported("closed-without-date")
    assert {code for code, row in open_trusts().items() if row["to"]} == set()


def test_days_are_in_order() -> None:
    for row in [*table("organisations.csv").values(), *table("icbs.csv").values()]:
        first, last = day(row["from"]), day(row["to"])
        assert first is None or last is None or first <= last, row


def test_every_closed_trust_leads_to_an_open_one() -> None:
    organisations = table("organisations.csv")

    successors = {code: organisations[code]["successor"] for code in CLOSED}

    assert {code for code, successor in successors.items() if successor not in open_trusts()} == set()
    assert {row["code"] for row in open_trusts().values() if row["successor"]} == set()


def test_every_icb_of_a_trust_is_known_and_that_of_an_open_one_is_current() -> None:
    icbs = table("icbs.csv")
    unknown = {code for code, row in table("organisations.csv").items() if row["icb"] not in icbs}

    ended = {code for code, row in open_trusts().items() if row["icb"] in icbs and icbs[row["icb"]]["to"]}

    assert unknown == {"K0N6A", "RDE", "RDU", "RGR", "RWX"} == reported("icb-undecided") | {"K0N6A"}
    assert ended == set()


def test_every_ended_icb_names_successors_that_began_the_next_day() -> None:
    icbs = table("icbs.csv")
    ended = [row for row in icbs.values() if row["to"]]

    assert len(ended) == 12
    for row in ended:
        assert {icbs[code]["from"] for code in row["successors"].split(";")} == {"2026-04-01"}, row


def test_the_last_name_of_a_history_is_the_name_of_today() -> None:
    latest = {row["code"]: row["name"] for row in sorted(rows("names.csv"), key=lambda row: row["from"])}

    assert latest == {code: table("organisations.csv")[code]["name"] for code in latest}
    assert {"RA7", "RWW", "RY3"} <= latest.keys() == reported("name-differs")


def test_the_ods_file_has_twenty_seven_columns_and_no_address() -> None:
    assert {len(row) for row in ods()} == {27}
    assert {field for row in ods() for field in (*row[4:9], *row[12:])} == {""}
    assert {row[0] for row in ods() if row[2] == "W00"} == WELSH == reported("not-english")


def test_the_ods_file_agrees_with_ours_where_it_gives_a_closing_day() -> None:
    organisations = table("organisations.csv")
    closed = {row[0]: row[11] for row in ods() if row[11]}

    assert closed.keys() == {"R1C", "RAP", "RRP", "RY9", "RYK"}
    assert {code: organisations[code]["to"].replace("-", "") for code in closed} == closed


def test_job_roles_have_distinct_titles_and_known_levels() -> None:
    roles = table("job_roles.csv")

    assert len({row["title"].casefold() for row in roles.values()}) == len(roles)
    assert {row["level"] for row in roles.values()} == {
        "junior",
        "middle",
        "senior",
        "executive_track",
        "executive",
    }
