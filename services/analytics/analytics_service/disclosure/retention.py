"""Who stayed, as it may be published: of regions alone, so that no figure is a sum of others.

Each (region, month, number of months after) is published once. Where fewer than 8 joined, nothing is said of who
stayed. Nothing adds up to anything here, and every figure that is shown leaves at least five values open but where it
is 0: there is no sum that could narrow it further.
"""

from collections.abc import Mapping

from analytics_service.disclosure.model import SMALLEST, shown

AFTER = (1, 2, 3, 6, 9, 12, 18, 24, 36, 48, 60)
"""The numbers of months that are ever told of, to anybody."""
JOINED = 0
"""Stands for the cohort itself, where others stand for so many months after."""


def publish_cohort(joined: int, still: Mapping[int, int]) -> dict[int, int | None]:
    """The figures of one month's cohort by months after, `JOINED` among them."""
    enough = joined >= SMALLEST or not joined
    stayed = {after: shown(people) if enough else None for after, people in still.items()}
    return {JOINED: shown(joined), **stayed}
