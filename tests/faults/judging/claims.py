"""What the judge says: of each promise how many facts were compared, and each difference in words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SHOWN = 6


@dataclass(frozen=True, slots=True)
class Claim:
    promises: tuple[int, ...]
    """Their numbers."""
    name: str
    facts: int
    """How many were compared; a claim about nothing is not kept."""
    differences: Sequence[str]

    @property
    def kept(self) -> bool:
        return self.facts > 0 and not self.differences

    @property
    def words(self) -> str:
        about = f"{self.name} (promise {', '.join(map(str, self.promises))}): {self.facts} facts"
        if not self.facts:
            return f"{about}, so nothing was looked at"
        more = len(self.differences) - SHOWN
        told = "; ".join(self.differences[:SHOWN]) + (f"; and {more} more" if more > 0 else "")
        return f"{about}, {len(self.differences)} differ{': ' + told if told else ''}"


def claim(promises: tuple[int, ...] | int, name: str, facts: int, differences: Iterable[str]) -> Claim:
    return Claim(promises if isinstance(promises, tuple) else (promises,), name, facts, list(differences))


@dataclass(frozen=True, slots=True)
class Verdict:
    claims: Sequence[Claim]

    @property
    def red(self) -> list[Claim]:
        return [one for one in self.claims if not one.kept]

    @property
    def facts(self) -> int:
        return sum(one.facts for one in self.claims)

    def of(self, name: str) -> Claim:
        return next(one for one in self.claims if one.name == name)

    def differences(self, *names: str) -> int:
        """Of the claims so named; KeyError where there is none, so that a misspelled one is not taken for 0."""
        known = {one.name: one for one in self.claims}
        return sum(len(known[name].differences) for name in names)

    @property
    def words(self) -> str:
        return "\n".join(f"{'kept  ' if one.kept else 'BROKEN'}  {one.words}" for one in self.claims)
