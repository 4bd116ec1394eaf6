"""The judge: waits until all has come to rest, looks at everything, and says of each promise what it found."""

from collections.abc import Callable, Sequence
from pathlib import Path

from judging import acknowledged, capacity, ledgers, pushed, reading, rebuilt, signals, tellings
from judging.claims import Claim, Verdict
from judging.evidence import Evidence, gather
from workload.history import History

from guildhall_local.instance import Instance

SETTLED_WITHIN = 120.0
PARTS: Sequence[Callable[[Evidence], list[Claim]]] = [
    acknowledged.judge,
    signals.judge,
    ledgers.judge,
    capacity.judge,
    tellings.judge,
    reading.judge,
    pushed.judge,
]
LOST = (acknowledged.LOST, acknowledged.NAMED, signals.ON_TOPICS, tellings.NOT_DROPPED)
DOUBLED = (acknowledged.TWICE, signals.APPLIED, tellings.ONCE, tellings.MAILED)
INVERTED = (signals.IN_ORDER, signals.RISING, signals.NEWEST_LAST)
"""The names of the claims whose differences the figures count."""


async def judge(
    instance: Instance, history: Path, *, rebuild: bool = True, settled_within: float = SETTLED_WITHIN
) -> Verdict:
    """Everything that was promised, of this stack and what its clients wrote down. All must be up and healed.

    rebuild: whether each projection is also rebuilt beside the running service and compared, which takes some seconds.
    Raises NotQuiet where it does not come to rest in time.
    """
    evidence = await gather(instance, history, settled_within=settled_within)
    more = rebuilt.judge(await rebuilt.rebuild_all(instance)) if rebuild else []
    return Verdict([*judged(evidence).claims, *more])


def judged(evidence: Evidence) -> Verdict:
    """The same of what was gathered already."""
    return Verdict([one for part in PARTS for one in part(evidence)])


def claimed(evidence: Evidence, name: str) -> Claim:
    """One claim, by its name, without the trouble of all others. KeyError where there is none of that name."""
    nothing = Evidence(history=History([], []))
    part = {one.name: part for part in PARTS for one in part(nothing)}[name]
    return Verdict(part(evidence)).of(name)
