"""Whether all deployments together told each person once, and heard everything; from the evidence alone."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from region_evidence import Evidence, Row, Telling

from guildhall_local.checker.records import facts

OWN, NATIONAL = "notifications-midlands", "notifications"
TOLD = {"sent", "shown"}
READ_BY_A_REGION = ("midlands", "national")


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What the story calls people and events."""

    people: Mapping[str, str]
    """Id to `sub`."""
    addresses: Mapping[str, str]
    """Address to `sub`."""
    events: Mapping[str, str]
    """Id to label."""


def differences(expected: Counter[Telling], evidence: Evidence, names: Names) -> dict[str, list[str]]:
    """What is not as it should be, by check; nothing where all is."""
    found = {
        "mails": list(_mails(expected, evidence, names)),
        "lists": list(_lists(expected, evidence, names)),
        "one ledger tells": list(_one_tells(evidence)),
        "whatever was handed on was sent": list(_handed_on(evidence)),
        "what was told is on the topics, once": list(_said(evidence)),
        "everything was heard, once": list(_heard(evidence)),
        "nothing is left": [f"{name}: {count}" for name, count in evidence.unsettled.items() if count],
    }
    return {check: words for check, words in found.items() if words}


def _mails(expected: Counter[Telling], evidence: Evidence, names: Names) -> Iterable[str]:
    got = Counter(
        (names.addresses.get(mail.to, mail.to), mail.kind, names.events.get(mail.event_id, mail.event_id))
        for mail in evidence.mails
    )
    return _compared(expected, got)


def _lists(expected: Counter[Telling], evidence: Evidence, names: Names) -> Iterable[str]:
    got = Counter(
        (
            names.people.get(str(row["person_id"]), "somebody"),
            row["kind"],
            names.events.get(str(row["event_id"]), "another"),
        )
        for rows in evidence.ledgers.values()
        for row in rows
        if row["state"] == "shown"
    )
    # Ids are known of those who signed in; of all others only how many were told.
    known = set(names.people.values())
    yield from _compared(_of(expected, known), _of(got, known))
    if expected.total() != got.total():
        yield f"{got.total()} entries in lists instead of {expected.total()}"


def _of(tellings: Counter[Telling], people: set[str]) -> Counter[Telling]:
    return Counter({telling: count for telling, count in tellings.items() if telling[0] in people})


def _compared(wanted: Counter[Telling], got: Counter[Telling]) -> Iterable[str]:
    yield from (f"missing: {telling}" for telling in wanted - got)
    yield from (f"too much: {telling}" for telling in got - wanted)


def _one_tells(evidence: Evidence) -> Iterable[str]:
    told = Counter(_name(row) for rows in evidence.ledgers.values() for row in rows if row["state"] in TOLD)
    yield from (f"told twice: {name}" for name, count in told.items() if count > 1)
    untold = [row for rows in evidence.ledgers.values() for row in rows if row["state"] not in {*TOLD, "handed-on"}]
    yield from (f"{row['state']}: {_name(row)}" for row in untold)


def _handed_on(evidence: Evidence) -> Iterable[str]:
    if OWN not in evidence.ledgers:
        return  # no cell stands alone
    left = {str(row["id"]) for row in evidence.ledgers[OWN] if row["state"] == "handed-on"}
    taken = {
        str(row["id"])
        for row in evidence.ledgers[NATIONAL]
        if row["cell"] == "midlands" and (row["channel"], row["state"]) == ("email", "sent")
    }
    yield from (f"handed on, and sent by nobody: {one}" for one in left - taken)
    yield from (f"sent, and handed on by nobody: {one}" for one in taken - left)


def _said(evidence: Evidence) -> Iterable[str]:
    said: Counter[tuple[str, str, str]] = Counter()
    for record in facts(evidence.records):
        if record.type == "notifications.notification-told":
            said[record.data["cause"], record.data["person_id"], record.data["channel"]] += 1
        elif record.type == "notifications.people-told":
            said.update((record.data["cause"], person, record.data["channel"]) for person in record.data["people"])
    told = Counter(_name(row) for rows in evidence.ledgers.values() for row in rows if row["state"] in TOLD)
    yield from (f"told, and not said: {name}" for name in told - said)
    yield from (f"said, and not told: {name}" for name in said - told)


def _name(row: Row) -> tuple[str, str, str]:
    return str(row["cause"]), str(row["person_id"]), str(row["channel"])


def _heard(evidence: Evidence) -> Iterable[str]:
    """Each inbox holds all that is on its topics; of compacted ones more, since compaction drops what was there."""
    there: dict[str, set[str]] = defaultdict(set)
    for record in evidence.records:
        if not record.is_heartbeat:
            there[record.topic].add(record.id)
    for deployment, inboxes in evidence.inboxes.items():
        for (consumer, topic), applied in inboxes.items():
            if missed := there[topic] - applied:
                yield f"{deployment} ({consumer}) missed {len(missed)} on {topic}"
            if topic.count(".") == 1 and applied - there[topic]:
                yield f"{deployment} ({consumer}) applied what is not on {topic}"
            if deployment.endswith("-midlands") and topic.split(".")[0] not in READ_BY_A_REGION:
                yield f"{deployment} reads {topic}"
