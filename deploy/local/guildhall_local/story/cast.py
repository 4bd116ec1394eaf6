"""Who carries the story beside its members: the provider's fixed personas, what they are and what they hold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from guildhall_local.provider.people import CAST, Persona, read
from guildhall_local.story.people import Person

NATIONAL_LEAD, MIDLANDS_LEAD, LONDON_LEAD = "nadia", "moira", "leon"
TRUST_LEAD, ORGANISER, STEWARD = "tess", "omar", "stella"
MEMBER, LONDON_MEMBER, GUEST = "priya", "daniel", "gwen"
NEWCOMER = Persona(
    sub="nell",
    name="Nell Ashworth",
    email="nell.ashworth@rwp.nhs.example",
    about="Signs in and is nobody yet, service manager at Worcestershire Acute Hospitals (RWP), Midlands",
)
"""Whoever joins by herself: nobody registers or imports her."""
NEWCOMER_JOINS, NEWCOMER_JOB_ROLE, NEWCOMER_SECTOR = "national.midlands.rwp", "service-manager", "acute"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One of the cast: `network` is the path of their membership, None for somebody who is no member."""

    sub: str
    network: str | None = None
    job_role: str | None = None
    sector: str | None = None
    organisation: str | None = None
    """The ODS code of the employer, where it has one."""
    role: str | None = None
    role_at: str | None = None
    """The path of the network at which the role is held."""


PARTS = (
    Part(sub=NATIONAL_LEAD, role="lead", role_at="national"),
    Part(
        sub=MIDLANDS_LEAD,
        network="national.midlands",
        job_role="head-of-operations",
        role="lead",
        role_at="national.midlands",
    ),
    Part(
        sub=LONDON_LEAD,
        network="national.london",
        job_role="head-of-operations",
        role="lead",
        role_at="national.london",
    ),
    Part(
        sub=TRUST_LEAD,
        network="national.midlands.rwp",
        job_role="general-manager",
        sector="acute",
        organisation="RWP",
        role="lead",
        role_at="national.midlands.rwp",
    ),
    Part(sub=ORGANISER, role="organiser", role_at="national"),
    Part(sub=STEWARD, role="steward", role_at="national"),
    Part(
        sub=MEMBER,
        network="national.midlands.rwp",
        job_role="theatres-manager",
        sector="acute",
        organisation="RWP",
    ),
    Part(
        sub=LONDON_MEMBER,
        network="national.london.rj1",
        job_role="patient-flow-manager",
        sector="acute",
        organisation="RJ1",
    ),
    Part(sub=GUEST),
)
LEADS = {part.role_at: part.sub for part in PARTS if part.role == "lead" and part.role_at}
"""By the path of the network."""


def personas() -> dict[str, Persona]:
    """The cast as the provider knows it, by `sub`."""
    return {persona.sub: persona for persona in read(CAST)}


def sub_of(person: Person) -> str:
    """With which a member signs in."""
    return f"member-{person.number:04}"


def directory(members: Sequence[Person]) -> Iterable[Persona]:
    """The members and the newcomer as the provider is to know them, so that everybody can be signed in as."""
    yield NEWCOMER
    for person in members:
        yield Persona(
            sub=sub_of(person),
            name=f"{person.given_name} {person.family_name}",
            email=person.email,
            about=f"Member, {person.job_role.title} at {person.organisation.name}",
        )
