"""A calendar follows its event: the same entry, newer at each step, and nothing at an address that was taken back."""

import re
from datetime import datetime

from guildhall_local.checker.case import Case
from guildhall_local.checker.finding import Check, Finding, found, unequal
from guildhall_local.story.plan import HUDDLE

Entry = dict[str, str]
"""Properties of an event of a feed, by name, without their parameters."""

STEPS = {
    "before the move": ("draft-event", "CONFIRMED"),
    "after the move": ("move-event", "CONFIRMED"),
    "when it is cancelled": ("move-event", "CANCELLED"),
}
"""When the feed was read: the request that had set the times by then, and what is to become of the event."""

FOLDED = re.compile(r"\r?\n[ \t]")


def entries(feed: str) -> list[Entry]:
    """Every VEVENT of an iCalendar text (RFC 5545): lines unfolded, of each property the first value."""
    found_: list[Entry] = []
    for line in FOLDED.sub("", feed).splitlines():
        head, _, value = line.partition(":")
        name = head.partition(";")[0].upper()
        if (name, value) == ("BEGIN", "VEVENT"):
            found_.append({})
        elif found_ and "END" not in found_[-1]:
            found_[-1].setdefault(name, value)
    return found_


def _follows(case: Case) -> Finding:
    differences: list[str] = []
    event_id, before = case.told.event_ids[HUDDLE], -1
    for when, (deed, status) in STEPS.items():
        mine = [one for one in entries(case.told.only("read-calendar", when)) if one.get("UID") == event_id]
        if len(mine) != 1:
            differences.append(f"{when} the feed holds {len(mine)} entries of the event")
            continue
        [entry] = mine
        starts = datetime.fromisoformat(case.told.of(deed, HUDDLE)[-1].body["starts"])
        differences += unequal(f"{when} it starts", expected=f"{starts:%Y%m%dT%H%M%S}", actual=entry["DTSTART"])
        differences += unequal(f"{when} it is", expected=status, actual=entry["STATUS"])
        sequence = int(entry["SEQUENCE"])
        if sequence <= before:
            differences.append(f"{when} its SEQUENCE is {sequence}, after {before}: calendars keep the old entry")
        before = sequence
    return found(f"{len(STEPS)} readings of one entry, the last with SEQUENCE {before}", differences)


def _revoked(case: Case) -> Finding:
    statuses = [wish.last.status for wish in case.told.of("read-revoked-calendar")]
    statuses.append(case.evidence.revoked_calendar)
    return found(
        f"asked {len(statuses)} times",
        [f"an address that was taken back was answered {status}" for status in statuses if status != 404],
    )


CHECKS = [
    Check("a calendar follows its event when it moves and when it is cancelled", _follows),
    Check("a calendar's address opens nothing once it is taken back", _revoked),
]
