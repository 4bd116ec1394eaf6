"""What a service holds about persons: shown to whoever it is about, forgotten when they ask for that."""

from servicekit.subjects.erased import erased, write_down
from servicekit.subjects.forgetting import forget
from servicekit.subjects.holdings import RUNTIME, Holding, blanks, deletes, keeps
from servicekit.subjects.showing import HeldRow, Subject, held

__all__ = [
    "RUNTIME",
    "HeldRow",
    "Holding",
    "Subject",
    "blanks",
    "deletes",
    "erased",
    "forget",
    "held",
    "keeps",
    "write_down",
]
