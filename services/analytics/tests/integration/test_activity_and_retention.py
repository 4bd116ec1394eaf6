"""Who was active and who stayed: as it was then and as now, and nothing of what a lead may not know."""

from datetime import date, datetime, timedelta
from typing import Any

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
    a_registration,
    an_event,
    arrive,
    event_id,
    members,
    moved,
    named,
    network_id,
)
from analytics_tables import by_network

from events_contracts import AttendanceRecorded, RegistrationCancelled, RegistrationConfirmed
from servicekit import clock

DAY = date(2026, 11, 20)


async def active(house: House, path: str = MIDLANDS, *, on: date = DAY, **query: Any) -> Any:
    lead = await house.lead(path)
    cell = path.split(".")[1] if "." in path else "national"
    return (await house.get(lead, "active-members", cell=cell, network=network_id(path), on=on, **query)).json()


async def test_joining_registering_and_attending_within_ninety_days_count(house: House) -> None:
    await arrive(house.worker, an_event(MIDLANDS), members(RWP, 6))
    held = event_id(MIDLANDS)
    first = datetime.fromisoformat("2026-08-23T00:00+01:00")  # the first of the ninety days
    await arrive(
        house.worker,
        a_membership(named("joined on the first day"), RRK, since=date(2026, 8, 23)),
        a_membership(named("joined the day before"), RRK, since=date(2026, 8, 22)),
        a_registration(held, named(RWP, 0), RegistrationConfirmed, registered_at=first),
        a_registration(held, named(RWP, 1), RegistrationConfirmed, registered_at=first - timedelta(seconds=1)),
        a_registration(held, named(RWP, 2), RegistrationConfirmed, RegistrationCancelled, registered_at=first),
        a_registration(
            held,
            named(RWP, 3),
            RegistrationConfirmed,
            AttendanceRecorded,
            registered_at=first - timedelta(days=9),
            attended_at=first,
        ),
        a_registration(held, named("a guest"), RegistrationConfirmed, registered_at=first),
    )

    report = await active(house)

    assert report["exact"]
    assert report["first"] == "2026-08-23"
    assert {name: (row["members"], row["active"]) for name, row in by_network(report).items()} == {
        "Rwp": (6, 3),
        "Rrk": (2, 1),
        "itself": (0, 0),
    }
    assert (report["total"]["members"], report["total"]["active"], report["total"]["active_of_members"]) == (8, 4, 50.0)


async def test_somebody_in_two_networks_is_active_in_each_and_once_in_the_total(house: House) -> None:
    both = named("both")
    await arrive(house.worker, a_membership(both, RWP, since=DAY), a_membership(both, RRK, since=DAY, main=False))

    report = await active(house)

    assert [row["active"] for row in report["rows"]] == [1, 1, 0]
    assert report["total"]["active"] == 1


async def test_a_lead_is_not_told_who_was_active_elsewhere(house: House) -> None:
    """Members' registrations for the national summit are not the regional lead's to know."""
    await arrive(house.worker, an_event(), members(RWP, 1))
    await arrive(house.worker, a_registration(event_id(), named(RWP, 0), RegistrationConfirmed))

    assert (await active(house))["total"]["active"] == 0
    assert (await active(house, NATIONAL))["total"]["active"] == 1


async def test_as_now_puts_a_moved_trust_where_it_is_today(house: House) -> None:
    await arrive(house.worker, members(RWP, 3), moved(RWP, "national.london.rwp", at=PUBLISHED))
    before = PUBLISHED.date() - timedelta(days=1)

    assert (await active(house, on=before))["total"]["members"] == 3
    then = await active(house, LONDON, on=before)
    now = await active(house, LONDON, on=before, **{"as": "now"})

    assert (then["total"]["members"], now["total"]["members"]) == (0, 3)
    assert then["explanation"].startswith("As it was then: ")
    assert now["explanation"].startswith("As now: ")


@pytest.mark.parametrize("report", ["members", "coverage"])
async def test_members_and_coverage_can_be_told_as_now(house: House, report: str) -> None:
    await arrive(house.worker, members(RWP, 3), moved(RWP, "national.london.rwp", at=PUBLISHED))
    lead, before = await house.lead(LONDON), PUBLISHED.date() - timedelta(days=1)
    days = {"from": before, "to": before} if report == "coverage" else {"on": before}
    measure = "trusts" if report == "coverage" else "members"

    async def told(as_of: str) -> Any:
        asked = {"network": network_id(LONDON), "as": as_of, **days}
        answer = (await house.get(lead, report, cell="london", **asked)).json()
        return (answer.get("total") or answer["rows"][0])[measure]

    assert (await told("then"), await told("now")) == ((1, 2) if report == "coverage" else (0, 3))


async def stayed(house: House, path: str = MIDLANDS, **query: Any) -> dict[str, tuple[int, dict[int, int]]]:
    """By month: how many joined, and how many stayed by months after."""
    lead = await house.lead(path)
    cell = path.split(".")[1] if "." in path else "national"
    answer = await house.get(lead, "retention", cell=cell, network=network_id(path), **query)
    return {
        row["month"]: (row["joined"], {point["after"]: point["still"] for point in row["points"]})
        for row in answer.json()["rows"]
    }


async def test_retention_counts_whoever_belongs_on_the_last_day_of_a_month(house: House) -> None:
    await arrive(
        house.worker,
        a_membership(named("stays"), RWP, since=date(2026, 1, 1)),
        a_membership(
            named("leaves on the last day that counts"), RWP, since=date(2026, 1, 31), until=date(2026, 2, 28)
        ),
        a_membership(named("left the day before"), RWP, since=date(2026, 1, 5), until=date(2026, 2, 27)),
        a_membership(named("of February"), RRK, since=date(2026, 2, 1)),
    )

    found = await stayed(house, **{"from": "2026-01-15", "to": "2026-02-20"})

    assert list(found) == ["2026-01-01", "2026-02-01"]
    joined, still = found["2026-01-01"]
    assert joined == 3
    assert (still[1], still[2], still[3]) == (2, 1, 1)
    assert found["2026-02-01"][0] == 1
    assert set(still) <= {1, 2, 3, 6, 9}, "only months that lie behind"


async def test_whoever_moves_within_the_network_stays_and_whoever_comes_back_is_no_new_member(house: House) -> None:
    mover, returner = named("mover"), named("returner")
    await arrive(
        house.worker,
        a_membership(mover, RWP, since=date(2026, 1, 1), until=date(2026, 3, 10)),
        a_membership(mover, RRK, since=date(2026, 3, 11)),
        a_membership(returner, RWP, since=date(2026, 1, 1), until=date(2026, 2, 10)),
        a_membership(returner, RRK, since=date(2026, 4, 10)),
    )

    found = await stayed(house, **{"from": "2026-01-01", "to": "2026-04-30"})

    assert [joined for joined, _ in found.values()] == [2, 0, 0, 0]
    assert [found["2026-01-01"][1][after] for after in (1, 2, 3)] == [1, 1, 2]


async def test_a_trust_that_leaves_its_region_takes_its_people_along_but_not_as_now(house: House) -> None:
    await arrive(house.worker, members(RWP, 3, since=date(2026, 7, 1)))
    await arrive(house.worker, moved(RWP, "national.london.rwp", at=PUBLISHED))

    asked = {"from": "2026-07-01", "to": "2026-07-31"}
    then, now = await stayed(house, **asked), await stayed(house, LONDON, **asked, **{"as": "now"})

    assert then["2026-07-01"][0] == 3
    assert [then["2026-07-01"][1][after] for after in (1, 2)] == [3, 0], "they went in September"
    assert now["2026-07-01"][1][2] == 3
    arrived = await stayed(house, LONDON, **{"from": "2026-09-01", "to": "2026-09-30"})
    assert arrived["2026-09-01"][0] == 3, "where they went, they count from the day of the move"


async def test_the_tree_over_time_is_the_tree_of_each_day(house: House) -> None:
    """One function tells of all days, another of one: they agree, also where a network was told of late."""
    there_and_back = [(RWP, "national.london.rwp", PUBLISHED), (RWP, RWP, PUBLISHED + timedelta(days=9))]
    for version, (path, to, at) in enumerate(there_and_back, start=2):
        await arrive(house.worker, moved(path, to, version=version, at=at))
    days = [PUBLISHED.date() + timedelta(days=days) for days in (-400, -1, 0, 8, 9, 100)]

    async with house.worker.reading() as conn:
        for day in days:
            at_once = await conn.fetch(
                "SELECT network_id, path::text FROM tree_over_time(NULL) WHERE $1 BETWEEN since AND until", day
            )
            alone = await conn.fetch("SELECT network_id, path::text FROM tree_on($1)", day)

            assert sorted(map(tuple, at_once)) == sorted(map(tuple, alone))


async def test_each_share_is_of_those_who_joined(house: House) -> None:
    await arrive(house.worker, members(RJ1, 3, since=date(2026, 6, 1)))
    await arrive(house.worker, a_membership(named("gone"), RJ1, since=date(2026, 6, 1), until=date(2026, 6, 30)))
    lead = await house.lead(LONDON)

    answer = await house.get(lead, "retention", cell="london", network=network_id(LONDON), **{"from": "2026-06-01"})

    [row] = [row for row in answer.json()["rows"] if row["month"] == "2026-06-01"]
    assert [point["still_of_joined"] for point in row["points"]][:2] == [75.0, 75.0]
    assert [point["after"] for point in row["points"]][:3] == [1, 2, 3]


async def test_days_and_months_that_cannot_be_told_of_are_refused_in_words(house: House) -> None:
    lead, national = await house.lead(NATIONAL), network_id(NATIONAL)
    tomorrow = clock.today() + timedelta(days=1)

    async def code(path: str, **query: Any) -> tuple[int, str]:
        answer = await house.get(lead, path, network=national, **query)
        return answer.status_code, answer.json()["code"]

    assert await code("active-members", on=tomorrow) == (422, "day-ahead")
    assert await code("retention", to=tomorrow) == (422, "day-ahead")
    assert await code("retention", **{"from": "2026-05-01", "to": "2026-04-01"}) == (422, "days-out-of-order")
    assert await code("retention", **{"from": "2010-01-01", "to": "2026-04-01"}) == (422, "too-many-rows")
    assert (await house.get(lead, "retention", network=national, **{"as": "tomorrow"})).status_code == 422
    assert (await house.get(lead, "active-members", network=named("nowhere"))).status_code == 404
