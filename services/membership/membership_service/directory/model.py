"""The rules of the directory: what a person shows of themselves is their own choice, and an address is never shown."""

import re
from dataclasses import dataclass, replace
from itertools import islice
from uuid import UUID

from servicekit.problem import Invalid, PreconditionFailed

SHOWN, NAME_ONLY, HIDDEN = "shown", "name-only", "hidden"
FEWEST_LETTERS = 2
MOST_SPELLINGS = 16
SHORTEST_FORGIVEN = 4
"""Letters of a name in which a slip is looked for; less is the beginning of one."""

_SLIP = re.compile(r"(?=([^\W\d_])([^\W\d_]))")


class SearchTooShort(Invalid):
    code = "search-too-short"
    title = "Too little to search for"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a person shows to other members. Version 0: they have never chosen, and name, trust and job role are shown.

    shown: name, trust and job role. name-only: the name, and nothing else finds them. hidden: nothing.
    """

    person_id: UUID
    shown: str = SHOWN
    version: int = 0

    def change(self, shown: str, *, expected_version: int) -> "Choice":
        """Raises PreconditionFailed where it was changed meanwhile."""
        if expected_version != self.version:
            raise PreconditionFailed(
                f"You have changed version {expected_version}, but version {self.version} is there by now:"
                " read it again.",
                version=self.version,
            )
        return replace(self, shown=shown, version=self.version + 1)


def searched(words: str, what: str) -> str:
    """Words to search for, tidied. Raises SearchTooShort where they hold too few letters or digits."""
    tidy = " ".join(words.split())
    if sum(char.isalnum() for char in tidy) < FEWEST_LETTERS:
        raise SearchTooShort(f"{what}: at least {FEWEST_LETTERS} letters to search for.")
    return tidy


def spellings(name: str) -> list[str]:
    """What a name may have been meant as: as typed, then with two neighbouring letters the other way round.

    Other slips the likeness of words finds by itself; two letters that changed places it takes for three.
    """
    if len(name) < SHORTEST_FORGIVEN:
        return [name]
    slips = (
        name[: at.start()] + at[2] + at[1] + name[at.start() + 2 :] for at in _SLIP.finditer(name) if at[1] != at[2]
    )
    return [name, *islice(slips, MOST_SPELLINGS - 1)]
