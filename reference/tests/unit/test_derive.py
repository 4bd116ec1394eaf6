"""Deriving the reference files from published lists made up here, one claim at a time."""

from pathlib import Path

import pytest
from published_lists import ROLES, Lists, Row, a_trust, an_icb, an_ods_row


@pytest.fixture
def lists(tmp_path: Path) -> Lists:
    return Lists(tmp_path)


def test_an_organisation_carries_its_facts(lists: Lists) -> None:
    closed = a_trust("RNB", status="closed", close_date="2024-09-30", successor_code="RNA", type="community")
    lists.publish(trusts=[closed, a_trust("RNA")], ods=[an_ods_row("RNA"), an_ods_row("RNB", closed="20240930")])

    assert lists.findings() == set()
    assert (lists.target / "organisations.csv").read_text().splitlines() == [
        "code,name,sector,region,icb,from,to,successor,status",
        "RNA,Rna NHS Trust,acute,Y60,QUA,2001-04-01,,,open",
        "RNB,Rnb NHS Trust,community,Y60,QUA,2001-04-01,2024-09-30,RNA,closed",
    ]


def test_two_lists_of_the_same_length_are_compared_by_code(lists: Lists) -> None:
    gone = a_trust("RNB", status="closed", close_date="2026-03-31", successor_code="RNC")
    lists.publish(trusts=[gone, a_trust("RNC")], ods=[an_ods_row("RNB")])

    assert lists.findings() == {("RNB", "open-only-in-ods"), ("RNC", "open-only-in-trusts")}


def test_a_trust_open_here_and_closed_there_is_reported_with_the_day(lists: Lists) -> None:
    lists.publish(trusts=[a_trust("RNA")], ods=[an_ods_row("RNA", closed="20250131")])

    reported = lists.derived("report.csv")

    assert [(row["finding"], row["detail"]) for row in reported] == [
        ("open-only-in-trusts", "closed 2025-01-31 in etr.csv")
    ]


def test_a_closed_trust_without_a_date_is_reported_not_guessed(lists: Lists) -> None:
    undated = a_trust("RNB", status="closed", successor_code="RNA")
    lists.publish(trusts=[a_trust("RNA"), undated], ods=[an_ods_row("RNA"), an_ods_row("RNB")])

    organisation = lists.derived("organisations.csv")[1]

    assert (organisation["to"], organisation["status"]) == ("", "closed")
    assert ("RNB", "closed-without-date") in lists.findings()


def test_a_trust_without_a_region_is_national_and_reported(lists: Lists) -> None:
    online = a_trust("K0N6A", type="online", region_code="", icb_code="", icb_code_from_2026_04="", open_date="")
    lists.publish(trusts=[online, a_trust("RNA")], ods=[an_ods_row("RNA")])

    assert lists.derived("organisations.csv")[0]["region"] == ""
    assert lists.findings() == {
        ("K0N6A", "no-region"),
        ("K0N6A", "no-opening-date"),
        ("K0N6A", "open-only-in-trusts"),
    }


def test_a_welsh_organisation_stays_in_the_ods_file_alone(lists: Lists) -> None:
    lists.publish(trusts=[a_trust("RNA")], ods=[an_ods_row("RNA"), an_ods_row("RT4", region="W00")])

    assert [row["code"] for row in lists.derived("organisations.csv")] == ["RNA"]
    assert '"RT4"' in (lists.target / "etr.csv").read_text()
    assert lists.findings() == {("RT4", "not-english")}


def test_the_ods_file_keeps_the_layout_and_leaves_addresses_out(lists: Lists) -> None:
    lists.publish(trusts=[a_trust("RNA")], ods=[an_ods_row("RNA", closed="20250131")])
    lists.derive()

    written = (lists.target / "etr.csv").read_bytes()

    kept = ["RNA", "RNA NHS TRUST", "Y60", "QUA", "", "", "", "", "", "DY1 1AA", "20010401", "20250131"]
    assert written == (",".join(f'"{field}"' for field in [*kept, *[""] * 15]) + "\r\n").encode()


def test_a_name_changed_under_the_same_code_is_kept_with_both_months(lists: Lists) -> None:
    renamed = a_trust("RA2", name="Royal Surrey NHS Foundation Trust")
    same = a_trust("RNA", name="Dudley Group NHS Foundation Trust")
    lists.publish(
        trusts=[same, renamed],
        ods=[
            an_ods_row("RA2", name="ROYAL SURREY COUNTY HOSPITAL NHS FOUNDATION TRUST"),
            an_ods_row("RNA", name="DUDLEY GROUP NHS FOUNDATION TRUST"),
        ],
    )

    assert lists.derived("names.csv") == [
        {"code": "RA2", "name": "ROYAL SURREY COUNTY HOSPITAL NHS FOUNDATION TRUST", "from": "2025-07-01"},
        {"code": "RA2", "name": "Royal Surrey NHS Foundation Trust", "from": "2026-08-01"},
    ]
    assert lists.findings() == {("RA2", "name-differs")}


@pytest.mark.parametrize(
    ("facts", "icb"),
    [
        ({}, "S1Y5D"),
        ({"status": "closed", "close_date": "2026-03-31", "successor_code": "RNA"}, "QUE"),
        ({"status": "closed", "close_date": "2026-06-30", "successor_code": "RNA"}, "S1Y5D"),
        ({"status": "closed", "close_date": "", "successor_code": "RNA"}, "QUE"),
        ({"icb_code_from_2026_04": "D7T5G|T6Y0W"}, ""),
    ],
)
def test_the_icb_is_the_one_that_is_known_of_the_day(lists: Lists, facts: Row, icb: str) -> None:
    changed = a_trust("RNB", **{"icb_code": "QUE", "icb_code_from_2026_04": "S1Y5D", **facts})
    lists.publish(trusts=[changed], ods=[an_ods_row("RNB")])

    assert lists.derived("organisations.csv")[0]["icb"] == icb
    assert (("RNB", "icb-undecided") in lists.findings()) == (icb == "")


@pytest.mark.parametrize(
    ("facts", "finding"),
    [
        ({"status": "closed", "close_date": "2024-09-30", "successor_code": "RZZ"}, "successor-unknown"),
        ({"status": "closed", "close_date": "2024-09-30"}, "closed-without-successor"),
        ({"status": "closed", "close_date": "2000-01-01", "successor_code": "RNB"}, "dates-out-of-order"),
        ({"open_date": ""}, "no-opening-date"),
        ({"open_date": "2002-04-01"}, "opening-date-differs"),
        ({"region_code": "Y61"}, "region-differs"),
        ({"status": "closed", "close_date": "2024-10-31", "successor_code": "RNB"}, "closing-date-differs"),
    ],
)
def test_a_gap_or_contradiction_is_reported(lists: Lists, facts: Row, finding: str) -> None:
    ods = an_ods_row("RNA", closed="20240930" if "close_date" in facts else "")
    lists.publish(trusts=[a_trust("RNA", **facts), a_trust("RNB")], ods=[ods, an_ods_row("RNB")])

    assert ("RNA", finding) in lists.findings()


def test_icbs_keep_their_dates_and_successors(lists: Lists) -> None:
    lists.write("nhs_icbs.csv", [an_icb("S9B9J"), an_icb("QNQ", until="2026-03-31", successors="S0E4D;S9B9J")])

    icbs = {row["code"]: row for row in lists.derived("icbs.csv")}

    assert (icbs["QNQ"]["to"], icbs["QNQ"]["successors"]) == ("2026-03-31", "S0E4D;S9B9J")
    assert (icbs["S9B9J"]["from"], icbs["S9B9J"]["to"]) == ("2022-07-01", "")


def test_a_job_role_gets_a_code_from_its_title(lists: Lists) -> None:
    lists.write(ROLES, [{"title": "Elective Access / RTT Manager", "level": "executive track"}])

    assert lists.derived("job_roles.csv") == [
        {
            "code": "elective-access-rtt-manager",
            "title": "Elective Access / RTT Manager",
            "level": "executive_track",
        }
    ]


def test_the_same_facts_in_another_order_give_the_same_bytes(lists: Lists) -> None:
    trusts, ods = [a_trust("RNA"), a_trust("RNB")], [an_ods_row("RNA"), an_ods_row("RNB")]
    lists.publish(trusts=trusts, ods=ods)
    lists.derive()

    lists.publish(trusts=trusts[::-1], ods=ods)

    assert lists.derive("--check").returncode == 0


def test_check_names_what_differs_and_writes_nothing(lists: Lists) -> None:
    lists.derive()
    standing = lists.target / "organisations.csv"
    standing.write_text(standing.read_text() + "RZZ,Invented,acute,Y60,QUA,,,,open\n")
    tampered = standing.read_bytes()

    checked = lists.derive("--check")

    assert (checked.returncode, checked.stderr) == (
        1,
        "organisations.csv differs from what the sources say\n",
    )
    assert standing.read_bytes() == tampered


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"type": "dental"}, "RNA has an unknown type 'dental'"),
        ({"status": "merged"}, "RNA has an unknown status 'merged'"),
        ({"region_code": "Y99"}, "RNA has an unknown region_code 'Y99'"),
        ({"open_date": "2001-02-30"}, "RNA has the date '2001-02-30', which does not exist"),
        ({"close_date": "2024-09-30"}, "RNA is open and has a closing date"),
    ],
)
def test_a_value_it_does_not_know_is_refused_and_nothing_is_written(lists: Lists, facts: Row, said: str) -> None:
    lists.publish(trusts=[a_trust("RNA", **facts)], ods=[an_ods_row("RNA")])

    refused = lists.derive()

    assert (refused.returncode, refused.stderr) == (2, f"refused: {said}\n")
    assert list(lists.target.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "nhs_regions.csv",
            "ods_code,name\nY56,London",
            "nhs_regions.csv must hold exactly the regions Y56, Y58, ",
        ),
        (ROLES, "title\nGeneral Manager", "operational_roles.csv lacks the column level"),
        (
            ROLES,
            "title,level\nEPRR Lead,middle\nEPRR Lead,senior",
            "operational_roles.csv names EPRR Lead more than",
        ),
        (ROLES, "title,level\nGérant,middle", "operational_roles.csv is not UTF-8"),
        ("etr.csv", '"RNA","RNA NHS TRUST"', "etr.csv row 1 has 2 columns, not 27"),
    ],
)
def test_a_list_in_another_form_is_refused(lists: Lists, name: str, text: str, said: str) -> None:
    (lists.source / name).write_bytes(text.encode("latin-1"))

    refused = lists.derive()

    assert refused.returncode == 2
    assert refused.stderr.startswith(f"refused: {said}")
    assert list(lists.target.iterdir()) == []


def test_a_missing_list_is_refused(lists: Lists) -> None:
    (lists.source / "etr.csv").unlink()

    assert lists.derive().stderr.startswith("refused: etr.csv is missing from ")
