"""The story's people: invented, spread over the real trusts, and the same for the same seed."""

import random
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from guildhall_local.story.invented import FAMILY_NAMES, GIVEN_NAMES
from guildhall_local.story.organisations import (
    REFERENCE,
    JobRole,
    Organisation,
    job_roles,
    open_trusts,
    without_network,
)

SEED = 19480705
FIRST_START, LAST_START = date(2018, 1, 1), date(2026, 6, 30)
ONE_IN_WITHOUT_NETWORK = 20
ONE_IN_OWN_SECTOR = 37

SECTOR_SIZE = {
    "acute": 12,
    "mental_health": 7,
    "community": 5,
    "acute_specialist": 4,
    "ambulance": 4,
    "online": 1,
}
LEVEL_SIZE = {"junior": 6, "middle": 5, "senior": 3, "executive_track": 2, "executive": 1}
NOT_DECOMPOSED = str.maketrans({"Ł": "L", "ł": "l", "Ø": "O", "ø": "o"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A member as the import should leave them; `number` is the place among the good rows, from 0."""

    number: int
    given_name: str
    family_name: str
    email: str
    organisation: Organisation
    own_sector: str | None
    job_role: JobRole
    started: date

    @property
    def sector(self) -> str:
        return self.own_sector or self.organisation.sector

    @property
    def cell(self) -> str:
        return self.organisation.cell

    @property
    def network(self) -> str:
        return self.organisation.network


def people(count: int = 2000, *, seed: int = SEED, reference: Path = REFERENCE) -> list[Person]:
    """Members all over the tree: one in each cell first, then more where a trust is likely to be large."""
    rng = random.Random(seed)
    roles, employers = job_roles(reference), _employers(count, rng, reference)
    levels = [LEVEL_SIZE[role.level] for role in roles]
    taken: Counter[str] = Counter()
    members = []
    for number, organisation in enumerate(employers):
        given, family = rng.choice(GIVEN_NAMES), rng.choice(FAMILY_NAMES)
        members.append(
            Person(
                number=number,
                given_name=given,
                family_name=family,
                email=_address(given, family, organisation.domain, taken),
                organisation=organisation,
                own_sector=_own_sector(number, organisation),
                job_role=rng.choices(roles, levels)[0],
                started=_started(organisation, rng),
            )
        )
    return members


def _employers(count: int, rng: random.Random, reference: Path) -> list[Organisation]:
    trusts, elsewhere = open_trusts(reference), without_network(reference)
    first_of_cells = list({trust.cell: trust for trust in rng.sample(trusts, len(trusts))}.values())
    sizes = [SECTOR_SIZE[trust.sector] * rng.uniform(0.4, 1.8) for trust in trusts]
    drawn = [*first_of_cells, *rng.choices(trusts, sizes, k=count)][:count]
    for turn, number in enumerate(range(ONE_IN_WITHOUT_NETWORK - 1, count, ONE_IN_WITHOUT_NETWORK)):
        drawn[number] = elsewhere[turn % len(elsewhere)]
    return drawn


def _address(given: str, family: str, domain: str, taken: Counter[str]) -> str:
    plain = f"{_letters(given)}.{_letters(family)}"
    taken[f"{plain}@{domain}"] += 1
    namesakes = taken[f"{plain}@{domain}"]
    return f"{plain}{namesakes if namesakes > 1 else ''}@{domain}"


def _letters(name: str) -> str:
    decomposed = unicodedata.normalize("NFKD", name.translate(NOT_DECOMPOSED))
    return re.sub(r"[^a-z]", "", decomposed.lower())


def _own_sector(number: int, organisation: Organisation) -> str | None:
    """A few work in a trust of one sector for its services of another."""
    if organisation.code is None or number % ONE_IN_OWN_SECTOR != ONE_IN_OWN_SECTOR - 1:
        return None
    return "acute" if organisation.sector == "community" else "community"


def _started(organisation: Organisation, rng: random.Random) -> date:
    """A day on which their organisation existed: nobody belongs to a network before it began."""
    first = max(FIRST_START, organisation.opened or FIRST_START)
    return first + timedelta(days=rng.randrange((LAST_START - first).days + 1))
