"""The rule of regular attendance: three in four of a network's meetings in twelve months. Pure: no I/O, no clock."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

MEETING = "meeting"
"""The kind of event that counts."""
WANTED_OF_FOUR = 3


class Regularity(StrEnum):
    MET = "met"
    NOT_MET = "not-met"
    NOTHING_TO_JUDGE = "nothing-to-judge"
    """None of the meetings took place while they were a member."""


@dataclass(frozen=True, slots=True)
class Attendance:
    """Of one member, over the twelve months."""

    meetings: int
    """Those that took place on a day on which they were a member; cancelled ones are none."""
    attended: int
    """Those of them at which they were checked in."""

    @property
    def percent(self) -> float | None:
        """To one decimal, for show; None where there was nothing to come to."""
        return round(100 * self.attended / self.meetings, 1) if self.meetings else None

    @property
    def regularity(self) -> Regularity:
        """Whether somebody came to at least 75 % of the meetings.

        Source: the condition on which people sit in the network's advisory group, attendance at 75 % of its meetings
        over the last twelve months. It is decided in whole numbers: three of four are enough, 74.99 % are not,
        whatever is shown rounded.
        """
        if not self.meetings:
            return Regularity.NOTHING_TO_JUDGE
        return Regularity.MET if 4 * self.attended >= WANTED_OF_FOUR * self.meetings else Regularity.NOT_MET


def twelve_months_before(day: date) -> date:
    """The first day that counts: meetings on it are in, those on the day before are out. 29 February begins 1 March."""
    try:
        return day.replace(year=day.year - 1)
    except ValueError:
        return date(day.year - 1, 3, 1)
