"""Reports: as it was then, exact within the reader's grant, and refusals that say why."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import pytest
from analytics_house import (
    LONDON,
    MIDLANDS,
    NATIONAL,
    PUBLISHED,
    RJ1,
    RRK,
    RWP,
    House,
    a_membership,
    a_network,
    a_registration,
    a_telling,
    an_event,
    arrive,
    changed,
    event_id,
    members,
    moved,
    named,
    network_id,
)
from analytics_tables import by_network

from events_contracts import AttendanceRecorded, RegistrationCancelled, RegistrationConfirmed, RegistrationWaitlisted
from servicekit import clock

TODAY = clock.today()


async def test_members_are_counted_by_the_networks_next_below_as_it_was_then(house: House) -> None:
    await arrive(house.worker, members(RWP, 3), members(RRK, 2), members(RJ1, 4), members(MIDLANDS, 1))
    left = a_membership(named("somebody"), RWP, until=date(2026, 3, 31))
    await arrive(house.worker, left)
    lead = await house.lead(MIDLANDS)

    now = (await house.get(lead, "members", cell="midlands", network=network_id(MIDLANDS))).json()
    then = (
        await house.get(lead, "members", cell="midlands", network=network_id(MIDLANDS), on=date(2026, 3, 31))
    ).json()

    assert now["exact"]
    assert not now["suppressed"]
    assert now["title"].startswith("Members of Midlands on ")
    assert {name: row["members"] for name, row in by_network(now).items()} == {"Rwp": 3, "Rrk": 2, "itself": 1}
    assert (now["total"]["members"], then["total"]["members"]) == (6, 7)
    assert by_network(then)["Rwp"]["members"] == 4


async def test_one_person_in_two_networks_counts_in_each_and_once_in_the_total(house: House) -> None:
    await arrive(house.worker, a_membership(named("both"), RWP), a_membership(named("both"), RRK, main=False))
    lead = await house.lead(MIDLANDS)

    report = (await house.get(lead, "members", cell="midlands", network=network_id(MIDLANDS))).json()

    assert {name: row["members"] for name, row in by_network(report).items()} == {"Rwp": 1, "Rrk": 1, "itself": 0}
    assert report["total"]["members"] == 1


async def test_a_trust_that_changed_its_region_counts_where_it_was_that_day(house: House) -> None:
    await arrive(house.worker, members(RWP, 3), moved(RWP, "national.london.rwp", at=PUBLISHED))
    lead = await house.lead(MIDLANDS)

    async def counted(on: date) -> int:
        answer = await house.get(lead, "members", cell="midlands", network=network_id(MIDLANDS), on=on)
        members_: int = answer.json()["total"]["members"]
        return members_

    assert await counted(PUBLISHED.date() - timedelta(days=1)) == 3
    assert await counted(PUBLISHED.date()) == 0


async def test_coverage_is_told_over_time(house: House) -> None:
    await arrive(house.worker, a_network("national.midlands.rx9", since=date(2026, 4, 1)))
    await arrive(house.worker, members(RWP, 2, since=date(2026, 2, 10)), members(RRK, 1, until=date(2026, 4, 15)))
    lead = await house.lead(MIDLANDS)

    answer = await house.get(
        lead,
        "coverage",
        cell="midlands",
        network=network_id(MIDLANDS),
        **{"from": "2026-01-31", "to": "2026-04-30", "step": "month"},
    )

    assert [
        (row["day"], row["trusts"], row["trusts_with_members"], row["coverage"]) for row in answer.json()["rows"]
    ] == [
        ("2026-01-31", 2, 1, 50.0),
        ("2026-02-28", 2, 2, 100.0),
        ("2026-03-31", 2, 2, 100.0),
        ("2026-04-30", 3, 1, 33.3),
    ]


async def a_summit(house: House) -> None:
    """Twelve members; one is told twice, one joined too late, and one guest comes."""
    await arrive(house.worker, members(RWP, 5), members(RRK, 4), members(RJ1, 3), an_event())
    late = named("late")
    await arrive(house.worker, a_membership(late, RWP, since=PUBLISHED.date() + timedelta(days=1)))
    summit = event_id()
    for path, count in ((RWP, 5), (RRK, 4), (RJ1, 2)):
        await arrive(house.worker, [a_telling(summit, named(path, number)) for number in range(count)])
    await arrive(house.worker, a_telling(summit, named(RWP, 0), channel="in-app"))
    await arrive(
        house.worker,
        a_registration(summit, named(RWP, 0), RegistrationConfirmed, AttendanceRecorded),
        a_registration(summit, named(RWP, 1), RegistrationWaitlisted, RegistrationCancelled),
        a_registration(summit, named(RJ1, 0), RegistrationConfirmed, RegistrationCancelled),
        a_registration(summit, late, RegistrationConfirmed),
        a_registration(summit, named("guest"), RegistrationConfirmed, AttendanceRecorded),
    )


FIGURES = ("eligible", "told", "registered", "waited", "attended")


async def test_a_funnel_counts_each_person_once_at_home(house: House) -> None:
    await a_summit(house)
    lead = await house.lead(NATIONAL)

    report = (await house.get(lead, f"events/{event_id()}/funnel", by="network")).json()

    assert report["exact"]
    assert {name: tuple(row[figure] for figure in FIGURES) for name, row in by_network(report).items()} == {
        "National": (0, 0, 0, 0, 0),
        "Midlands": (9, 9, 2, 1, 1),
        "London": (3, 2, 1, 0, 0),
        "elsewhere": (0, 0, 2, 0, 1),
    }
    assert tuple(report["total"][figure] for figure in FIGURES) == (12, 11, 5, 1, 2)


async def test_home_is_the_main_membership_as_it_was_when_the_event_was_published(house: House) -> None:
    person, summit = named("mover"), event_id()
    await arrive(house.worker, a_membership(person, RWP, main=True), a_membership(person, RJ1, main=False), an_event())
    await arrive(house.worker, a_registration(summit, person, RegistrationConfirmed))
    lead = await house.lead(NATIONAL)

    async def home() -> set[str]:
        report = (await house.get(lead, f"events/{summit}/funnel")).json()
        return {name for name, row in by_network(report).items() if row["registered"]}

    assert await home() == {"Midlands"}
    later = PUBLISHED + timedelta(days=10)
    await arrive(house.worker, changed(person, RWP, version=2, at=later, main=False))
    await arrive(house.worker, changed(person, RJ1, version=2, at=later, main=True))
    assert await home() == {"Midlands"}


async def test_a_regional_event_is_told_by_trust(house: House) -> None:
    await arrive(house.worker, members(RWP, 2), members(RRK, 1), members(RJ1, 1), an_event(MIDLANDS))
    masterclass = event_id(MIDLANDS)
    await arrive(house.worker, a_registration(masterclass, named(RWP, 0), RegistrationConfirmed))
    lead = await house.lead(NATIONAL)

    report = (await house.get(lead, f"events/{masterclass}/funnel", cell="midlands")).json()

    assert {name: (row["eligible"], row["registered"]) for name, row in by_network(report).items()} == {
        "Midlands": (0, 0),
        "Rwp": (2, 1),
        "Rrk": (1, 0),
        "elsewhere": (0, 0),
    }


@pytest.mark.parametrize("path", ["members", "coverage"])
async def test_an_unknown_network_and_one_of_another_cell_are_not_there(house: House, path: str) -> None:
    lead = await house.lead(NATIONAL)
    query = {"from": "2026-01-01"} if path == "coverage" else {}

    for network in (named("nowhere"), network_id(LONDON)):
        answer = await house.get(lead, path, cell="midlands", network=network, **query)

        assert answer.status_code == 404
        assert answer.json()["detail"] == "There is nothing here that you can see."


async def test_an_event_under_another_cell_is_not_there(house: House) -> None:
    await arrive(house.worker, an_event())
    lead = await house.lead(NATIONAL)

    for cell, event in (("midlands", event_id()), ("national", named("no event")), ("atlantis", event_id())):
        assert (await house.get(lead, f"events/{event}/funnel", cell=cell)).status_code == 404


async def test_days_out_of_order_and_ahead_are_refused_in_words(house: House) -> None:
    lead = await house.lead(NATIONAL)
    network = network_id(NATIONAL)

    crossed = await house.get(lead, "coverage", network=network, **{"from": "2026-10-02", "to": "2026-10-01"})
    ahead = await house.get(lead, "members", network=network, on=TODAY + timedelta(days=1))
    endless = await house.get(lead, "coverage", network=network, **{"from": "2000-01-01", "step": "day"})
    garbled = await house.get(lead, "members", network=network, on="31.10.2026")
    unknown = await house.get(lead, "members", network=network, colour="red")

    assert crossed.status_code == ahead.status_code == endless.status_code == garbled.status_code == 422
    assert crossed.json()["detail"] == "from (2026-10-02) lies after to (2026-10-01)."
    assert ahead.json()["code"] == "day-ahead"
    assert endless.json()["code"] == "too-many-rows"
    assert "expected a day such as 2027-01-31" in garbled.json()["detail"]
    assert "colour" in unknown.json()["detail"]


async def test_whoever_holds_no_grant_reads_no_report(house: House) -> None:
    member = await house.directory.person(RWP)

    answer = await house.get(member, "members", network=network_id(NATIONAL))

    assert answer.status_code == 403
    assert answer.json()["detail"] == "This is for those who hold a grant somewhere."


@dataclass
class Reader:
    """The scope that a lead's transaction runs in."""

    person_id: UUID
    scopes: tuple[str, ...]
    identity: str = "lead"
    email: str | None = None


async def test_people_of_other_scopes_are_not_even_readable(house: House) -> None:
    await a_summit(house)
    lead = await house.lead(MIDLANDS)
    async with house.api.reading(Reader(lead.person_id, (MIDLANDS,))) as conn:
        seen = {row["network_id"] for row in await conn.fetch("SELECT network_id FROM membership_versions")}
        at_the_summit = await conn.fetchval("SELECT count(*) FROM registrations")
        told = await conn.fetchval("SELECT count(*) FROM tellings")

    assert seen == {network_id(RWP), network_id(RRK)}
    assert (at_the_summit, told) == (0, 0)


async def test_grants_that_are_too_old_decide_nothing(house: House) -> None:
    lead = await house.lead(MIDLANDS)
    await house.directory.heartbeat(at=clock.now() - timedelta(minutes=10))

    answer = await house.get(lead, "members", cell="midlands", network=network_id(MIDLANDS))

    assert answer.status_code == 503
    assert answer.json()["code"] == "access-stale"
