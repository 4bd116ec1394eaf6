"""Planned changes over HTTP: by hand, tried first, listed, and cancelled for good."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from membership_house import House
from network_changes import CHANGES, carry_out_due, edited, etr, planned

from access.testing import Somebody
from membership_service.networks.model import network_id
from servicekit import clock
from servicekit.ids import new_id

TODAY = clock.today()
LATER = TODAY + timedelta(days=90)
RWP = "RWP,Worcestershire Acute Hospitals NHS Trust,acute,Y60,QGH,2000-04-01,,,open"


async def plan(
    house: House, who: Somebody, code: str = "RWP", *, dry_run: bool = False, **given: Any
) -> httpx.Response:
    body = {"network_id": str(network_id(code)), "what": "rename", "day": str(LATER)} | given
    return await house.http.post(CHANGES, headers=who.bearer, json=body, params={"dry_run": "true"} if dry_run else {})


async def listed(house: House, who: Somebody, **asked: str) -> list[tuple[str, str]]:
    answer = await house.http.get(CHANGES, headers=who.bearer, params=asked)
    return [(one["what"], one["state"]) for one in answer.json()["items"]]


async def test_a_national_lead_tries_plans_and_reads_a_change(house: House) -> None:
    lead = await house.lead("national")
    await house.member("RWP")

    tried = await plan(house, lead, what="closure", successor_id=str(network_id("R1A")), dry_run=True)
    assert (tried.status_code, tried.json()["members"], tried.json()["grants"]) == (201, 1, 0)
    assert await listed(house, lead) == []

    done = await plan(house, lead, what="closure", successor_id=str(network_id("R1A")))
    read = await house.http.get(f"{CHANGES}/{done.json()['id']}", headers=lead.bearer)
    assert read.json() == done.json()
    assert (read.json()["state"], read.json()["network"], read.json()["planned_by"]) == (
        "pending",
        "Worcestershire Acute Hospitals NHS Trust",
        str(lead.person_id),
    )


async def test_changes_are_listed_by_day_page_by_page(house: House) -> None:
    lead = await house.lead("national")
    for number, code in enumerate(("RWP", "RXK", "R1A")):
        assert (
            await plan(house, lead, code, name=f"Trust {number}", day=str(LATER - timedelta(days=number)))
        ).status_code == 201

    first = (await house.http.get(f"{CHANGES}?limit=2", headers=lead.bearer)).json()
    rest = (await house.http.get(f"{CHANGES}?limit=2&cursor={first['next']}", headers=lead.bearer)).json()

    assert [one["name"] for one in first["items"] + rest["items"]] == ["Trust 2", "Trust 1", "Trust 0"]
    assert rest["next"] is None
    assert await listed(house, lead, network=str(network_id("RXK"))) == [("rename", "pending")]
    assert await listed(house, lead, state="applied") == []


async def test_regional_leads_neither_plan_nor_read_changes_of_trusts(house: House) -> None:
    national, regional = await house.lead("national"), await house.lead("Y60")
    change = (await plan(house, national, name="Severn Valley")).json()

    answers = [
        await plan(house, regional, name="Other"),
        await house.http.get(CHANGES, headers=regional.bearer),
        await house.http.get(f"{CHANGES}/{change['id']}", headers=regional.bearer),
        await house.http.post(f"{CHANGES}/{change['id']}/cancel", headers=regional.bearer),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert await listed(house, national) == [("rename", "pending")]


async def test_bad_changes_are_refused_in_words_and_plan_nothing(house: House) -> None:
    lead = await house.lead("national")

    answers = [
        await plan(house, lead),
        await plan(house, lead, name="Severn Valley", day="2026-01-01"),
        await plan(house, lead, name="Severn Valley", network_id=str(new_id())),
        await plan(house, lead, name="Worcestershire Acute Hospitals NHS Trust"),
        await plan(house, lead, what="move", region_id=str(network_id("Y60"))),
        await plan(house, lead, "Y60", what="closure"),
        await plan(house, lead, what="merger"),
        await plan(house, lead, name="\x07"),
        await plan(house, lead, name="Severn Valley", day="2027-02-31"),
        await house.http.get(f"{CHANGES}/{new_id()}", headers=lead.bearer),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
        (422, "network-change-unclear"),
        (422, "network-change-unclear"),
        (404, "network-not-found"),
        (409, "network-change-impossible"),
        (409, "network-change-impossible"),
        (409, "network-change-impossible"),
        (422, "invalid"),
        (422, "organisation-name-refused"),
        (422, "invalid"),
        (404, "not-found"),
    ]
    assert await listed(house, lead) == []


async def test_a_cancelled_change_never_happens_and_no_file_brings_it_back(house: House, tmp_path: Path) -> None:
    lead = await house.lead("national")
    edited(house, tmp_path, (RWP, RWP.replace(",,,open", f",{LATER},R1A,closed")))
    await house.import_file("networks", etr(house))
    [change] = (await house.http.get(CHANGES, headers=lead.bearer)).json()["items"]

    cancelled = await house.http.post(f"{CHANGES}/{change['id']}/cancel", headers=lead.bearer)
    again = await house.http.post(f"{CHANGES}/{change['id']}/cancel", headers=lead.bearer)
    report = (await house.import_file("networks", etr(house)))["report"]

    assert (cancelled.json()["state"], again.status_code, again.json()["code"]) == (
        "cancelled",
        409,
        "network-change-settled",
    )
    assert planned(report) == []
    assert [(one["code"], one["why"]) for one in report["not_planned_again"]] == [
        ("RWP", "cancelled by hand: plan it by hand where it is to happen after all")
    ]
    assert await carry_out_due(house, on=LATER) == []


async def test_a_move_from_the_file_happens_on_the_day_that_is_named(house: House, tmp_path: Path) -> None:
    lead = await house.lead("national")
    edited(house, tmp_path, (RWP, RWP.replace(",Y60,", ",Y58,")))
    headers = lead.bearer | {"Content-Type": "text/csv"}

    asked = [
        await house.http.post(f"/api/v1/imports?kind={kind}&from={day}", headers=headers, content=etr(house))
        for kind, day in (("networks", LATER), ("networks", "2026-01-01"), ("people", LATER), ("networks", "soon"))
    ]
    await house.import_file("networks", etr(house))

    assert [(answer.status_code, answer.json().get("code")) for answer in asked] == [
        (202, None),
        (422, "day-refused"),
        (422, "day-refused"),
        (422, "invalid"),
    ]
    [change] = (await house.http.get(CHANGES, headers=lead.bearer)).json()["items"]
    assert (change["what"], change["day"], change["region_id"]) == ("move", str(LATER), str(network_id("Y58")))
