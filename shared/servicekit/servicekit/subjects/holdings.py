"""Each table that holds something about persons is named once: which rows are whose, and what becomes of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

OWN_ROWS = "person_id = $1::uuid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgetting:
    """What an erasure does to somebody's rows of one table."""

    rows_go: bool = False
    blank: Mapping[str, str] = field(default_factory=dict)
    """Column to the SQL expression that takes its place; the rows stay."""
    kept: str = ""
    """Why rows stay, or some of their columns: a sentence for whoever asks."""


def deletes() -> Forgetting:
    """The rows go."""
    return Forgetting(rows_go=True)


def blanks(*, because: str, **columns: str) -> Forgetting:
    """The rows stay, under a pseudonym; these columns are set to these SQL expressions, such as `"NULL"` or `"''"`."""
    return Forgetting(blank=columns, kept=because)


def keeps(because: str) -> Forgetting:
    """Nothing is erased. A table whose columns are personal may say so only with a reason that a person accepts."""
    return Forgetting(kept=because)


@dataclass(frozen=True, slots=True)
class Holding:
    """One table. A second holding of the same table speaks of other rows of it."""

    table: str
    """As the search path of a transaction finds it; with its schema where that is not on the path."""
    forgetting: Forgetting
    about: str = OWN_ROWS
    """Which rows are about a person: a condition in SQL, in which `$1::uuid` is the person."""
    hidden: str = ""
    """Why somebody who asks what is held of them is not shown these rows; empty where they are."""


RUNTIME = [
    Holding("servicekit.erased_people", keeps("that they were erased, so that nothing that comes late is kept")),
    Holding("servicekit.jobs", deletes(), about="requested_by = $1::uuid"),
    Holding(
        "servicekit.parked",
        # Without its value a record of a compacted topic is a tombstone: that is what its replay is to find.
        blanks(because="whoever looks after the service still sees that a signal waits", value="NULL"),
        about="subject = $1::uuid::text AND topic LIKE '%.profiles'",
        hidden="Copies of signals that could not be applied; what they say is shown where it is kept.",
    ),
    Holding(
        "servicekit.parked_anew",
        blanks(because="whoever looks after the service still sees that a signal waits", value="NULL"),
        about="subject = $1::uuid::text AND topic LIKE '%.profiles'",
        hidden="Copies of signals that could not be applied; what they say is shown where it is kept.",
    ),
    Holding(
        "servicekit.discarded",
        keeps("discarded_by and because are the operator's name and reason: what was let go has to have its cause"),
        about="subject = $1::uuid::text",
        hidden="It names who looked after the service that day; what the signal said is not kept.",
    ),
    Holding(
        "servicekit.outbox",
        keeps("the ledger of facts: it names persons by pseudonyms alone, and no profile stands in it"),
        about="key = $1::uuid::text OR subject = $1::uuid::text",
        hidden="What was told of the facts that are shown where they are kept; the ledger itself holds no text.",
    ),
]
"""The runtime's own tables, for every service. What was answered to a request is named by who knows sign-ins."""
