"""How long nothing worked, as the clients saw it: figures of a fault from what was asked and answered."""

from collections.abc import Collection
from itertools import pairwise

from workload.history import History

NEVER = float("inf")


def successes(history: History, *, deeds: Collection[str] | None = None) -> list[float]:
    """When something was answered with a yes; deeds: only these, None: whatever is not a mere read."""
    return sorted(
        one.ended
        for wish in history.wishes
        if (wish.deed in deeds if deeds is not None else wish.method != "GET")
        for one in wish.tries
        if one.phase == "ok" and one.ended is not None
    )


def longest_silence(history: History, *, since: float, until: float, deeds: Collection[str] | None = None) -> float:
    """Seconds between two successes, or between one and the end of the time that is looked at."""
    inside = [at for at in successes(history, deeds=deeds) if since <= at <= until]
    return max(after - before for before, after in pairwise([since, *inside, until]))


def first_success_after(history: History, at: float, *, deeds: Collection[str] | None = None) -> float:
    """Seconds from that instant, by `time.monotonic`; NEVER where there was none."""
    return next((one - at for one in successes(history, deeds=deeds) if one >= at), NEVER)
