"""What stands when a process begins its work stands as long as the process: looking it through again is no use."""

import gc

THRESHOLDS = (200_000, 20, 50)
"""Ten partitions' signals, fetched and in hand, are some hundred thousand objects, which are gone without its help."""


def settle() -> None:
    """Set apart what is there now, and look for cycles seldom: it took half of the time that a signal takes."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
