"""Who may come: one pure function, because events, notifications and analytics must all give the same answer."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from pydantic import Field

from servicekit.contract import Fact, Part


class Rule(Part):
    """Members of any of these networks or below, in one of these sectors, with one of these job roles."""

    networks: Fact[list[UUID]]
    sectors: Fact[list[str]] = Field(default_factory=list)
    """Empty: any sector."""
    job_roles: Fact[list[str]] = Field(default_factory=list)
    """Empty: any job role."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipFacts:
    """One membership of a person, as the rule sees it."""

    networks: frozenset[UUID]
    """Its network and every network above it."""
    since: date
    until: date | None
    """The last day that counts."""
    sector: str | None
    job_role: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether somebody may come, and if not, why, as a code and in words."""

    ok: bool
    code: str = ""
    because: str = ""


WELCOME = Answer(True)
NO_MEMBER = Answer(False, "no-member", "you are not a member on that day")
OTHER_NETWORK = Answer(False, "other-network", "it is open to members of other networks")
OTHER_SECTOR = Answer(False, "other-sector", "it is open to other sectors")
OTHER_JOB_ROLE = Answer(False, "other-job-role", "it is open to other job roles")


def eligible(rule: Rule, facts: Iterable[MembershipFacts], on: date) -> Answer:
    """Whether a person with these memberships may come, judged on a day in Europe/London.

    One membership must fulfil the whole rule. The answer for the membership that came nearest is given.
    """
    current = [m for m in facts if m.since <= on and (m.until is None or on <= m.until)]
    if not current:
        return NO_MEMBER
    near = [m for m in current if not m.networks.isdisjoint(rule.networks)]
    if not near:
        return OTHER_NETWORK
    nearer = [m for m in near if not rule.sectors or m.sector in rule.sectors]
    if not nearer:
        return OTHER_SECTOR
    if not any(not rule.job_roles or m.job_role in rule.job_roles for m in nearer):
        return OTHER_JOB_ROLE
    return WELCOME
