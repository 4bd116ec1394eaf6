"""Who there is, where they belong and what they are, by the story's inputs alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from guildhall_local.story import cast
from guildhall_local.story.inputs import mover, people
from guildhall_local.story.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """Membership of one network, by its path, from a day on."""

    network: str
    since: date
    until: date | None
    """The last day that counts."""
    sector: str | None
    job_role: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Somebody:
    sub: str
    email: str
    given_name: str
    family_name: str
    stays: tuple[Stay, ...]
    """In their order; several for whoever moves."""

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"

    def stay_on(self, day: date) -> Stay | None:
        """The membership that counts on that day."""
        return next((s for s in self.stays if s.since <= day and (s.until is None or day <= s.until)), None)


def everybody(plan: Plan) -> Mapping[str, Somebody]:
    """The imported members, the cast, and whoever joined by herself, by `sub`."""
    return {**_members(plan), **_cast(plan), cast.NEWCOMER.sub: _newcomer(plan)}


def mover_sub(plan: Plan) -> str:
    return cast.sub_of(mover(people(plan.scale.people, seed=plan.seed), seed=plan.seed).person)


def _members(plan: Plan) -> dict[str, Somebody]:
    members = people(plan.scale.people, seed=plan.seed)
    move = mover(members, seed=plan.seed)
    found = {}
    for person in members:
        stay = Stay(
            network=person.network,
            since=person.started,
            until=None,
            sector=person.sector,
            job_role=person.job_role.code,
        )
        stays: tuple[Stay, ...] = (stay,)
        if person == move.person:
            stays = (
                _until_the_day_before(stay, plan.day),
                Stay(
                    network=move.to.network,
                    since=plan.day,
                    until=None,
                    sector=move.to.sector,
                    job_role=stay.job_role,
                ),
            )
        sub = cast.sub_of(person)
        found[sub] = Somebody(
            sub=sub,
            email=person.email,
            given_name=person.given_name,
            family_name=person.family_name,
            stays=stays,
        )
    return found


def _newcomer(plan: Plan) -> Somebody:
    """A member from the day on which a lead let her in."""
    given, _, family = cast.NEWCOMER.name.partition(" ")
    stay = Stay(
        network=cast.NEWCOMER_JOINS,
        since=plan.day,
        until=None,
        sector=cast.NEWCOMER_SECTOR,
        job_role=cast.NEWCOMER_JOB_ROLE,
    )
    return Somebody(
        sub=cast.NEWCOMER.sub, email=cast.NEWCOMER.email, given_name=given, family_name=family, stays=(stay,)
    )


def _until_the_day_before(stay: Stay, day: date) -> Stay:
    return Stay(
        network=stay.network,
        since=stay.since,
        until=date.fromordinal(day.toordinal() - 1),
        sector=stay.sector,
        job_role=stay.job_role,
    )


def _cast(plan: Plan) -> dict[str, Somebody]:
    known = cast.personas()
    found = {}
    for part in cast.PARTS:
        given, _, family = known[part.sub].name.partition(" ")
        stays: tuple[Stay, ...] = ()
        if part.network is not None:
            stays = (
                Stay(
                    network=part.network,
                    since=plan.cast_since,
                    until=None,
                    sector=part.sector,
                    job_role=part.job_role,
                ),
            )
        found[part.sub] = Somebody(
            sub=part.sub,
            email=known[part.sub].email,
            given_name=given,
            family_name=family,
            stays=stays,
        )
    return found
