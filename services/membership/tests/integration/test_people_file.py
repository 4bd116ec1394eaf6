"""The people's file: what is taken, what is refused whole, and what is told of one row."""

from datetime import date

import pytest
from membership_house import House
from people_files import HEADER, count, file, members, row


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "The file is empty"),
        (file(header=HEADER.replace("email", "mail")), "missing email; unknown mail"),
        (file(header=HEADER.removesuffix(",region")), "missing region"),
        (file(header=HEADER + ",desk"), "unknown desk"),
        (file(header=HEADER + ",email"), "twice email"),
        (file(header=HEADER.replace("given_name,family_name", "family_name,given_name")), "in another order"),
        (file(header=HEADER.replace(",", ";")), "separated by semicolons"),
        (HEADER.encode().replace(b"email", b"e\xedmail"), "The header is not UTF-8"),
        (HEADER.encode("utf-16"), "UTF-16"),
        (b"PK\x03\x04 a workbook", "a workbook"),
        (file(row(), row(given_name='"Ada')), "Row 3 cannot be read as CSV"),
    ],
)
async def test_a_file_that_is_wrong_as_a_whole_is_refused_in_words(house: House, body: bytes, words: str) -> None:
    job = await house.import_file("people", body)

    assert job["state"] == "failed"
    assert words in job["message"]
    assert await count(house, "people") == 0


async def test_before_the_networks_nobody_can_be_imported(empty_house: House) -> None:
    job = await empty_house.import_file("people", file(row()))

    assert (job["state"], "import the networks first" in job["message"]) == ("failed", True)


async def test_a_bom_blank_lines_and_quoted_commas_are_taken(house: House) -> None:
    body = b"\xef\xbb\xbf" + file("", row(family_name='"Obi"'), row(email="bo@rwp.example", started="2024-02-30"))

    report = (await house.import_file("people", body))["report"]

    assert report["imported"] == 1
    assert [(r["row"], r["value"]) for r in report["refusals"]] == [(4, "2024-02-30")]


@pytest.mark.parametrize(
    "organisation",
    [
        "RWP",
        "worcestershire  ACUTE hospitals nhs trust",
        "Worcestershire Acute Hospitals NHS Foundation Trust",
        "Worcestershire Acute Hospitals",
    ],
)
async def test_a_trust_is_found_by_code_or_name(house: House, organisation: str) -> None:
    await house.import_file("people", file(row(organisation=organisation)))

    assert await members(house, "ada.obi@rwp.example") == [
        ("national.midlands.rwp", "acute", "general-manager", date(2024, 3, 1))
    ]


async def test_a_former_name_finds_the_same_trust(house: House) -> None:
    former = "UNIVERSITY HOSPITALS BRISTOL AND WESTON NHS FOUNDATION TRUST"

    await house.import_file("people", file(row(organisation=former)))

    assert [path for path, *_ in await members(house, "ada.obi@rwp.example")] == ["national.southwest.ra7"]


@pytest.mark.parametrize(
    ("given", "column", "expected"),
    [
        ({"organisation": "RVJ"}, "organisation", "closed on 2026-06-30; its successor is RA7, Bristol NHS"),
        ({"organisation": "North Bristol NHS Trust"}, "organisation", "its successor is RA7"),
        ({"organisation": "RYV"}, "organisation", "is closed; its successor is RY3"),
        ({"organisation": "G6V2S"}, "started", "2024-11-01 or later, when North London"),
        ({"organisation": "Willowbank Clinics", "region": "Y99"}, "region", "such as Y60 or Midlands, or national"),
        ({"region": "Y56"}, "region", "nothing, or Midlands: where Worcestershire"),
        ({"sector": "Acute care!"}, "sector", "a sector's code in small letters"),
        ({"given_name": "=cmd()"}, "given_name", "letters, apostrophes, hyphens and spaces only"),
        ({"email": '"ada\r\nBcc: all@nhs.example"'}, "email", "without a name or brackets"),
    ],
)
async def test_other_bad_rows_are_told_in_words(
    house: House, given: dict[str, str], column: str, expected: str
) -> None:
    body = file(row(**given), row(email="bo@rwp.example"))

    report = (await house.import_file("people", body))["report"]

    [refusal] = report["refusals"]
    assert (refusal["row"], refusal["column"]) == (2, column)
    assert expected in refusal["expected"]
    assert report["imported"] == 1


async def test_people_without_a_trust_belong_to_a_region_or_the_nation(house: House) -> None:
    body = file(
        row(organisation="Fernhill Home Support", sector="social_care", region="Midlands"),
        row(email="bo@fernhill.example", organisation="FERNHILL Home Support", region="y60"),
        row(email="cy@glan.example", organisation="Glan-yr-Afon Health Board", sector="acute", region="national"),
    )

    await house.import_file("people", body)

    assert (await members(house, "ada.obi@rwp.example"))[0][:2] == ("national.midlands", "social_care")
    assert (await members(house, "bo@fernhill.example"))[0][:2] == ("national.midlands", "social_care")
    assert (await members(house, "cy@glan.example"))[0][:2] == ("national", "acute")
    assert await count(house, "organisations WHERE ods_code IS NULL") == 2
