"""A deployment of one region: it serves its own cell, has heard of that and of the nation, and of no other region."""

from datetime import timedelta

from analytics_house import (
    MIDLANDS,
    NATIONAL,
    RRK,
    RWP,
    House,
    a_network,
    a_registration,
    an_event,
    arrive,
    event_id,
    members,
    named,
    network_id,
)

from events_contracts import RegistrationConfirmed
from servicekit import clock


async def what_the_midlands_hear(house: House) -> None:
    await arrive(house.worker, map(a_network, (NATIONAL, MIDLANDS, RWP, RRK)), members(RWP, 12), members(RRK, 9))
    await arrive(house.worker, an_event(MIDLANDS))
    people = [named(RWP, number) for number in range(11)] + [named("a londoner")]
    for person in people:
        await arrive(house.worker, a_registration(event_id(MIDLANDS), person, RegistrationConfirmed))


async def test_it_reports_its_own_region_whole(midlands_alone: House) -> None:
    house = midlands_alone
    await what_the_midlands_hear(house)
    lead = await house.lead(MIDLANDS)

    members_ = (await house.get(lead, "members", cell="midlands", network=network_id(MIDLANDS))).json()
    national = await house.directory.lead(NATIONAL)
    funnel = (await house.get(national, f"events/{event_id(MIDLANDS)}/funnel", cell="midlands")).json()

    assert members_["total"]["members"] == 21
    assert [(row["part"], row["registered"]) for row in [*funnel["rows"], funnel["total"]]] == [
        ("network", 0),
        ("network", 0),
        ("network", 11),
        ("elsewhere", 1),
        ("all", 12),
    ]


async def test_it_serves_no_other_cell(midlands_alone: House) -> None:
    house = midlands_alone
    await what_the_midlands_hear(house)
    lead = await house.lead(MIDLANDS)

    for cell in ("national", "london"):
        answer = await house.get(lead, "members", cell=cell, network=network_id(NATIONAL))

        assert answer.status_code == 404
        assert answer.json()["detail"] == "There is nothing here that you can see."


async def test_it_counts_its_own_root_each_day(midlands_alone: House) -> None:
    house = midlands_alone
    await what_the_midlands_hear(house)
    now = clock.now()

    assert await house.take_snapshots(now=now) == 1

    async with house.worker.reading() as conn:
        topics = {row["topic"] for row in await conn.fetch("SELECT DISTINCT topic FROM servicekit.outbox")}
        [day] = [row["day"] for row in await conn.fetch("SELECT day FROM snapshots")]
    assert topics == {"midlands.analytics"}
    assert day == clock.london_day(now) - timedelta(days=1)
