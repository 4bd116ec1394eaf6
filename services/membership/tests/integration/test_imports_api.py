"""Imports over HTTP: a file is taken at once, worked on behind, and told about to whoever asked."""

import pytest
from membership_house import House

from guildhall_local.story.import_file import people_csv
from guildhall_local.story.people import people
from membership_service.imports.handlers import handlers
from servicekit.jobs import JobRunner

CSV = {"Content-Type": "text/csv; charset=utf-8"}


async def work(house: House) -> None:
    while await JobRunner(house.worker, handlers(lambda: house.settings)).run_one():
        pass


async def test_a_national_lead_imports_people_and_follows_the_job(house: House) -> None:
    lead = await house.lead("national")

    answer = await house.http.post(
        "/api/v1/imports?kind=people", headers=lead.bearer | CSV, content=people_csv(people(30))
    )
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    await work(house)
    done = (await house.http.get(f"/api/v1/imports/{answer.json()['id']}", headers=lead.bearer)).json()

    assert (done["state"], done["done"], done["total"]) == ("done", 42, 42)
    assert (done["report"]["imported"], done["report"]["refused"]) == (30, 12)


async def test_a_dry_run_is_asked_for_by_the_query(house: House) -> None:
    lead = await house.lead("national")
    said = await house.count_published()

    for kind, body in (
        ("people", people_csv(people(30))),
        ("networks", (house.settings.reference_dir / "etr.csv").read_bytes()),
    ):
        answer = await house.http.post(
            f"/api/v1/imports?kind={kind}&dry_run=true", headers=lead.bearer | CSV, content=body
        )
        await work(house)
        done = (await house.http.get(f"/api/v1/imports/{answer.json()['id']}", headers=lead.bearer)).json()
        assert done["report"]["dry_run"] is True

    assert await house.count_published() == said


async def test_the_same_request_twice_queues_one_import(house: House) -> None:
    lead = await house.lead("national")
    headers = lead.bearer | CSV | {"Idempotency-Key": "people-1"}

    answers = [
        await house.http.post("/api/v1/imports?kind=people", headers=headers, content=people_csv(people(30)))
        for _ in range(2)
    ]

    assert answers[0].json() == answers[1].json()
    listed = (await house.http.get("/api/v1/imports", headers=lead.bearer)).json()["items"]
    assert [one["id"] for one in listed] == [answers[0].json()["id"]]


async def test_imports_are_listed_page_by_page_to_whoever_asked(house: House) -> None:
    lead, other = await house.lead("national"), await house.lead("national")
    ids = [
        (
            await house.http.post(
                "/api/v1/imports?kind=people", headers=lead.bearer | CSV, content=people_csv(people(13))
            )
        ).json()["id"]
        for _ in range(3)
    ]

    first = (await house.http.get("/api/v1/imports?limit=2", headers=lead.bearer)).json()
    rest = (await house.http.get(f"/api/v1/imports?limit=2&cursor={first['next']}", headers=lead.bearer)).json()
    theirs = (await house.http.get("/api/v1/imports", headers=other.bearer)).json()
    one = await house.http.get(f"/api/v1/imports/{ids[0]}", headers=other.bearer)

    assert [job["id"] for job in first["items"] + rest["items"]] == ids[::-1]
    assert (theirs["items"], one.status_code) == ([], 404)


@pytest.mark.parametrize("code", ["Y60", "RWP"])
async def test_nobody_but_the_national_lead_imports(house: House, code: str) -> None:
    lead = await house.lead(code)

    answer = await house.http.post(
        "/api/v1/imports?kind=people", headers=lead.bearer | CSV, content=people_csv(people(13))
    )

    assert answer.status_code == 404


async def test_what_cannot_be_taken_is_refused_before_it_is_queued(house: House) -> None:
    lead = await house.lead("national")
    address = "/api/v1/imports?kind=people"

    answers = [
        await house.http.post(address, headers=lead.bearer | CSV, content=b"  \r\n"),
        await house.http.post(address, headers=lead.bearer, json={"rows": []}),
        await house.http.post(address, headers=lead.bearer | CSV, content=b"x" * (10 * 1024 * 1024 + 1)),
        await house.http.post("/api/v1/imports?kind=pets", headers=lead.bearer | CSV, content=b"a,b"),
        await house.http.post(address, headers=CSV, content=b"a,b"),
    ]

    assert [(a.status_code, a.json()["code"]) for a in answers] == [
        (422, "file-refused"),
        (415, "unsupported-media-type"),
        (413, "too-large"),
        (422, "invalid"),
        (401, "token-missing"),
    ]
    assert (await house.http.get("/api/v1/imports", headers=lead.bearer)).json()["items"] == []
