"""Telling many at once writes what telling each alone would, obeys what each wants, and keeps nobody waiting."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from notifications_house import House, a_registration, network_id, published

from events_contracts import RegistrationPromoted, RegistrationWaitlisted, Rule
from notifications_service.announcements import actions
from notifications_service.announcements import store as announcements
from notifications_service.announcements.loop import Announcer
from notifications_service.preferences.model import Wish
from notifications_service.tellings import actions as tellings
from notifications_service.tellings.many import tell_many
from notifications_service.tellings.model import Audience, Kind, Notice, Telling
from servicekit import clock
from servicekit.database import Conn
from servicekit.testing import eventually, signals_published

CHANGING = {"id", "cause", "created_at", "told_at", "next_attempt_at"}


async def told_alone(house: House, cause: str, event_id: UUID, people: Sequence[UUID], wishes: Any) -> None:
    async with house.worker.transaction() as conn:
        await tellings.tell(
            conn,
            [
                Telling(
                    cause=cause,
                    person_id=person,
                    kind=Kind.EVENT_ANNOUNCED,
                    event_id=event_id,
                    cell="national",
                    network="national",
                )
                for person in people
            ],
            wishes=wishes,
        )


async def told_together(house: House, cause: str, event_id: UUID, people: Sequence[UUID], wishes: Any) -> int:
    notice = Notice(cause=cause, kind=Kind.EVENT_ANNOUNCED, event_id=event_id, cell="national", network="national")
    async with house.worker.transaction() as conn:
        return await tell_many(conn, notice, Audience(sorted(people)), told_before=0, wishes=wishes)


async def test_the_rows_are_those_of_telling_each_alone(house: House) -> None:
    event = published(rule=Rule(networks=[network_id("national.midlands.rjc")]))
    await house.hear(event)
    people = [await house.person(), await house.person(), await house.person(address=""), await house.person()]
    off = {
        people[1]: [Wish("event-announced", "email", None, False)],
        people[3]: [Wish("all", "in-app", None, False), Wish("all", "email", None, False)],
    }

    async def wishes(_conn: Conn, _people: Sequence[UUID]) -> Mapping[UUID, Sequence[Wish]]:
        return off

    await told_alone(house, "alone", event.event_id, people, wishes)
    await told_together(house, "together", event.event_id, people, wishes)

    alone, together = [await comparable(house, cause) for cause in ("alone", "together")]
    assert together == alone
    assert [row["state"] for row in together if row["channel"] == "email"].count("suppressed") == 2
    assert len({row["id"] for row in await house.rows()}) == 16


async def comparable(house: House, cause: str) -> list[dict[str, Any]]:
    """But for what was drawn, and for the position, which goes on from the telling before."""
    rows = await house.rows(cause=cause)
    for row in rows:
        if row["position"] is not None:
            row["position"] = "given"
    rows = [{name: value for name, value in row.items() if name not in CHANGING} for row in rows]
    return sorted(rows, key=lambda row: (row["person_id"], row["channel"]))


async def test_one_signal_names_all_who_were_shown_it_and_nobody_else(house: House) -> None:
    event = published(rule=Rule(networks=[network_id("national.midlands.rjc")]))
    await house.hear(event)
    shown, hidden = await house.person(), await house.person()

    async def wishes(_conn: Conn, _people: Sequence[UUID]) -> Mapping[UUID, Sequence[Wish]]:
        return {hidden: [Wish("all", "in-app", None, False)]}

    await told_together(house, "a-cause", event.event_id, [shown, hidden], wishes)

    async with house.worker.reading() as conn:
        (signal,) = await signals_published(conn, "guildhall.notifications.people-told.v1")
    assert signal["people"] == [str(shown)]
    assert (signal["cause"], signal["channel"], signal["version"]) == ("a-cause", "in-app", 2)


async def test_the_wall_behind_it_refuses_a_second_telling(house: House) -> None:
    event = published(rule=Rule(networks=[network_id("national.midlands.rjc")]))
    await house.hear(event)
    person = await house.person()
    nobody: Any = no_wishes

    await told_together(house, "a-cause", event.event_id, [person], nobody)
    with pytest.raises(asyncpg.UniqueViolationError, match="told_once"):
        await told_together(house, "a-cause", event.event_id, [person], nobody)

    assert len(await house.rows()) == 2


async def no_wishes(_conn: Conn, _people: Sequence[UUID]) -> Mapping[UUID, Sequence[Wish]]:
    return {}


async def test_a_promotion_is_told_between_two_chunks_of_a_running_announcement(house: House) -> None:
    event = published()
    await house.hear(event)
    person = await house.person()
    waiting = a_registration(RegistrationWaitlisted, event, person, place_in_line=1)
    await house.hear(waiting)
    await members(house, 20_000)
    announcer = house.announcer(chunk=actions.CHUNK)
    running = asyncio.create_task(to_the_end(announcer))
    await eventually(lambda: has_begun(house), every=0.001)

    await house.hear(
        a_registration(RegistrationPromoted, event, person, registration_id=waiting.registration_id, version=2)
    )
    finished_first = running.done()
    await running

    assert not finished_first
    (promotion,) = await house.rows(kind="registration-promoted", channel="in-app")
    later = [row for row in await house.rows(channel="in-app") if row["created_at"] > promotion["created_at"]]
    assert len(later) > 0


async def has_begun(house: House) -> bool:
    async with house.worker.reading() as conn:
        return bool(await conn.fetchval("SELECT EXISTS (SELECT FROM notifications WHERE kind = 'event-announced')"))


async def to_the_end(announcer: Announcer) -> None:
    while await announcer.round(now=clock.now()):
        pass


async def members(house: House, count: int) -> None:
    async with house.worker.transaction() as conn:
        await conn.execute(
            """
            INSERT INTO access_memberships
                   (membership_id, version, person_id, network_id, main, since, described_from)
            SELECT gen_random_uuid(), 1, gen_random_uuid(), $1, true, '2020-01-01', '2020-01-01'
              FROM generate_series(1, $2)
            """,
            network_id("national.london"),
            count,
        )


class Crash(Exception):
    """What ends a process in the middle of a chunk."""


@pytest.mark.parametrize(("together", "missed"), [(True, 0), (False, 3)])
async def test_nobody_is_missed_only_because_the_point_commits_with_the_chunk(
    house: House, together: bool, missed: int
) -> None:
    for _ in range(7):
        await house.person("national.london")
    await house.hear(published())
    with pytest.raises(Crash):
        await (crash_with_the_point if together else crash_after_the_point)(house)

    await one_pass(house.announcer(chunk=3))

    assert len(await house.rows(channel="in-app")) == 7 - missed


async def one_pass(announcer: Announcer) -> None:
    """At an instant that stands still the second, which would find whoever the first missed, never comes due."""
    now = clock.now() + timedelta(seconds=1)
    while await announcer.round(now=now):
        pass


async def crash_with_the_point(house: House) -> None:
    async with house.worker.transaction() as conn:
        (found,) = await announcements.due(conn, now=clock.now() + timedelta(seconds=1))
        await actions.announce_some(conn, found, now=clock.now(), chunk=3)
        raise Crash


async def crash_after_the_point(house: House) -> None:
    """The wrong variant: the point is saved by itself, before the people up to it are told."""
    async with house.worker.transaction() as conn:
        (found,) = await announcements.due(conn, now=clock.now() + timedelta(seconds=1))
        meant = await announcements.networks_meant(conn, found.networks)
        people = (await announcements.members(conn, found, meant, limit=3)).people
        await announcements.save(conn, found.went_on(people[-1], told=3, at=clock.now()), now=clock.now())
    raise Crash
