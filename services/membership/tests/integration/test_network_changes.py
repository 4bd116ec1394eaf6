"""Closures from the file: planned for their days, tried without a trace, members carried over once."""

from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

from membership_house import House
from network_changes import AS_OF_2025, carry_out_due, edited, etr, held, instant, network, planned

from membership_service.changes import store
from membership_service.networks.model import network_id
from servicekit import clock

TODAY = clock.today()
RWP = "RWP,Worcestershire Acute Hospitals NHS Trust,acute,Y60,QGH,2000-04-01,,,open"


async def founded_in_2025(house: House, tmp_path: Path) -> None:
    """The tree as it was, with the reference data of today lying ready."""
    today = edited(house, tmp_path, *AS_OF_2025.items())
    assert (await house.import_file("networks", etr(house)))["state"] == "done"
    house.settings.reference_dir = today
    await house.settle()


async def history(house: House, person_id: UUID) -> list[tuple[str, date | None]]:
    async with house.worker.reading() as conn:
        rows = await conn.fetch(
            "SELECT what, day FROM membership_history WHERE person_id = $1 ORDER BY position", person_id
        )
    return [(row["what"], row["day"]) for row in rows]


async def test_the_real_successions_and_the_real_rename_are_planned_for_their_days(
    empty_house: House, tmp_path: Path
) -> None:
    house = empty_house
    await founded_in_2025(house, tmp_path)
    await house.member("RVJ")

    report = (await house.import_file("networks", etr(house)))["report"]

    assert planned(report) == [
        ("RY2", "closure", "2026-03-31", 0),
        ("RVJ", "closure", "2026-06-30", 1),
        ("RA2", "rename", "2026-08-01", 0),
    ]
    assert [(one["from"], one["to"]) for one in report["planned"]][1:] == [
        (None, "RA7 Bristol NHS Foundation Trust"),
        ("Royal Surrey County Hospital NHS Foundation Trust", "Royal Surrey NHS Foundation Trust"),
    ]


async def test_a_trust_that_closed_without_a_date_is_reported_and_left_open(empty_house: House, tmp_path: Path) -> None:
    await founded_in_2025(empty_house, tmp_path)

    report = (await empty_house.import_file("networks", etr(empty_house)))["report"]
    await carry_out_due(empty_house)

    why = {finding["code"]: finding["why"] for finding in report["refused"]}
    assert why["RYV"] == "closed on a day that no source gives, succeeded by RY3: reported, not guessed"
    assert (await network(empty_house, "RYV")).until is None


async def test_missed_days_are_caught_up_in_their_order(empty_house: House, tmp_path: Path) -> None:
    house = empty_house
    await founded_in_2025(house, tmp_path)
    await house.import_file("networks", etr(house))

    done = await carry_out_due(house)

    assert [(one.wish.day.isoformat(), one.state) for one in done] == [
        ("2026-03-31", "applied"),
        ("2026-06-30", "applied"),
        ("2026-08-01", "applied"),
    ]
    assert (await network(house, "RA2")).name == "Royal Surrey NHS Foundation Trust"


async def test_members_go_on_at_the_successor_the_day_after_the_last(empty_house: House, tmp_path: Path) -> None:
    house = empty_house
    await founded_in_2025(house, tmp_path)
    person, _ = await house.member("RVJ")
    await house.import_file("networks", etr(house))

    await carry_out_due(house)

    assert await held(house, person.id) == [
        ("national.southwest.rvj", date(2020, 1, 1), date(2026, 6, 30), True, "service-manager"),
        ("national.southwest.ra7", date(2026, 7, 1), None, True, "service-manager"),
    ]
    assert (await history(house, person.id))[1:] == [("moved", date(2026, 6, 30)), ("started", date(2026, 7, 1))]
    closed = await network(house, "RVJ")
    assert (closed.until, closed.successor_id) == (date(2026, 6, 30), network_id("RA7"))
    told = (await house.published("network-closed"))[-1]
    assert (told["topic"], told["data"]["until"]) == ("southwest.membership", "2026-06-30")
    [ended] = await house.published("membership-ended")
    assert (ended["topic"], ended["version"], ended["data"]["until"]) == ("southwest.membership", 2, "2026-06-30")
    assert (await house.published("membership-started"))[-1]["data"]["network_id"] == str(network_id("RA7"))


async def test_the_same_file_again_plans_and_says_nothing(empty_house: House, tmp_path: Path) -> None:
    house = empty_house
    await founded_in_2025(house, tmp_path)
    first = (await house.import_file("networks", etr(house)))["report"]

    again = (await house.import_file("networks", etr(house)))["report"]
    await carry_out_due(house)
    said = await house.count_published()
    afterwards = (await house.import_file("networks", etr(house)))["report"]
    await carry_out_due(house)

    assert again["planned"] == []
    assert planned(again, "planned_already") == planned(first)
    assert (afterwards["planned"], afterwards["planned_already"], afterwards["changed"]) == ([], [], [])
    assert await house.count_published() == said


async def test_a_dry_run_says_the_same_and_plans_nothing(empty_house: House, tmp_path: Path) -> None:
    house = empty_house
    await founded_in_2025(house, tmp_path)
    await house.member("RVJ")
    said = await house.count_published()

    tried = (await house.import_file("networks", etr(house), dry_run=True))["report"]
    assert await carry_out_due(house) == []
    assert await house.count_published() == said

    done = (await house.import_file("networks", etr(house)))["report"]
    assert (tried.pop("dry_run"), done.pop("dry_run")) == (True, False)
    assert tried == done


async def test_a_closure_that_lies_ahead_waits_for_its_last_day(house: House, tmp_path: Path) -> None:
    person, _ = await house.member("RWP")
    last_day = TODAY + timedelta(days=30)
    edited(house, tmp_path, (RWP, RWP.replace(",,,open", f",{last_day},R1A,closed")))
    report = (await house.import_file("networks", etr(house)))["report"]
    assert planned(report) == [("RWP", "closure", str(last_day), 1)]

    assert await carry_out_due(house, on=last_day - timedelta(days=1)) == []
    assert (await network(house, "RWP")).until is None
    [done] = await carry_out_due(house, on=last_day)

    assert done.state == "applied"
    assert [(path, since, until) for path, since, until, _, _ in await held(house, person.id)][1:] == [
        ("national.midlands.r1a", last_day + timedelta(days=1), None)
    ]


async def test_a_later_file_moves_the_day_and_a_still_later_one_takes_the_closure_back(
    house: House, tmp_path: Path
) -> None:
    first, later = TODAY + timedelta(days=30), TODAY + timedelta(days=60)
    as_before = edited(house, tmp_path, (RWP, RWP.replace(",,,open", f",{first},R1A,closed")))
    await house.import_file("networks", etr(house))
    house.settings.reference_dir = as_before
    edited(house, tmp_path, (RWP, RWP.replace(",,,open", f",{later},R1A,closed")))

    moved = (await house.import_file("networks", etr(house)))["report"]
    house.settings.reference_dir = as_before
    taken_back = (await house.import_file("networks", etr(house)))["report"]

    assert (planned(moved), planned(moved, "replaced")) == (
        [("RWP", "closure", str(later), 0)],
        [("RWP", "closure", str(first), 0)],
    )
    assert planned(taken_back, "withdrawn") == [("RWP", "closure", str(later), 0)]
    assert await carry_out_due(house, on=later) == []


async def test_whoever_is_at_the_successor_already_is_there_once_and_at_home_there(
    house: House, tmp_path: Path
) -> None:
    person, _ = await house.member("RWP")
    await house.begin(person, "R1A")
    edited(house, tmp_path, (RWP, RWP.replace(",,,open", f",{TODAY},R1A,closed")))
    await house.import_file("networks", etr(house))

    await carry_out_due(house)

    assert [(path, until, main) for path, _, until, main, _ in await held(house, person.id)] == [
        ("national.midlands.rwp", TODAY, False),
        ("national.midlands.r1a", None, True),
    ]


async def test_whoever_came_after_the_last_day_goes_on_the_day_after_they_came(
    empty_house: House, tmp_path: Path
) -> None:
    house = empty_house
    await founded_in_2025(house, tmp_path)
    person = await house.guest()
    await house.begin(person, "RVJ", since=date(2026, 9, 1))
    await house.import_file("networks", etr(house))

    await carry_out_due(house)

    assert [(since, until) for _, since, until, _, _ in await held(house, person.id)] == [
        (date(2026, 9, 1), date(2026, 9, 1)),
        (date(2026, 9, 2), None),
    ]


async def test_what_was_held_at_the_closed_network_ends_with_it_and_what_is_held_above_stays(
    house: House, tmp_path: Path
) -> None:
    person, _ = await house.member("RWP")
    await house.give(person.id, "lead", "RWP")
    above = await house.give(person.id, "steward", "Y60")
    elsewhere = await house.lead("RWP", role="organiser")
    edited(house, tmp_path, (RWP, RWP.replace(",,,open", f",{TODAY},R1A,closed")))
    await house.import_file("networks", etr(house))

    await carry_out_due(house)

    async with house.worker.reading() as conn:
        going_on = await store.grants_of(conn, [person.id, elsewhere.person_id], at=instant(TODAY + timedelta(days=1)))
    assert [grant.id for grant in going_on[person.id]] == [above.id]
    assert going_on[elsewhere.person_id] == []
    told = {signal["key"]: signal["data"]["grants"] for signal in await house.published("grants-held")}
    assert {grant["ends_at"] is None for grant in told[str(person.id)] if grant["grant_id"] == str(above.id)} == {True}
    assert all(grant["ends_at"] is not None for grant in told[str(elsewhere.person_id)])
