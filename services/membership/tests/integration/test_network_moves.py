"""Trusts that move or are renamed: the cell goes along, and both names are known."""

from pathlib import Path

from membership_house import House
from network_changes import carry_out_due, edited, etr, network

from membership_service.networks.model import network_id
from membership_service.organisations import store as organisations
from servicekit import clock

TODAY = clock.today()
RWP = "RWP,Worcestershire Acute Hospitals NHS Trust,acute,Y60,QGH,2000-04-01,,,open"


async def test_a_move_to_another_region_takes_profiles_memberships_and_grants_to_its_cell(
    house: House, tmp_path: Path
) -> None:
    person, membership = await house.member("RWP")
    grant = await house.give(person.id, "lead", "RWP")
    edited(house, tmp_path, (RWP, RWP.replace(",Y60,", ",Y58,")))
    report = (await house.import_file("networks", etr(house)))["report"]
    assert [(one["from"], one["to"], one["members"], one["grants"]) for one in report["planned"]] == [
        ("national.midlands.rwp", "national.southwest", 1, 1)
    ]

    [done] = await carry_out_due(house)

    assert done.state == "applied"
    moved = await network(house, "RWP")
    assert (moved.path, moved.cell) == ("national.southwest.rwp", "southwest")
    assert [s["topic"] for s in await house.published("network-changed")] == [
        "southwest.membership",
        "midlands.membership",
    ]
    [told] = await house.published("membership-changed")
    assert (told["topic"], told["data"]["membership_id"], told["version"]) == (
        "southwest.membership",
        str(membership.id),
        2,
    )
    assert [(s["topic"], s["version"]) for s in (await house.published("profile"))[-2:]] == [
        ("midlands.membership.profiles", 3),
        ("southwest.membership.profiles", 3),
    ]
    held_now = {s["topic"]: s["data"]["grants"] for s in await house.published("grants-held")}
    assert held_now["midlands.membership.grants"] == []
    assert [g["grant_id"] for g in held_now["southwest.membership.grants"]] == [str(grant.id)]


async def test_after_a_move_the_old_regions_lead_sees_nothing_of_it_and_the_new_ones_does(
    house: House, tmp_path: Path
) -> None:
    await house.member("RWP")
    old, new = await house.lead("Y60"), await house.lead("Y58")
    edited(house, tmp_path, (RWP, RWP.replace(",Y60,", ",Y58,")))
    await house.import_file("networks", etr(house))

    await carry_out_due(house)

    address = f"/api/v1/networks/{network_id('RWP')}/members"
    assert (await house.http.get(address, headers=old.bearer)).status_code == 404
    assert len((await house.http.get(address, headers=new.bearer)).json()["items"]) == 1


async def test_a_rename_is_told_and_people_find_the_trust_by_both_names(house: House, tmp_path: Path) -> None:
    edited(house, tmp_path, ("RWP,Worcestershire Acute Hospitals NHS Trust", "RWP,Severn Valley Hospitals NHS Trust"))
    await house.import_file("networks", etr(house))

    await carry_out_due(house)

    [told] = await house.published("network-changed")
    assert (told["data"]["name"], told["version"]) == ("Severn Valley Hospitals NHS Trust", 2)
    async with house.worker.reading() as conn:
        names = await conn.fetch(
            "SELECT name FROM network_descriptions WHERE network_id = $1 ORDER BY described_from", network_id("RWP")
        )
        directory = await organisations.directory(conn)
    assert [row["name"] for row in names] == [
        "Worcestershire Acute Hospitals NHS Trust",
        "Severn Valley Hospitals NHS Trust",
    ]
    found = [directory.named(name) for name in ("Worcestershire Acute Hospitals", "Severn Valley Hospitals")]
    assert [one and one.ods_code for one in found] == ["RWP", "RWP"]


async def test_another_care_board_changes_nothing_in_the_tree(house: House, tmp_path: Path) -> None:
    said = await house.count_published()
    edited(house, tmp_path, (RWP, RWP.replace("QGH", "QHL")))

    report = (await house.import_file("networks", etr(house)))["report"]

    assert (report["planned"], report["changed"]) == ([], [])
    assert await house.count_published() == said
