"""The people's import: good rows become members, each bad row is told by itself, and twice is once."""

import asyncio
import time
from datetime import date

import pytest
from membership_house import House

from guildhall_local.story.import_file import expected_refusals, people_csv
from guildhall_local.story.people import people
from membership_service.imports import actions
from membership_service.imports.handlers import checked_file, handlers
from membership_service.memberships import actions as memberships
from membership_service.memberships import store
from membership_service.networks.model import network_id
from servicekit import clock, jobs
from servicekit.ids import new_id
from servicekit.jobs import JobRunner
from servicekit.testing import eventually

HEADER = "given_name,family_name,email,organisation,job_role,sector,started,region"


def file(*rows: str, header: str = HEADER) -> bytes:
    return "\r\n".join([header, *rows, ""]).encode()


def row(**given: str) -> str:
    values = {
        "given_name": "Ada",
        "family_name": "Obi",
        "email": "ada.obi@rwp.example",
        "organisation": "RWP",
        "job_role": "general-manager",
        "sector": "",
        "started": "2024-03-01",
        "region": "",
    } | given
    return ",".join(values.values())


async def members(house: House, email: str) -> list[tuple[str, str | None, str | None, date]]:
    """Path, sector, job role and first day of each membership of the person with this address."""
    async with house.worker.reading() as conn:
        person_id = await conn.fetchval("SELECT id FROM people WHERE email = $1::text::citext", email)
        held = await store.of_person(conn, person_id)
    return [(m.path, m.description.sector, m.description.job_role, m.since) for m in held]


async def count(house: House, table: str) -> int:
    async with house.worker.reading() as conn:
        number: int = await conn.fetchval(f"SELECT count(*) FROM {table}")
    return number


async def test_two_thousand_people_with_twelve_bad_rows_in_under_five_seconds(house: House) -> None:
    story = people(2000)
    body, expected = people_csv(story), expected_refusals(story)

    began = time.perf_counter()
    job = await house.import_file("people", body)
    seconds = time.perf_counter() - began

    report = job["report"]
    assert (report["imported"], report["unchanged"], report["refused"]) == (2000, 0, len(expected))
    assert (job["done"], job["total"]) == (2012, 2012)
    for refusal, wanted in zip(report["refusals"], expected, strict=True):
        assert (refusal["row"], refusal["column"]) == (wanted.row, wanted.column)
        assert wanted.value_contains in refusal["value"]
        assert refusal["kind"] == wanted.kind
        assert refusal["expected"]
    assert seconds < 5, f"{seconds:.1f} s"
    async with house.worker.reading() as conn:
        there = await conn.fetch(
            """
            SELECT p.email::text AS email, n.path::text AS path, d.sector, d.job_role, m.since
              FROM people p JOIN memberships m ON m.person_id = p.id JOIN networks n ON n.id = m.network_id
              JOIN membership_descriptions d ON d.membership_id = m.id
            """
        )
    assert {tuple(one) for one in there} == {
        (one.email, one.network, one.sector, one.job_role.code, one.started) for one in story
    }
    assert len(await house.published("membership-started")) == 2000
    assert sorted({signal["topic"].split(".")[0] for signal in await house.published("profile")}) == sorted(
        {one.cell for one in story}
    )


async def test_the_same_file_again_changes_and_says_nothing(house: House) -> None:
    body = people_csv(people(150))
    first = (await house.import_file("people", body))["report"]
    said = await house.count_published()

    second = (await house.import_file("people", body))["report"]

    assert (second["imported"], second["unchanged"]) == (0, 150)
    assert second["refusals"] == first["refusals"]
    assert await house.count_published() == said
    assert await count(house, "people") == 150


async def test_a_dry_run_tells_the_same_and_writes_nothing(house: House) -> None:
    body = people_csv(people(150))

    tried = (await house.import_file("people", body, dry_run=True))["report"]
    assert [await count(house, table) for table in ("people", "memberships")] == [0, 0]
    assert await house.published("profile") == await house.published("membership-%") == []
    done = (await house.import_file("people", body))["report"]

    assert (tried.pop("dry_run"), done.pop("dry_run")) == (True, False)
    assert tried == done


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


async def test_a_guest_who_is_imported_becomes_a_member(house: House) -> None:
    guest = await house.guest(email="ada.obi@rwp.example")

    report = (await house.import_file("people", file(row(email="ADA.OBI@rwp.example"))))["report"]

    assert report["imported"] == 1
    assert await count(house, "people") == 1
    assert (await house.published("membership-started"))[0]["key"] == str(guest.id)


async def test_an_import_changes_nobody_who_is_there_already(house: House) -> None:
    await house.import_file("people", file(row()))
    said = await house.count_published()
    changed = [
        row(family_name="Obiora"),
        row(job_role="service-manager"),
        row(organisation="RJ1"),
        row(started="2025-03-01"),
    ]

    reports = [(await house.import_file("people", file(one)))["report"] for one in changed]

    assert [(r["refusals"][0]["column"], r["refusals"][0]["kind"]) for r in reports] == [
        ("email", "email-in-use"),
        ("job_role", "described-otherwise"),
        ("organisation", "already-member"),
        ("organisation", "already-member"),
    ]
    assert await house.count_published() == said


async def test_after_a_move_the_first_file_is_still_unchanged(house: House) -> None:
    await house.import_file("people", file(row()))
    async with house.worker.transaction() as conn:
        membership_id = await conn.fetchval("SELECT id FROM memberships")
        await memberships.move(
            conn, membership_id, new_id(), to=network_id("RJ1"), on=date(2026, 4, 1), now=clock.now()
        )

    report = (await house.import_file("people", file(row())))["report"]

    assert (report["unchanged"], report["refused"]) == (1, 0)


async def test_an_address_taken_while_the_import_runs_is_not_taken_twice(house: House) -> None:
    """Somebody registers the second person between the check of the file and the writing of its rows."""
    body = file(row(), row(email="bo@rwp.example"))
    async with house.worker.transaction() as conn:
        good, _ = await checked_file(conn, body, house.settings, today=clock.today())
        taken = await house.guest(given_name="Bo", email="bo@rwp.example")

        outcome = await actions.import_people(conn, good, dry_run=False, now=clock.now(), draw_id=new_id)

    assert outcome.imported == 1
    assert [(refusal.row, refusal.kind) for refusal in outcome.refused] == [(3, "email-in-use")]
    assert await members(house, taken.email) == []


async def test_an_import_that_is_cut_off_goes_on_where_it_was(house: House) -> None:
    """The process dies after the first chunk; the next one takes the job over."""
    story = people(450)
    body = people_csv(story)
    async with house.worker.transaction() as conn:
        job = await jobs.request(
            conn,
            kind="import-people",
            title="an import",
            parameters={"dry_run": False},
            requested_by=new_id(),
            input=body,
        )
    stopping = asyncio.Event()
    stopper = asyncio.create_task(_set_once_some_are_in(house, stopping))
    runner = JobRunner(house.worker, handlers(lambda: house.settings), stopping=stopping)
    await runner.run()
    await stopper
    async with house.worker.reading() as conn:
        halfway = await jobs.view(conn, job.id)
    assert halfway.report is None
    in_so_far = await count(house, "memberships")
    assert 0 < in_so_far < 450

    while await JobRunner(house.worker, handlers(lambda: house.settings)).run_one():
        pass

    async with house.worker.reading() as conn:
        done = await jobs.view(conn, job.id)
    assert done.report is not None
    assert (done.report["imported"], done.report["refused"]) == (450, 12)
    assert [refusal["row"] for refusal in done.report["refusals"]] == [one.row for one in expected_refusals(story)]
    assert await count(house, "memberships") == 450
    assert len(await house.published("membership-started")) == 450


async def _set_once_some_are_in(house: House, stopping: asyncio.Event) -> None:
    async def some() -> bool:
        return await count(house, "memberships") > 0

    await eventually(some, every=0.001)
    stopping.set()
