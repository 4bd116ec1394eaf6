"""An event is announced to all who may come and to nobody else, wherever it was interrupted, and never in anybody's way."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from notifications_house import House, a_registration, address_of, cancelled, changed, network_id, published

from access import store as access
from events_contracts import MembershipFacts, RegistrationPromoted, RegistrationWaitlisted, Rule, eligible
from membership_contracts import MembershipStarted, NetworkFounded
from notifications_service.announcements import store
from notifications_service.announcements.actions import announce_some
from notifications_service.announcements.model import Announcement
from servicekit import clock

DAY = date(2026, 11, 23)
PATHS = (
    "national",
    "national.midlands",
    "national.midlands.rwp",
    "national.midlands.rjc",
    "national.london",
    "national.acute_group",
)
SECTORS = ("acute", "ambulance")
JOB_ROLES = ("service-manager", "theatre-manager")


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


@pytest.mark.parametrize("chunks_before_the_crash", [0, 1, 2, 3])
async def test_it_goes_on_where_it_stopped(house: House, chunks_before_the_crash: int) -> None:
    people = {await house.person("national.london") for _ in range(7)}
    cause = str(await house.hear(published()))
    for _ in range(chunks_before_the_crash):
        async with house.worker.transaction() as conn:
            await announce_some(conn, cause, now=clock.now(), chunk=3)
    with pytest.raises(ZeroDivisionError):
        async with house.worker.transaction() as conn:
            await announce_some(conn, cause, now=clock.now(), chunk=3)
            raise ZeroDivisionError

    await house.announce_all(chunk=3)

    rows = await house.rows()
    assert len(rows) == 14
    assert {row["person_id"] for row in rows} == people
    assert {row["position"] for row in rows if row["channel"] == "in-app"} == {1}
    async with house.worker.reading() as conn:
        record = await conn.fetchrow("SELECT state, told, passes FROM announcements")
    assert record is not None
    assert (record["state"], record["told"], record["passes"]) == ("done", 7, 2)


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


@dataclass(frozen=True)
class Description:
    since: date
    sector: str | None
    job_role: str | None


@dataclass(frozen=True)
class Belonging:
    person: int
    path: str
    since: date
    until: date | None
    descriptions: Sequence[Description]


days = st.integers(-3, 3).map(lambda offset: DAY + timedelta(days=offset))
descriptions = st.builds(
    Description,
    since=days,
    sector=st.sampled_from([*SECTORS, None]),
    job_role=st.sampled_from([*JOB_ROLES, None]),
)
belongings = st.builds(
    Belonging,
    person=st.integers(0, 4),
    path=st.sampled_from(PATHS),
    since=days,
    until=st.none() | days,
    descriptions=st.lists(descriptions, min_size=1, max_size=3, unique_by=lambda described: described.since),
)
rules = st.builds(
    Rule,
    networks=st.lists(st.sampled_from(PATHS), min_size=1, max_size=3, unique=True).map(
        lambda paths: [network_id(path) for path in paths]
    ),
    sectors=st.lists(st.sampled_from(SECTORS), max_size=2, unique=True),
    job_roles=st.lists(st.sampled_from(JOB_ROLES), max_size=2, unique=True),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=st.lists(belongings, max_size=12), rule=rules, chunk=st.integers(1, 4))
async def test_the_audience_is_that_of_the_one_rule_on_any_facts(
    house: House, facts: Sequence[Belonging], rule: Rule, chunk: int
) -> None:
    people = sorted(uuid4() for _ in range(5))
    async with house.worker.pool.acquire() as conn:
        transaction = conn.transaction()
        await transaction.start()
        try:
            await conn.execute("SELECT servicekit.enter('', '', '{}', NULL)")
            for table in ("access_memberships", "access_descriptions", "access_networks"):
                await conn.execute(f"DELETE FROM {table}")
            await access.keep_networks(conn, [a_network(path) for path in PATHS])
            for fact in facts:
                await access.keep_memberships(conn, states_of(fact, people))
            found = await gone_through(conn, rule, chunk)
        finally:
            await transaction.rollback()

    assert found == [person for person in people if eligible(rule, facts_of(person, facts, people), DAY).ok]


async def gone_through(conn: Any, rule: Rule, chunk: int) -> list[UUID]:
    announcement = Announcement(
        cause="a-cause",
        event_id=UUID(int=1),
        cell="national",
        network="national",
        eligible_on=DAY,
        networks=tuple(rule.networks),
        sectors=tuple(rule.sectors),
        job_roles=tuple(rule.job_roles),
        next_at=datetime(2026, 11, 23, tzinfo=UTC),
    )
    found: list[UUID] = []
    while people := await store.audience(conn, announcement, limit=chunk):
        assert len(people) <= chunk
        found += people
        announcement = announcement.went_on(people[-1], at=announcement.next_at)
    return found


def a_network(path: str) -> NetworkFounded:
    return NetworkFounded(
        version=1, network_id=network_id(path), kind="trust", name=path, path=path, cell="national", since=DAY
    )


def states_of(fact: Belonging, people: Sequence[UUID]) -> list[MembershipStarted]:
    """The membership as its signals tell it, one version for each description."""
    membership_id = uuid4()
    return [
        MembershipStarted(
            version=version,
            membership_id=membership_id,
            person_id=people[fact.person],
            network_id=network_id(fact.path),
            main=True,
            since=fact.since,
            until=fact.until,
            sector=described.sector,
            job_role=described.job_role,
            described_from=described.since,
        )
        for version, described in enumerate(sorted(fact.descriptions, key=lambda d: d.since), start=1)
    ]


def facts_of(person: UUID, facts: Sequence[Belonging], people: Sequence[UUID]) -> list[MembershipFacts]:
    return [known_as(fact) for fact in facts if people[fact.person] == person]


def known_as(fact: Belonging) -> MembershipFacts:
    """The membership as it was described on the day."""
    by_then = [described for described in fact.descriptions if described.since <= DAY]
    described = max(by_then, key=lambda d: d.since) if by_then else Description(DAY, None, None)
    above = [fact.path.rsplit(".", cut)[0] for cut in range(fact.path.count(".") + 1)]
    return MembershipFacts(
        networks=frozenset(map(network_id, above)),
        since=fact.since,
        until=fact.until,
        sector=described.sector,
        job_role=described.job_role,
    )
