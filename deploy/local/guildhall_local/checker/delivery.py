"""Every command has its signal, every signal is sent once and applied once by everybody who reads it."""

from collections import Counter
from collections.abc import Mapping

from guildhall_local.checker.case import Case
from guildhall_local.checker.finding import Check, Finding, found
from guildhall_local.checker.records import Record

TELLS = {
    "link",
    "register-person",
    "begin-membership",
    "give-grant",
    "make-agreement",
    "publish-event",
    "register",
    "cancel-registration",
    "change-event",
    "move-membership",
    "check-in",
    "ask-to-join",
    "approve-joining",
    "consent",
    "move-event",
    "cancel-event",
}
"""What somebody does that others must hear of."""

SAID_BY: Mapping[tuple[str, ...], tuple[str, ...]] = {
    ("register",): ("events.registration-confirmed", "events.registration-waitlisted"),
    ("cancel-registration",): ("events.registration-cancelled",),
    ("check-in",): ("events.attendance-recorded",),
    ("publish-event",): ("events.event-published",),
    ("change-event", "move-event"): ("events.event-changed",),
    ("cancel-event",): ("events.event-cancelled",),
    ("link", "ask-to-join"): ("membership.identity-linked",),
    ("ask-to-join",): ("membership.join-requested",),
    ("approve-joining",): ("membership.join-decided",),
    ("consent",): ("membership.consent-given",),
    ("unsubscribe",): ("notifications.preference-changed",),
}
"""What is done, and the signals of which there is one for each time."""

BEFORE = Counter({"link": 1})
"""What was done at the command line: the first lead is linked by `bootstrap`."""


def _acknowledged(case: Case) -> Finding:
    """What a client was told to wait for by Guildhall-Signal is on the topic.

    What compaction has dropped there, since a newer record followed, stands in the ledger of what was sent.
    """
    there = {(record.topic, record.id) for record in _signals(case)} | _sent_to_compacted_topics(case)
    wishes = [wish for deed in sorted(TELLS) for wish in case.told.done(deed)]
    differences = []
    for wish in wishes:
        what = f"{wish.last.deed} of {wish.who}"
        if not wish.last.signals:
            differences.append(f"{what} was done and named no signal")
        for signal in wish.last.signals:
            topic, _, id_ = signal.rpartition(":")
            if (topic, id_) not in there:
                differences.append(f"the signal of {what} is not on {topic}")
    return found(f"{len(wishes)} commands", differences)


def _sent_to_compacted_topics(case: Case) -> set[tuple[str, str]]:
    return {
        (row["topic"], str(row["id"]))
        for rows in case.evidence.outboxes.values()
        for row in rows
        if row["sent_at"] is not None and row["topic"].count(".") > 1
    }


def _one_each(case: Case) -> Finding:
    """One wish, one signal about it: asking again with the same key does nothing twice."""
    types = Counter(record.type for record in case.facts)
    differences, said = [], []
    for deeds, signals in SAID_BY.items():
        done, what = sum(len(case.told.done(deed)) for deed in deeds), " or ".join(deeds)
        wanted, got = done + sum(BEFORE[deed] for deed in deeds), sum(types[signal] for signal in signals)
        said.append(f"{done} {what}")
        if wanted != got:
            differences.append(f"{wanted} times {what} was done, and {got} signals say so")
    return found(", ".join(said), differences)


def _sent(case: Case) -> Finding:
    """The ledgers of what was published and the topics of facts are the same set.

    Delivered at least once: a signal that stands there again under its own id is applied once, and is told of here.
    """
    on_topics = {(record.topic, record.id) for record in case.facts}
    differences, compared = [], 0
    published: set[tuple[str, str]] = set()
    for service, rows in case.evidence.outboxes.items():
        unsent = sum(row["sent_at"] is None for row in rows)
        if unsent:
            differences.append(f"{unsent} signals of {service} are unsent")
        for row in rows:
            compared += 1
            name = row["topic"], str(row["id"])
            published.add(name)
            if name[0].count(".") == 1 and name not in on_topics:
                differences.append(f"{service} published {row['type']}, which is not on {name[0]}")
    strangers = [name for name in on_topics if name not in published]
    differences += [f"a signal on {topic} was published by no service" for topic, _ in strangers]
    again = sum(record.stream.count(".") == 0 for record in case.evidence.records) - len(on_topics)
    return found(f"{compared} signals, {again} of them delivered again", differences)


def _applied(case: Case) -> Finding:
    """Each reader's inbox holds exactly what is on its topics; what compaction has dropped may be there as well."""
    by_topic: dict[str, set[str]] = {}
    for record in _signals(case):
        by_topic.setdefault(record.topic, set()).add(record.id)
    compared, differences = 0, []
    for (service, consumer), topics in sorted(case.evidence.readers.items()):
        applied: Mapping[str, frozenset[str]] = case.evidence.inboxes.get((service, consumer), {})
        for topic in sorted(topics):
            there, here = by_topic.get(topic, set()), applied.get(topic, frozenset())
            compared += len(here)
            missed = there - here
            if missed:
                differences.append(f"{service} ({consumer}) missed {len(missed)} signals on {topic}")
            if here - there and topic.count(".") == 1:
                differences.append(f"{service} ({consumer}) applied {len(here - there)} that are not on {topic}")
    return found(f"{compared} deliveries to {len(case.evidence.readers)} readers", differences)


def _nothing_parked(case: Case) -> Finding:
    return found(
        "nothing parked",
        [f"{count} deliveries are parked in {service}" for service, count in case.evidence.parked.items() if count],
    )


def _signals(case: Case) -> list[Record]:
    return [record for record in case.evidence.records if not record.is_heartbeat]


CHECKS = [
    Check("every command that was acknowledged has its signals", _acknowledged),
    Check("nothing that was asked for once was done twice", _one_each),
    Check("everything published is on its topic, and nothing else is", _sent),
    Check("every reader applied every signal once", _applied),
    Check("nothing is parked", _nothing_parked),
]
