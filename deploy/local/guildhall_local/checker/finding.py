"""What a check says: a figure where all is well, and each difference in words where it is not."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from guildhall_local.checker.case import Case

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Finding:
    said: str
    """The figures that were compared."""
    differences: Sequence[str] = ()

    @property
    def well(self) -> bool:
        return not self.differences

    @property
    def words(self) -> str:
        """The first differences, and how many more there are."""
        if self.well:
            return self.said
        more = len(self.differences) - SHOWN
        return "; ".join(self.differences[:SHOWN]) + (f"; and {more} more" if more > 0 else "")


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    """What is claimed, in words."""
    look: "Callable[[Case], Finding]"


def found(said: str, differences: Iterable[str]) -> Finding:
    return Finding(said, list(differences))


def unequal(what: str, *, expected: object, actual: object) -> list[str]:
    """One difference where the two are not the same, else none."""
    return [] if expected == actual else [f"{what}: {actual} instead of {expected}"]
