"""The figures that a verdict is told by, wherever the workload was played."""

from figures import Figures
from judging import capacity
from judging.claims import Verdict
from judging.judge import DOUBLED, INVERTED, LOST


def say(figures: Figures, section: str, verdict: Verdict) -> None:
    """Those that must be nothing, and how much was compared. Raises AssertionError where one is missed."""
    figures.say(section, "facts compared", verdict.facts, at_least=1000)
    figures.say(section, "acknowledged writes lost", verdict.differences(*LOST), at_most=0)
    figures.say(section, "doubled", verdict.differences(*DOUBLED), at_most=0)
    figures.say(section, "inversions", verdict.differences(*INVERTED), at_most=0)
    figures.say(section, "oversold", verdict.differences(capacity.OVERSOLD), at_most=0)
    figures.say(section, "undersold", verdict.differences(capacity.UNDERSOLD), at_most=0)
    figures.say(section, "claims broken", len(verdict.red), at_most=0)
