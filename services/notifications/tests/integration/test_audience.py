"""Whom an event is announced to is computed in the database, and is what the one rule of eligibility says of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from notifications_house import House, network_id

from access import store as access
from events_contracts import MembershipFacts, Rule, eligible
from membership_contracts import MembershipStarted, NetworkFounded
from notifications_service.announcements import store
from notifications_service.announcements.model import Announcement

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
            await conn.execute("SELECT servicekit.enter('', '', '{}', NULL, '')")
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
        created_at=(at := datetime(2026, 11, 23, tzinfo=UTC)),
        next_at=at,
    )
    found: list[UUID] = []
    meant = await store.networks_meant(conn, announcement.networks)
    while people := (await store.members(conn, announcement, meant, limit=chunk)).people:
        assert len(people) <= chunk
        found += people
        announcement = announcement.went_on(people[-1], told=len(people), at=announcement.next_at)
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
