"""What stands when a process begins its work stands as long as the process: looking it through again is no use."""

import gc

THRESHOLDS = (50_000, 20, 50)
"""A batch of a thousand signals is some ten thousand objects, which are gone without a collector's help."""


def settle() -> None:
    """Set apart what is there now, and look for cycles seldom: it took half of the time that a signal takes."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
