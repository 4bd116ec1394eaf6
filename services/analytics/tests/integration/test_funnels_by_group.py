"""Funnels by sector and job role, of one event and of a period, as it was then and as now."""

from datetime import date, timedelta
from typing import Any

import pytest
from analytics_house import (
    HELD,
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
    a_telling,
    an_event,
    arrive,
    changed,
    event_id,
    members,
    named,
    network_id,
)
from analytics_life import a_life
from analytics_tables import FIGURES, snapshot

from analytics_service.counting import funnels
from analytics_service.counting import store as counting
from analytics_service.reports.model import MOST_EVENTS
from events_contracts import AttendanceRecorded, RegistrationConfirmed, RegistrationWaitlisted, Rule

Q = {"from": "2026-11-01", "to": "2026-11-22"}


async def a_masterclass(house: House) -> None:
    """Acute and community managers of two trusts and one Londoner at the Midlands' masterclass."""
    await arrive(house.worker, members(RWP, 4), members(RRK, 3, sector="community", job_role="director"))
    await arrive(house.worker, members(RJ1, 2), an_event(MIDLANDS))
    held = event_id(MIDLANDS)
    await arrive(
        house.worker,
        a_telling(held, named(RWP, 0)),
        a_registration(held, named(RWP, 0), RegistrationConfirmed, AttendanceRecorded),
        a_registration(held, named(RRK, 0), RegistrationWaitlisted),
        a_registration(held, named(RRK, 1), RegistrationConfirmed),
        a_registration(held, named(RJ1, 0), RegistrationConfirmed, AttendanceRecorded),
    )


def by_code(report: Any) -> dict[str, tuple[int, ...]]:
    return {
        row["code"] if row["part"] != "elsewhere" else "elsewhere": tuple(row[figure] for figure in FIGURES)
        for row in report["rows"]
    }


async def test_the_national_lead_sees_all_of_an_event_by_sector_and_job_role(house: House) -> None:
    await a_masterclass(house)
    lead = await house.lead(NATIONAL)

    sectors = (await house.get(lead, f"events/{event_id(MIDLANDS)}/funnel", cell="midlands", by="sector")).json()
    roles = (await house.get(lead, f"events/{event_id(MIDLANDS)}/funnel", cell="midlands", by="job-role")).json()

    assert sectors["exact"]
    assert sectors["dimensions"] == ["sector"]
    assert by_code(sectors) == {
        "acute": (4, 1, 1, 0, 1),
        "community": (3, 0, 2, 1, 0),
        "elsewhere": (0, 0, 1, 0, 1),
    }
    assert set(by_code(roles)) == {"service-manager", "director", "elsewhere"}
    assert sectors["total"] == roles["total"]


async def test_the_events_own_lead_sees_own_people_by_sector_and_others_as_published(house: House) -> None:
    await a_masterclass(house)
    lead = await house.lead(MIDLANDS)
    before = (await house.get(lead, f"events/{event_id(MIDLANDS)}/funnel", cell="midlands", by="sector")).json()
    await snapshot(house, MIDLANDS)

    after = (await house.get(lead, f"events/{event_id(MIDLANDS)}/funnel", cell="midlands", by="sector")).json()

    assert (before["total"], set(by_code(before))) == (None, {"acute", "community"})
    rows = {row["code"] or row["part"]: row for row in after["rows"]}
    assert (rows["community"]["exact"], rows["community"]["registered"]) == (True, 2)
    assert (rows["elsewhere"]["exact"], rows["elsewhere"]["registered"]) == (False, None)
    assert not after["exact"]


async def test_others_are_told_nothing_by_sector(house: House) -> None:
    await a_masterclass(house)
    await snapshot(house, MIDLANDS)
    outsider = await house.lead(LONDON)

    of_event = await house.get(outsider, f"events/{event_id(MIDLANDS)}/funnel", cell="midlands", by="sector")
    of_period = await house.get(outsider, "funnel", cell="midlands", network=network_id(MIDLANDS), by="job-role", **Q)

    assert of_event.status_code == of_period.status_code == 404
    assert of_event.json()["code"] == of_period.json()["code"] == "nothing-published"
    assert "by sector and job role" in of_period.json()["detail"]


async def test_sector_and_job_role_are_those_of_the_publication_or_as_now_of_today(house: House) -> None:
    person, held = named("risen"), event_id(MIDLANDS)
    await arrive(house.worker, a_membership(person, RWP), an_event(MIDLANDS))
    await arrive(house.worker, a_registration(held, person, RegistrationConfirmed))
    later = PUBLISHED + timedelta(days=20)
    await arrive(
        house.worker, changed(person, RWP, version=2, at=later, job_role="director", described_from=later.date())
    )
    lead = await house.lead(NATIONAL)

    async def roles(**query: Any) -> set[str]:
        return set(
            by_code((await house.get(lead, f"events/{held}/funnel", cell="midlands", by="job-role", **query)).json())
        )

    assert await roles() == {"service-manager"}
    assert await roles(**{"as": "now"}) == {"director"}


async def test_whoever_has_left_is_elsewhere_as_now(house: House) -> None:
    person, held = named("mover"), event_id(MIDLANDS)
    await arrive(house.worker, a_membership(person, RWP, until=date(2026, 10, 1)), an_event(MIDLANDS))
    await arrive(house.worker, a_registration(held, person, RegistrationConfirmed))
    lead = await house.lead(NATIONAL)

    async def home(as_of: str) -> list[str]:
        answer = await house.get(lead, f"events/{held}/funnel", cell="midlands", **{"as": as_of})
        return [row["part"] for row in answer.json()["rows"] if row["registered"]]

    assert await home("then") == ["network"]
    assert await home("now") == ["elsewhere"]


async def test_a_period_adds_up_the_events_that_began_in_it(house: House) -> None:
    await a_masterclass(house)
    await arrive(house.worker, an_event(RWP), an_event())
    early = HELD - timedelta(days=60)
    await arrive(house.worker, an_event(RRK, starts_at=early, ends_at=early + timedelta(hours=1)))
    await arrive(house.worker, a_registration(event_id(RWP), named(RWP, 0), RegistrationConfirmed))
    await arrive(house.worker, a_registration(event_id(RRK), named(RRK, 0), RegistrationConfirmed))
    await arrive(house.worker, a_registration(event_id(), named(RRK, 0), RegistrationConfirmed))
    lead = await house.lead(NATIONAL)

    async def told(path: str, **query: Any) -> Any:
        cell = "national" if path == NATIONAL else "midlands"
        return (await house.get(lead, "funnel", cell=cell, network=network_id(path), **{**Q, **query})).json()

    midlands, nation = await told(MIDLANDS), await told(NATIONAL)
    assert (midlands["events"], midlands["total"]["registered"]) == (2, 5), "one person at two events counts twice"
    assert (nation["events"], nation["total"]["registered"]) == (3, 6)
    assert [(row["network"]["name"], row["registered"]) for row in midlands["rows"] if row["network"]] == [
        ("Rrk", 2),
        ("Rwp", 2),
    ]
    assert (await told(MIDLANDS, **{"from": "2026-09-01"}))["events"] == 3
    assert by_code(await told(MIDLANDS, by="sector"))["acute"] == (8, 1, 2, 0, 1)


async def test_a_regional_lead_gets_others_of_a_period_as_published(house: House) -> None:
    await a_masterclass(house)
    await snapshot(house, MIDLANDS)
    lead, outsider = await house.lead(MIDLANDS), await house.lead(LONDON)

    own = (await house.get(lead, "funnel", cell="midlands", network=network_id(MIDLANDS), **Q)).json()
    other = (await house.get(outsider, "funnel", cell="midlands", network=network_id(MIDLANDS), **Q)).json()

    assert not own["exact"]
    assert [(row["part"], row["exact"]) for row in own["rows"]] == [
        ("network", True),
        ("network", True),
        ("elsewhere", False),
    ]
    assert (own["rows"][-1]["registered"], own["rows"][-1]["events_withheld"]["registered"]) == (None, 1)
    assert (other["rows"], other["total"]["registered"]) == ([], own["total"]["registered"])
    assert other["total"]["events_withheld"]["registered"] == 1


async def test_published_figures_are_not_told_as_now(house: House) -> None:
    await a_masterclass(house)
    await snapshot(house, MIDLANDS)
    outsider, network = await house.lead(LONDON), network_id(MIDLANDS)

    for path in ("members", "active-members", "retention", "funnel"):
        answer = await house.get(outsider, path, cell="midlands", network=network, **{"as": "now"})

        assert (answer.status_code, answer.json()["code"]) == (422, "published-as-then")
        assert "leave out as=now" in answer.json()["detail"]


async def test_too_many_events_ask_for_a_shorter_period(house: House) -> None:
    for number in range(MOST_EVENTS + 1):
        await arrive(house.worker, an_event(MIDLANDS, event_id=named("many", number)))
    lead = await house.lead(MIDLANDS)

    answer = await house.get(lead, "funnel", cell="midlands", network=network_id(MIDLANDS), **Q)

    assert (answer.status_code, answer.json()["code"]) == (422, "too-many-events")
    assert f"More than {MOST_EVENTS} events" in answer.json()["detail"]


async def test_periods_and_groups_that_cannot_be_are_refused(house: House) -> None:
    lead, national = await house.lead(NATIONAL), network_id(NATIONAL)

    crossed = await house.get(lead, "funnel", network=national, **{"from": "2026-11-02", "to": "2026-11-01"})
    odd = await house.get(lead, "funnel", network=national, by="colour")

    assert (crossed.status_code, crossed.json()["code"]) == (422, "days-out-of-order")
    assert odd.status_code == 422
    assert "by" in odd.json()["detail"]


@pytest.mark.parametrize("path", [NATIONAL, MIDLANDS])
async def test_the_two_ways_of_counting_an_event_agree(empty_house: House, path: str) -> None:
    """One statement counts single events by network, another counts any events by any group."""
    await arrive(empty_house.worker, a_life())
    narrow = Rule(networks=[network_id(path)], job_roles=["director"])
    await arrive(empty_house.worker, an_event(path, event_id=named("narrow"), rule=narrow))

    for event in (event_id(path), named("narrow")):
        async with empty_house.worker.reading() as conn:
            parts = await counting.funnel(conn, event)
            groups = await funnels.grouped(conn, network_id(path), [event], by="network", placed_on=None)

        one = {str(part.network.network_id) if part.network else None: part.counts for part in parts}
        assert {key: counts for key, counts in one.items() if any(counts.values())} == {
            group.key: group.counts for group in groups if any(group.counts.values())
        }
