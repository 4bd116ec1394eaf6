"""The people's import: good rows become members, each bad row is told by itself, and twice is once."""

import asyncio
from datetime import date

from membership_house import House
from people_files import count, file, members, row

from guildhall_local.story.import_file import expected_refusals, people_csv
from guildhall_local.story.people import people
from membership_service.imports import actions
from membership_service.imports.handlers import checked_file, handlers
from membership_service.memberships import actions as memberships
from membership_service.networks.model import network_id
from servicekit import clock, jobs
from servicekit.ids import new_id
from servicekit.jobs import JobRunner
from servicekit.testing import eventually


async def test_of_two_thousand_people_the_twelve_bad_rows_are_refused_one_by_one(house: House) -> None:
    story = people(2000)
    body, expected = people_csv(story), expected_refusals(story)

    job = await house.import_file("people", body)

    report = job["report"]
    assert (report["imported"], report["unchanged"], report["refused"]) == (2000, 0, len(expected))
    assert (job["done"], job["total"]) == (2012, 2012)
    for refusal, wanted in zip(report["refusals"], expected, strict=True):
        assert (refusal["row"], refusal["column"]) == (wanted.row, wanted.column)
        assert wanted.value_contains in refusal["value"]
        assert refusal["kind"] == wanted.kind
        assert refusal["expected"]
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
    """The process is told to end while the second of three chunks waits for somebody's row."""
    story = people(450)
    held = await house.guest(
        given_name=story[250].given_name, family_name=story[250].family_name, email=story[250].email
    )
    async with house.worker.transaction() as conn:
        job = await jobs.request(
            conn,
            kind="import-people",
            title="an import",
            parameters={"dry_run": False},
            requested_by=new_id(),
            input=people_csv(story),
        )
    stopping = asyncio.Event()

    async def the_first_chunk_is_in() -> bool:
        return await count(house, "memberships") == 200

    async with house.worker.transaction() as conn:
        await conn.execute("SELECT FROM people WHERE id = $1 FOR UPDATE", held.id)
        runner = JobRunner(house.worker, handlers(lambda: house.settings), stopping=stopping)
        running = asyncio.create_task(runner.run())
        await eventually(the_first_chunk_is_in)
        stopping.set()
    await running
    async with house.worker.reading() as conn:
        halfway = await jobs.view(conn, job.id)
    assert (halfway.state, halfway.report) == ("queued", None)
    assert await count(house, "memberships") == 400

    while await JobRunner(house.worker, handlers(lambda: house.settings)).run_one():
        pass

    async with house.worker.reading() as conn:
        done = await jobs.view(conn, job.id)
    assert done.report is not None
    assert (done.report["imported"], done.report["refused"], done.done) == (450, 12, 462)
    assert [refusal["row"] for refusal in done.report["refusals"]] == [one.row for one in expected_refusals(story)]
    assert len(await house.published("membership-started")) == await count(house, "memberships") == 450
