"""What the story and its checker agree on beforehand: who there is, what is imported, who does what."""

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from guildhall_local.story.import_file import Refusal, expected_refusals, people_csv
from guildhall_local.story.organisations import (
    NATIONAL,
    REFERENCE,
    JobRole,
    Organisation,
    job_roles,
    open_trusts,
)
from guildhall_local.story.people import SEED, Person, people

__all__ = [
    "FULL",
    "SECTORS_OF_TRUSTS",
    "SMALL",
    "JobRole",
    "Move",
    "Organisation",
    "Person",
    "Refusal",
    "Scale",
    "attendees",
    "cancellers",
    "eligible_for_summit",
    "email_domains",
    "expected_refusals",
    "masterclass_comers",
    "midlands",
    "mover",
    "people",
    "people_csv",
    "racers",
    "summit_job_roles",
]

SECTORS_OF_TRUSTS = ("acute", "acute_specialist", "ambulance", "community", "mental_health")
SUMMIT_LEVELS = {"middle", "senior", "executive_track", "executive"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How many take part: people, places at the summit, racers for them, cancellations, check-ins; and the
    places at the Midlands' masterclass with those who ask for one. `at_once`: how many ask at the same time.
    """

    people: int
    places: int
    racers: int
    cancellations: int
    checked_in: int
    masterclass_places: int
    masterclass_comers: int
    at_once: int


FULL = Scale(
    people=2000,
    places=400,
    racers=600,
    cancellations=25,
    checked_in=350,
    masterclass_places=30,
    masterclass_comers=36,
    at_once=64,
)
SMALL = Scale(
    people=60,
    places=12,
    racers=18,
    cancellations=3,
    checked_in=9,
    masterclass_places=3,
    masterclass_comers=5,
    at_once=4,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One trust's lead goes to a trust of another cell."""

    person: Person
    to: Organisation


def email_domains(members: Sequence[Person]) -> list[str]:
    """The domains that a provider must be trusted for, so that everybody can be linked by address."""
    return sorted({person.organisation.domain for person in members})


def midlands(members: Sequence[Person]) -> list[Person]:
    return [person for person in members if person.cell == "midlands"]


def summit_job_roles(reference: Path = REFERENCE) -> list[str]:
    """The codes of the job roles that the summit is open to: all but the junior ones, in any network."""
    return [role.code for role in job_roles(reference) if role.level in SUMMIT_LEVELS]


def eligible_for_summit(members: Sequence[Person]) -> list[Person]:
    return [person for person in members if person.job_role.level in SUMMIT_LEVELS]


def racers(members: Sequence[Person], scale: Scale = FULL, *, seed: int = SEED) -> list[Person]:
    """Those who race for the summit, in the order in which they set off; the mover is not among them."""
    mover_email = mover(members, seed=seed).person.email
    free = [person for person in eligible_for_summit(members) if person.email != mover_email]
    return _drawn("race", free, scale.racers, seed)


def mover(members: Sequence[Person], *, seed: int = SEED, reference: Path = REFERENCE) -> Move:
    """The lead of a Midlands trust who goes to a trust of the same sector in another region."""
    employed = [person for person in midlands(members) if person.organisation.code]
    [lead] = _drawn("move", employed, 1, seed)
    elsewhere = [
        trust
        for trust in open_trusts(reference)
        if trust.sector == lead.organisation.sector and trust.cell not in {lead.cell, NATIONAL}
    ]
    return Move(person=lead, to=random.Random(seed).choice(elsewhere))


def masterclass_comers(members: Sequence[Person], scale: Scale = FULL, *, seed: int = SEED) -> list[Person]:
    """Those of the Midlands' trusts who ask for a place at the masterclass; the mover is not among them."""
    mover_email = mover(members, seed=seed).person.email
    free = [
        person for person in midlands(members) if person.email != mover_email and person.sector in SECTORS_OF_TRUSTS
    ]
    return _drawn("masterclass", free, scale.masterclass_comers, seed)


def cancellers(confirmed: Sequence[Person], scale: Scale = FULL, *, seed: int = SEED) -> list[Person]:
    """Those of the confirmed who cancel, in order; who was confirmed is known after the race only."""
    return _drawn("cancel", confirmed, scale.cancellations, seed)


def attendees(confirmed: Sequence[Person], scale: Scale = FULL, *, seed: int = SEED) -> list[Person]:
    """Those of the finally confirmed who come and are checked in, in the order in which they arrive."""
    return _drawn("attend", confirmed, scale.checked_in, seed)


def _drawn(purpose: str, members: Sequence[Person], count: int, seed: int) -> list[Person]:
    """The first by a lot that each person always draws alike: the order of `members` changes nothing."""
    if len(members) < count:
        raise ValueError(f"{count} people are to {purpose} and there are only {len(members)}")

    def lot(person: Person) -> bytes:
        return hashlib.sha256(f"{seed} {purpose} {person.email}".encode()).digest()

    return sorted(members, key=lot)[:count]
