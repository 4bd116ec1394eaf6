"""Who may come is asked of the one function that every service shares, with the memberships as they are known here."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from access import directory
from access.directory import KnownMembership
from events_contracts import Answer, MembershipFacts, eligible
from events_service.gatherings.model import Event
from events_service.gatherings.signals import promised
from servicekit.database import Conn


async def answers(conn: Conn, event: Event, people: Sequence[UUID], *, on: date) -> dict[UUID, Answer]:
    """Whether each of these people may come, judged on that day, in one statement."""
    known = await directory.memberships_of(conn, people)
    rule = promised(event.plan.rule)
    return {person: eligible(rule, map(_facts, known.get(person, ())), on) for person in people}


async def answers_of(conn: Conn, asked: Sequence[tuple[Event, UUID]], *, on: date) -> list[Answer]:
    """Whether each of these people may come to their event, judged on that day, in one statement."""
    if not asked:
        return []
    known = await directory.memberships_of(conn, [person for _, person in asked])
    facts = {person: [_facts(one) for one in memberships] for person, memberships in known.items()}
    rules = {event.id: promised(event.plan.rule) for event, _ in asked}
    return [eligible(rules[event.id], facts.get(person, ()), on) for event, person in asked]


def _facts(membership: KnownMembership) -> MembershipFacts:
    return MembershipFacts(
        networks=membership.networks,
        since=membership.since,
        until=membership.until,
        sector=membership.sector,
        job_role=membership.job_role,
    )
