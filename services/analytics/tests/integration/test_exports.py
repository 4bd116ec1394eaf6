"""Asking for exports and fetching them: whoever asked, and while their right holds."""

from typing import Any

from analytics_exports import ADDRESS, ask, fetch, rows_of, work
from analytics_house import LONDON, MIDLANDS, NATIONAL, RWP, House, network_id
from analytics_tables import grown_midlands, snapshot

from analytics_service.exports.model import MOST_AT_A_TIME


async def test_an_export_is_asked_for_written_behind_and_fetched(house: House) -> None:
    await grown_midlands(house)
    lead = await house.lead(MIDLANDS)

    asked = await ask(house, lead)
    early = await fetch(house, lead, asked.json()["id"])
    assert await work(house)
    job = (await house.http.get(asked.headers["location"], headers=lead.bearer)).json()
    file = await fetch(house, lead, asked.json()["id"])

    assert (asked.status_code, asked.json()["state"]) == (202, "queued")
    assert (early.status_code, early.json()["code"]) == (409, "export-not-made")
    assert (job["state"], job["done"], job["total"]) == ("done", 14, 14)
    assert job["report"]["bytes"] == len(file.content)
    assert file.headers["content-type"] == "text/csv; charset=utf-8"
    assert file.headers["content-disposition"] == 'attachment; filename="members.csv"'
    assert file.headers["x-content-type-options"] == "nosniff"
    [rwp] = [row for row in rows_of(file) if row[0] == "Rwp"]
    assert rwp[1] == "3", "exact, for the region's own lead"


async def test_nobody_else_sees_or_fetches_an_export(house: House) -> None:
    lead, colleague = await house.lead(MIDLANDS), await house.lead(MIDLANDS)
    export_id = (await ask(house, lead)).json()["id"]
    await work(house)

    status = await house.http.get(f"{ADDRESS}/{export_id}", headers=colleague.bearer)
    file = await fetch(house, colleague, export_id)
    listed = await house.http.get(ADDRESS, headers=colleague.bearer)
    of_another_cell = await house.http.get(
        f"/api/v1/cells/london/reports/exports/{export_id}/file", headers=lead.bearer
    )

    assert status.status_code == file.status_code == of_another_cell.status_code == 404
    assert listed.json()["items"] == []


async def test_whoever_has_lost_the_right_gets_the_file_no_longer(house: House) -> None:
    await grown_midlands(house)
    await snapshot(house, MIDLANDS)
    lead = await house.lead(MIDLANDS)
    exact = (await ask(house, lead)).json()["id"]
    await work(house)
    await house.directory.grant(lead.person_id, "lead", LONDON)
    published = (await ask(house, lead, parameters={"network": str(network_id(MIDLANDS))})).json()["id"]
    await work(house)

    await house.directory.revoke_all(lead.person_id, MIDLANDS)

    assert (await fetch(house, lead, exact)).status_code == 404, "a grant elsewhere does not cover exact figures"
    await house.directory.revoke_all(lead.person_id, LONDON)
    refused = await fetch(house, lead, published)
    assert refused.status_code == 403
    assert refused.json()["detail"] == "This is for those who hold a grant somewhere."


async def test_published_figures_stay_fetched_by_a_holder_of_any_grant(house: House) -> None:
    await grown_midlands(house)
    await snapshot(house, MIDLANDS)
    outsider = await house.lead(LONDON)
    export_id = (await ask(house, outsider)).json()["id"]
    await work(house)

    assert (await fetch(house, outsider, export_id)).status_code == 200


async def test_so_many_exports_and_no_more(house: House) -> None:
    lead = await house.lead(MIDLANDS)
    for _ in range(MOST_AT_A_TIME):
        assert (await ask(house, lead)).status_code == 202

    refused = await ask(house, lead)

    assert (refused.status_code, refused.json()["code"]) == (409, "too-many-exports")
    assert f"You have {MOST_AT_A_TIME} exports" in refused.json()["detail"]
    async with house.worker.reading() as conn:
        assert await conn.fetchval("SELECT count(*) FROM servicekit.jobs") == MOST_AT_A_TIME


async def test_wrong_requests_are_refused_in_words_and_leave_nothing(house: House) -> None:
    lead, member = await house.lead(MIDLANDS), await house.directory.person(RWP)
    network = str(network_id(MIDLANDS))

    refusals = {
        "no such report": await ask(house, lead, "salaries"),
        "no such format": await ask(house, lead, format="xlsx"),
        "unknown field": await ask(house, lead, colour="red"),
        "unknown parameter": await ask(house, lead, parameters={"network": network, "colour": "red"}),
        "a day ahead": await ask(house, lead, parameters={"network": network, "on": "2199-01-01"}),
        "no first day": await ask(house, lead, "coverage", parameters={"network": network}),
        "no network": await ask(house, lead, parameters={}),
    }
    elsewhere = await ask(house, lead, parameters={"network": str(network_id(NATIONAL))})
    without_grant = await ask(house, member)

    assert {name: answer.status_code for name, answer in refusals.items()} == dict.fromkeys(refusals, 422)
    assert "colour" in refusals["unknown parameter"].json()["detail"]
    assert "format" in refusals["no such format"].json()["detail"]
    assert refusals["a day ahead"].json()["code"] == "day-ahead"
    assert elsewhere.status_code == 404
    assert without_grant.status_code == 403
    async with house.worker.reading() as conn:
        assert await conn.fetchval("SELECT count(*) FROM servicekit.jobs") == 0


async def test_the_same_key_asks_once(house: House) -> None:
    lead = await house.lead(MIDLANDS)
    body = {"report": "members", "parameters": {"network": str(network_id(MIDLANDS))}, "format": "csv"}
    headers = {**lead.bearer, "Idempotency-Key": "0190b3a0-7c1e-7000-8000-000000000007"}

    first = await house.http.post(ADDRESS, json=body, headers=headers)
    again = await house.http.post(ADDRESS, json=body, headers=headers)
    other = await house.http.post(ADDRESS, json=body | {"format": "parquet"}, headers=headers)

    assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])
    assert other.status_code == 422
    async with house.worker.reading() as conn:
        assert await conn.fetchval("SELECT count(*) FROM servicekit.jobs") == 1


async def test_own_exports_are_listed_newest_first(house: House) -> None:
    lead = await house.lead(MIDLANDS)
    ids = [(await ask(house, lead, report)).json()["id"] for report in ("members", "retention", "active-members")]

    async def page(**query: Any) -> Any:
        return (await house.http.get(ADDRESS, params={"limit": 2, **query}, headers=lead.bearer)).json()

    first = await page()
    second = await page(cursor=first["next"])

    assert [item["id"] for item in first["items"] + second["items"]] == ids[::-1]
    assert (await page(cursor="nonsense"))["code"] == "bad-cursor"
