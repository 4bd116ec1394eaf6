"""Founding: the published file and the reference data together, run again without a trace, and a report of why."""

from membership_house import House

from membership_service.networks import store
from membership_service.networks.model import BEGINNING, network_id


def etr(house: House) -> bytes:
    return (house.settings.reference_dir / "etr.csv").read_bytes()


async def test_every_open_trust_has_one_network_below_its_region(empty_house: House) -> None:
    job = await empty_house.import_file("networks", etr(empty_house))

    assert job["state"] == "done", job["message"]
    async with empty_house.worker.reading() as conn:
        networks = await store.everything(conn)
    kinds = sorted(network.kind for network in networks.values())
    assert [kinds.count(kind) for kind in ("national", "region", "trust")] == [1, 7, 202]
    worcestershire = networks[network_id("RWP")]
    assert (worcestershire.path, worcestershire.cell) == ("national.midlands.rwp", "midlands")
    assert worcestershire.name == "Worcestershire Acute Hospitals NHS Trust"
    online = networks[network_id("K0N6A")]
    assert (online.path, online.cell, online.since) == ("national.k0n6a", "national", BEGINNING)


async def test_roots_of_cells_are_where_the_cells_file_says(house: House) -> None:
    async with house.worker.reading() as conn:
        networks = {network.path: network for network in (await store.everything(conn)).values()}

    for cell in house.cells.all.values():
        assert networks[cell.root].cell == cell.name
        assert networks[cell.root].ods_code == cell.region
    assert all(network.cell == house.cells.containing(network.path) for network in networks.values())


async def test_founding_is_told_once_on_each_networks_own_cell(empty_house: House) -> None:
    await empty_house.import_file("networks", etr(empty_house))

    told = await empty_house.published("network-%")
    assert len(told) == 210
    assert {signal["type"] for signal in told} == {"network-founded"}
    for signal in told:
        assert signal["topic"] == f"{signal['data']['cell']}.membership"
        assert signal["key"] == signal["data"]["network_id"]
    assert told[0]["data"]["path"] == "national"


async def test_founding_again_changes_and_says_nothing(empty_house: House) -> None:
    await empty_house.import_file("networks", etr(empty_house))
    said = await empty_house.count_published()

    job = await empty_house.import_file("networks", etr(empty_house))

    report = job["report"]
    assert (report["founded"], report["changed"], report["planned"]) == ([], [], [])
    assert report["unchanged"] == 210
    assert await empty_house.count_published() == said


async def test_the_report_says_what_was_refused_and_why(empty_house: House) -> None:
    report = (await empty_house.import_file("networks", etr(empty_house)))["report"]

    why = {finding["code"]: finding["why"] for finding in report["refused"]}
    for welsh in ("RQF", "RT4", "RYT"):
        assert why[welsh] == "the region W00 is not one of the seven regions of NHS England"
    assert why["RYV"] == "closed on a day that no source gives, succeeded by RY3: reported, not guessed"
    assert why["RVJ"] == "closed on 2026-06-30, succeeded by RA7: no network is founded for a closed trust"
    assert len(why) == 3 + 9
    assert len(report["founded"]) == 210


async def test_the_two_files_are_compared_as_sets(empty_house: House) -> None:
    report = (await empty_house.import_file("networks", etr(empty_house)))["report"]

    def codes(what: str) -> set[str]:
        return {finding["code"] for finding in report["differences"] if finding["what"] == what}

    assert codes("open-only-as-published") == {"RNK", "RVJ", "RY2", "RYV"}
    assert codes("open-only-in-reference") == {"K0N6A", "TAD", "TAH", "TAJ"}
    assert codes("no-opening-date") == {"K0N6A", "TAD", "TAH", "TAJ"}
    assert "RA7" in codes("name-differs")


async def test_a_dry_run_reports_the_same_and_writes_nothing(empty_house: House) -> None:
    tried = (await empty_house.import_file("networks", etr(empty_house), dry_run=True))["report"]
    async with empty_house.worker.reading() as conn:
        assert await store.everything(conn) == {}
    assert await empty_house.count_published() == 0

    done = (await empty_house.import_file("networks", etr(empty_house)))["report"]

    assert tried.pop("dry_run") is True
    assert done.pop("dry_run") is False
    assert tried == done


async def test_a_file_in_another_format_is_refused_whole(empty_house: House) -> None:
    job = await empty_house.import_file("networks", b"code,name,region\r\nRWP,Worcestershire,Y60\r\n")

    assert job["state"] == "failed"
    assert "not a file in the format of the Organisation Data Service" in job["message"]
    assert "27 columns, here are 3" in job["message"]
    assert await empty_house.count_published() == 0


async def test_a_broken_row_is_refused_alone(empty_house: House) -> None:
    rows = etr(empty_house).split(b"\r\n")
    rows[1] = rows[1].replace(b"20171001", b"20170231")
    rows[2] = rows[2].replace(b"SOUTH", b"S\xd6UTH")

    report = (await empty_house.import_file("networks", b"\r\n".join(rows)))["report"]

    told = [(r["row"], r["column"], r["value"], r["expected"]) for r in report["refused_rows"]]
    assert told[0] == (2, "open date", "20170231", "a day that exists, as YYYYMMDD, or nothing")
    assert told[1][:2] == (3, "name")
    assert told[1][2].startswith("S\ufffdUTH")
    assert len(report["founded"]) == 210
