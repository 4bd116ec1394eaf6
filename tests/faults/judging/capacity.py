"""Promise 3: never more places than there are, and none left free while somebody waits who may come."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from judging.claims import Claim, claim
from judging.evidence import Evidence, Row

from guildhall_local.checker.records import Record

OVERSOLD, UNDERSOLD = "no event is oversold", "no place is free while somebody eligible waits"
COUNTED, FIRST_IN_LINE = "each event counts its own places", "places go to the first in line"
CONFIRMED, WAITING, CANCELLED = "confirmed", "waiting", "cancelled"


@dataclass(slots=True)
class Told:
    """One event as its topic tells it, record by record."""

    capacity: int = 0
    takes_place: bool = True
    statuses: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    line: list[str] = field(default_factory=list)

    def follow(self, record: Record) -> None:
        data = record.data
        if record.type.startswith("events.event-"):
            self.capacity = data["capacity"]
            self.takes_place = record.type != "events.event-cancelled"
        elif "status" in data:
            one = data["registration_id"]
            self.statuses[one], self.people[one] = data["status"], data["person_id"]
            if record.type == "events.registration-waitlisted":
                self.line.append(one)

    def count(self, status: str) -> int:
        return sum(one == status for one in self.statuses.values())

    def waiting(self) -> list[str]:
        return [one for one in self.line if self.statuses[one] == WAITING]


def judge(evidence: Evidence) -> list[Claim]:
    by_event: dict[bytes, list[Record]] = defaultdict(list)
    for record in evidence.facts():
        if record.stream == "events" and record.key is not None and "event_id" in record.data:
            by_event[record.key].append(record)
    settled = _settled(evidence)
    oversold, steps = _oversold(by_event.values())
    return [
        claim(3, OVERSOLD, steps, [*oversold, *_stored_oversold(evidence)]),
        _undersold(evidence, by_event.values(), settled),
        _first_in_line(by_event.values(), settled),
        _counted(evidence),
    ]


def _oversold(histories: Iterable[Sequence[Record]]) -> tuple[list[str], int]:
    """At every step, not only in the end."""
    differences, steps = [], 0
    for records in histories:
        event = Told()
        for record in records:
            event.follow(record)
            steps += 1
            if event.count(CONFIRMED) > event.capacity:
                differences.append(
                    f"{event.count(CONFIRMED)} had one of {event.capacity} places at {record.data['event_id']}"
                    f" after {record.type} {record.id}"
                )
    return differences, steps


def _of_events(evidence: Evidence) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in evidence.tables.get("registrations", ()):
        found[row["event_id"]].append(row)
    return found


def _stored_oversold(evidence: Evidence) -> list[str]:
    registered = _of_events(evidence)
    return [
        f"{taken} have one of {event['capacity']} places at {event['id']} in the table"
        for event in evidence.tables.get("events", ())
        if (taken := sum(row["status"] == CONFIRMED for row in registered[event["id"]])) > event["capacity"]
    ]


def _undersold(evidence: Evidence, histories: Iterable[Sequence[Record]], settled: set[str]) -> Claim:
    """In the end by today's memberships, as the judge reads them itself; and at every step before, by the topic."""
    registered, may_come = _of_events(evidence), _Eligible(evidence)
    compared, differences = 0, []
    for event in evidence.tables.get("events", ()):
        if event["status"] != "published":
            continue
        rows = registered[event["id"]]
        free = event["capacity"] - sum(row["status"] == CONFIRMED for row in rows)
        waiting = [row for row in rows if row["status"] == WAITING and may_come(row["person_id"], event)]
        compared += len(rows)
        if free > 0 and waiting:
            differences.append(f"{free} places are free at {event['id']}, and {len(waiting)} wait who may come")
    more, steps = _left_free(histories, settled)
    return claim(3, UNDERSOLD, compared + steps, [*differences, *more])


def _left_free(histories: Iterable[Sequence[Record]], settled: set[str]) -> tuple[list[str], int]:
    """What becomes free is given away by the same transaction: its promotions follow at once, one after the other."""
    differences, steps = [], 0
    for records in histories:
        event = Told()
        for record, after in zip_longest(records, records[1:]):
            event.follow(record)
            steps += 1
            promotes = after is not None and after.type == "events.registration-promoted"
            waiting = [one for one in event.waiting() if event.people[one] in settled]
            if waiting and event.takes_place and event.count(CONFIRMED) < event.capacity and not promotes:
                differences.append(
                    f"a place stayed free at {record.data['event_id']} after {record.type} {record.id},"
                    f" and {len(waiting)} waited"
                )
    return differences, steps


class _Eligible:
    """Who may come: members of one of the event's networks or below. The workload's rules name networks alone."""

    def __init__(self, evidence: Evidence) -> None:
        self._paths = {row["id"]: row["path"] for row in evidence.tables.get("networks", ())}
        self._networks: dict[str, set[str]] = defaultdict(set)
        for row in evidence.tables.get("memberships", ()):
            if row["until"] is None:
                self._networks[row["person_id"]].add(self._paths[row["network_id"]])

    def __call__(self, person: str, event: Row) -> bool:
        allowed = [self._paths[one] for one in event["open_to"] or [event["network_id"]]]
        return any(f"{path}.".startswith(f"{one}.") for path in self._networks[person] for one in allowed)


def _settled(evidence: Evidence) -> set[str]:
    """Who has belonged to one network all the time: nobody passes them over."""
    stays: dict[str, int] = defaultdict(int)
    for row in evidence.tables.get("memberships", ()):
        stays[row["person_id"]] += 1
    return {person for person, count in stays.items() if count == 1}


def _first_in_line(histories: Iterable[Sequence[Record]], settled: set[str]) -> Claim:
    compared, differences = 0, []
    for records in histories:
        event = Told()
        for record in records:
            if record.type == "events.registration-promoted":
                compared += 1
                promoted = record.data["registration_id"]
                before = [one for one in event.waiting() if event.people[one] in settled]
                if promoted in before and promoted != before[0]:
                    differences.append(f"{promoted} was promoted before {before[0]} at {record.data['event_id']}")
            event.follow(record)
    return claim(3, FIRST_IN_LINE, compared, differences)


def _counted(evidence: Evidence) -> Claim:
    registered, differences = _of_events(evidence), []
    events = evidence.tables.get("events", ())
    for event in events:
        for status in (CONFIRMED, WAITING):
            there = sum(row["status"] == status for row in registered[event["id"]])
            if there != event[status]:
                differences.append(f"{event['id']} counts {event[status]} {status}, and there are {there}")
    return claim(3, COUNTED, len(events), differences)
