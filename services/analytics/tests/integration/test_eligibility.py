"""Who may come is asked of the database in one statement; it gives the answer of the one pure function."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from analytics_house import (
    House,
    a_membership,
    a_network,
    an_event,
    arrive_in_batches,
    changed,
    event_id,
    moved,
    named,
    network_id,
)
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from events_contracts import MembershipFacts, Rule, eligible
from servicekit.consumers.delivery import Record

TREE = ("national", "national.a", "national.a.x", "national.a.y", "national.b", "national.b.z", "national.g")
PUBLISHED = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
"""Half past midnight in London: the first of July there."""
ON = date(2026, 7, 1)
SECTORS, JOB_ROLES = (None, "acute", "ambulance"), (None, "director", "service-manager")
DAYS = st.sampled_from([ON + timedelta(days=days) for days in (-400, -30, -1, 0, 1, 30)])


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
    descriptions: tuple[Description, ...]


@dataclass(frozen=True)
class World:
    belongings: tuple[Belonging, ...]
    open_to: tuple[str, ...]
    sectors: tuple[str, ...]
    job_roles: tuple[str, ...]
    moves: tuple[tuple[str, str, int], ...] = ()
    """From a path to another, so many days after the event's publication."""


descriptions = st.builds(Description, DAYS, st.sampled_from(SECTORS), st.sampled_from(JOB_ROLES))
belongings = st.builds(
    Belonging,
    person=st.integers(0, 5),
    path=st.sampled_from(TREE),
    since=DAYS,
    until=st.none() | DAYS,
    descriptions=st.lists(descriptions, min_size=1, max_size=3).map(tuple),
)
worlds = st.builds(
    World,
    belongings=st.lists(belongings, max_size=9, unique_by=lambda one: (one.person, one.path)).map(tuple),
    open_to=st.lists(st.sampled_from(TREE), min_size=1, max_size=2).map(tuple),
    sectors=st.sampled_from([(), ("acute",), ("acute", "ambulance")]),
    job_roles=st.sampled_from([(), ("director",), ("director", "service-manager")]),
    moves=st.sampled_from([(), (("national.a.x", "national.b.x", -3),), (("national.a.x", "national.b.x", 3),)]),
)


def told(world: World) -> list[Record]:
    records = [a_network(path, cell="national") for path in TREE]
    for path, to, days in world.moves:
        records.append(moved(path, to, at=PUBLISHED + timedelta(days=days)))
    for one in world.belongings:
        for version, description in enumerate(one.descriptions, start=1):
            records += changed(
                named("person", one.person),
                one.path,
                version=version,
                at=PUBLISHED - timedelta(days=10 - version),
                since=one.since,
                sector=description.sector,
                job_role=description.job_role,
                described_from=description.since,
            )
        if one.until is not None:
            last = one.descriptions[-1]
            records += a_membership(
                named("person", one.person),
                one.path,
                until=one.until,
                version=len(one.descriptions),
                since=one.since,
                sector=last.sector,
                job_role=last.job_role,
                described_from=last.since,
            )
    rule = Rule(
        networks=[network_id(path) for path in world.open_to],
        sectors=list(world.sectors),
        job_roles=list(world.job_roles),
    )
    return records + an_event(rule=rule, published_at=PUBLISHED)


def facts(world: World, one: Belonging) -> MembershipFacts:
    """As somebody would say it who knows the whole story and no SQL."""
    paths = {path: path for path in TREE} | {path: to for path, to, days in world.moves if days <= 0}
    own = paths[one.path]
    spoken = [description for description in one.descriptions if description.since <= ON]
    description = spoken[-1] if spoken else one.descriptions[0]
    return MembershipFacts(
        networks=frozenset(network_id(name) for name, path in paths.items() if f"{own}.".startswith(f"{path}.")),
        since=one.since,
        until=one.until,
        sector=description.sector,
        job_role=description.job_role,
    )


def by_the_function(world: World) -> set[UUID]:
    rule = Rule(
        networks=[network_id(path) for path in world.open_to],
        sectors=list(world.sectors),
        job_roles=list(world.job_roles),
    )
    people = {one.person for one in world.belongings}
    return {
        named("person", person)
        for person in people
        if eligible(rule, [facts(world, one) for one in world.belongings if one.person == person], ON).ok
    }


A_MANAGER = Belonging(0, "national.a.x", date(2020, 1, 1), None, (Description(date(2020, 1, 1), "acute", None),))

DESCRIBED_ANEW = replace(
    A_MANAGER,
    descriptions=(
        Description(date(2020, 1, 1), "acute", "director"),
        Description(ON + timedelta(days=30), "ambulance", "service-manager"),
    ),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=worlds)
@example(world=World((A_MANAGER,), ("national.a",), (), (), (("national.a.x", "national.b.x", 3),)))
@example(world=World((replace(A_MANAGER, until=ON),), ("national.a",), ("acute",), ()))
@example(world=World((DESCRIBED_ANEW,), ("national.a",), ("acute",), ()))
@example(world=World((DESCRIBED_ANEW,), ("national.a",), (), ("director",)))
async def test_the_statement_gives_the_answer_of_the_function(empty_house: House, world: World) -> None:
    async with empty_house.worker.transaction() as conn:
        for table in ("network_versions", "membership_versions", "events"):
            await conn.execute(f"DELETE FROM {table}")
    await arrive_in_batches(empty_house.worker, told(world))

    async with empty_house.worker.reading() as conn:
        rows = await conn.fetch("SELECT person_id FROM eligible_people($1)", event_id())

    assert {row["person_id"] for row in rows} == by_the_function(world)
