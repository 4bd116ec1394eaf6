"""Each table of this service that holds something about persons, once: whose it is, and what an erasure does to it."""

from access import held as shared_holdings
from access.held import PSEUDONYMOUS
from servicekit.subjects import Holding, blanks, deletes

HELD = [
    Holding("profiles", deletes()),
    Holding("calendars", deletes()),
    Holding(
        "registrations",
        # Nobody can type small letters at a door, and no ticket that was shown has this number.
        blanks(because=PSEUDONYMOUS, code="'erased ' || id::text", ticket="2147483647", flag="NULL"),
    ),
    *shared_holdings.HELD,
]
