"""An event is announced to all who may come and to nobody else, whatever interrupts it, and in nobody's way."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from notifications_house import House, a_registration, address_of, cancelled, changed, network_id, published

from events_contracts import RegistrationPromoted, RegistrationWaitlisted, Rule
from notifications_service.announcements import store
from notifications_service.announcements.actions import announce_some
from notifications_service.announcements.model import Announcement
from servicekit import clock
from servicekit.database import Conn


async def told(house: House) -> set[UUID]:
    return {row["person_id"] for row in await house.rows(kind="event-announced", channel="in-app")}


async def test_all_who_may_come_are_told_once_by_each_channel_and_nobody_else(house: House) -> None:
    members = [await house.person("national.midlands.rwp") for _ in range(3)]
    await house.person("national.london")
    await house.person("national.midlands.rwp", since=date(2020, 1, 1), until=date(2021, 1, 1))
    await house.directory.person()

    await house.hear(published(rule=Rule(networks=[network_id("national.midlands")])))
    await house.announce_all()
    await house.send_all()

    assert await told(house) == set(members)
    assert len(await house.rows()) == 6
    assert sorted(mail.to for mail in house.mail.accepted) == sorted(map(address_of, members))
    assert {mail.subject for mail in house.mail.accepted} == {"You are invited: Summit of operational managers"}


async def test_somebody_with_two_memberships_is_told_once(house: House) -> None:
    person = await house.person("national.midlands.rwp", "national.london")

    await house.hear(published())
    await house.announce_all()

    assert [row["person_id"] for row in await house.rows(channel="in-app")] == [person]


@pytest.mark.parametrize("chunks_before_the_crash", [0, 1, 2])
async def test_it_goes_on_where_it_stopped(house: House, chunks_before_the_crash: int) -> None:
    people = {await house.person("national.london") for _ in range(7)}
    cause = str(await house.hear(published()))
    for _ in range(chunks_before_the_crash):
        async with house.worker.transaction() as conn:
            await announce_some(conn, await planned(conn, cause), now=clock.now(), chunk=3)
    with pytest.raises(Crash):
        await announce_some_and_crash(house, cause)

    await house.announce_all(chunk=3)

    rows = await house.rows()
    assert len(rows) == 14
    assert {row["person_id"] for row in rows} == people
    assert {row["position"] for row in rows if row["channel"] == "in-app"} == {1}
    async with house.worker.reading() as conn:
        record = await conn.fetchrow("SELECT state, told, passes FROM announcements")
    assert record is not None
    assert (record["state"], record["told"], record["passes"]) == ("done", 7, 2)


class Crash(Exception):
    """What ends a process between a chunk's rows and its commit."""


async def announce_some_and_crash(house: House, cause: str) -> None:
    async with house.worker.transaction() as conn:
        assert await announce_some(conn, await planned(conn, cause), now=clock.now(), chunk=3)
        raise Crash


async def planned(conn: Conn, cause: str) -> Announcement:
    (found,) = [one for one in await store.due(conn, now=clock.now()) if one.cause == cause]
    return found


async def test_whoever_was_recorded_before_but_arrives_late_is_found_by_the_second_pass(house: House) -> None:
    early = await house.person("national.london")
    await house.hear(published())
    announcer = house.announcer()
    await announcer.round(now=clock.now())
    late = await house.person("national.london")

    in_between = await announcer.round(now=clock.now())
    await announcer.round(now=clock.now() + timedelta(minutes=1))

    assert in_between == 0
    assert await told(house) == {early, late}


async def test_nobody_is_told_before_the_facts_have_arrived(house: House) -> None:
    await house.person("national.london")
    await house.hear(published())
    announcer = house.announcer()
    arrived = False

    async def reached(_mark: Any) -> bool:
        return arrived

    announcer.reached = reached
    waiting = await announcer.round(now=clock.now())
    arrived = True
    going = await announcer.round(now=clock.now())

    assert (waiting, going) == (0, 1)


async def test_facts_that_never_arrive_do_not_hold_it_up_for_ever(house: House) -> None:
    await house.person("national.london")
    await house.hear(published())
    announcer = house.announcer()

    async def never(_mark: Any) -> bool:
        return False

    announcer.reached = never
    at_first = await announcer.round(now=clock.now())
    at_last = await announcer.round(now=clock.now() + timedelta(minutes=11))

    assert (at_first, at_last) == (0, 1)


async def test_two_announcers_do_not_tell_twice(house: House) -> None:
    people = {await house.person("national.london") for _ in range(12)}
    await house.hear(published())

    announcers = [house.announcer(chunk=2) for _ in range(3)]
    for _ in range(8):
        await asyncio.gather(*(announcer.round(now=clock.now()) for announcer in announcers))

    rows = await house.rows(channel="in-app")
    assert len(rows) == 12
    assert {row["person_id"] for row in rows} == people


async def test_announcements_take_turns(house: House) -> None:
    for _ in range(6):
        await house.person("national.london")
    causes = [str(await house.hear(published())) for _ in range(2)]

    await house.announcer(chunk=2).round(now=clock.now())

    rows = await house.rows(channel="in-app")
    assert [sum(row["cause"] == cause for row in rows) for cause in causes] == [2, 2]


async def test_a_promotion_overtakes_a_running_announcement(house: House) -> None:
    people = [await house.person("national.london") for _ in range(10)]
    event = published()
    await house.hear(event)
    waiting = a_registration(RegistrationWaitlisted, event, people[0], place_in_line=1)
    await house.hear(waiting)
    await house.send_all()
    house.mail.accepted.clear()
    await house.announcer(chunk=4).round(now=clock.now())

    await house.hear(
        a_registration(RegistrationPromoted, event, people[0], registration_id=waiting.registration_id, version=2)
    )
    await house.postman().round(limit=3)
    await house.announce_all(chunk=4)
    await house.send_all()

    kinds = [mail.mail["X-Guildhall-Kind"] for mail in house.mail.accepted]
    assert kinds == ["registration-promoted", *["event-announced"] * 10]


async def test_a_cancelled_event_is_announced_no_further(house: House) -> None:
    for _ in range(4):
        await house.person("national.london")
    event = published()
    await house.hear(event)
    await house.announcer(chunk=2).round(now=clock.now())

    await house.hear(cancelled(event))
    await house.announce_all()

    assert len(await told(house)) == 2


async def test_an_event_that_changed_meanwhile_is_announced_as_it_is_now(house: House) -> None:
    person = await house.person("national.london")
    event = published()
    await house.hear(event)
    await house.hear(changed(event, ["venue"], venue="The Long Gallery"))

    await house.announce_all()
    await house.send_all()

    (mail,) = house.mail.to(address_of(person))
    assert "The Long Gallery" in mail.part("plain")
