"""Promises 1, 2 and 5: what was published is on its topics, in commit order, and applied once by every reader."""

from collections import defaultdict
from collections.abc import Iterable

from judging.claims import Claim, claim
from judging.evidence import COMPACTED, Evidence

ON_TOPICS, NO_STRANGER = "what was published is on its topic", "nothing is on a topic that was not published"
IN_ORDER, RISING = "each key's signals come in the order of their commits", "each subject's versions rise"
NEWEST_LAST = "the last word on each key is the newest"
APPLIED, NOT_PARKED = "every reader applied each signal once", "nothing is parked"


def judge(evidence: Evidence) -> list[Claim]:
    return [
        _on_topics(evidence),
        _no_stranger(evidence),
        _in_order(evidence),
        _rising(evidence),
        _newest_last(evidence),
        _applied(evidence),
        claim(
            5,
            NOT_PARKED,
            len(evidence.parked),
            [f"{count} deliveries are parked in {name}" for name, count in evidence.parked.items() if count],
        ),
    ]


def _published(evidence: Evidence) -> Iterable[tuple[str, str, bool, int]]:
    """Topic, id, whether it was sent, and its place among the commits of its database."""
    for rows in evidence.outboxes.values():
        for row in rows:
            yield row["topic"], row["id"], row["sent_at"] is not None, row["position"]


def _on_topics(evidence: Evidence) -> Claim:
    there = {(record.topic, record.id) for record in evidence.records if not record.is_heartbeat}
    compared, differences = 0, []
    for topic, id_, sent, _position in _published(evidence):
        compared += 1
        if not sent:
            differences.append(f"{id_} of {topic} was never sent")
        elif not topic.endswith(COMPACTED) and (topic, id_) not in there:
            differences.append(f"{id_} was sent and is not on {topic}")
    return claim(1, ON_TOPICS, compared, differences)


def _no_stranger(evidence: Evidence) -> Claim:
    """A signal of a command that was rolled back would have no row."""
    published = {(topic, id_) for topic, id_, _sent, _position in _published(evidence)}
    signals = [record for record in evidence.records if not record.is_heartbeat]
    return claim(
        1,
        NO_STRANGER,
        len(signals),
        [
            f"{one.type} {one.id} on {one.topic} was published by no one"
            for one in signals
            if (one.topic, one.id) not in published
        ],
    )


def _in_order(evidence: Evidence) -> Claim:
    """An inversion: a signal that stands, where it first stands, behind one of the same key that was committed later.

    The relay reads by position, and positions of one key are drawn under that key's lock.
    """
    places = {(topic, id_): position for topic, id_, _sent, position in _published(evidence)}
    newest: dict[tuple[str, int, bytes | None], int] = defaultdict(int)
    seen: set[tuple[str, str]] = set()
    compared, differences = 0, []
    for record in evidence.records:
        if record.is_heartbeat or (record.topic, record.id) in seen or (record.topic, record.id) not in places:
            continue
        seen.add((record.topic, record.id))
        compared += 1
        key, place = (record.topic, record.partition, record.key), places[record.topic, record.id]
        if place < newest[key]:
            differences.append(f"{record.type} {record.id} on {record.topic} came after one that was committed later")
        newest[key] = max(newest[key], place)
    return claim(2, IN_ORDER, compared, differences)


def _rising(evidence: Evidence) -> Claim:
    """As a reader sees it who forgets what was delivered again."""
    newest: dict[tuple[str, str], int] = {}
    compared, differences = 0, []
    for record in evidence.facts():
        told = record.document
        if "version" not in told.get("data", {}):
            continue
        compared += 1
        subject, version = (record.topic, str(told["subject"])), told["data"]["version"]
        if version <= newest.get(subject, 0):
            differences.append(f"{record.type} of {subject[1]} says version {version} after {newest[subject]}")
        newest[subject] = max(version, newest.get(subject, 0))
    return claim(2, RISING, compared, differences)


def _newest_last(evidence: Evidence) -> Claim:
    """Compaction keeps a key's last record, so an older one that is sent again must not stand behind a newer one."""
    newest: dict[tuple[str, str], int] = {}
    for topic, key, position in (
        (row["topic"], row["key"], row["position"]) for rows in evidence.outboxes.values() for row in rows
    ):
        newest[topic, key] = max(position, newest.get((topic, key), 0))
    places = {(topic, id_): position for topic, id_, _sent, position in _published(evidence)}
    last: dict[tuple[str, str], int] = {}
    for record in evidence.records:
        if not record.is_heartbeat and record.key is not None:
            last[record.topic, record.key.decode()] = places.get((record.topic, record.id), 0)
    differences = [
        f"the last record of {key} on {topic} is not the newest"
        for (topic, key), place in last.items()
        if place != newest.get((topic, key))
    ]
    return claim(2, NEWEST_LAST, len(last), differences)


def _applied(evidence: Evidence) -> Claim:
    """What compaction has dropped may have been applied as well; of the other topics nothing more and nothing less."""
    by_topic: dict[str, set[str]] = defaultdict(set)
    for record in evidence.records:
        if not record.is_heartbeat:
            by_topic[record.topic].add(record.id)
    compared, differences = 0, []
    for (deployment, consumer), topics in sorted(evidence.readers.items()):
        applied = evidence.inboxes.get((deployment, consumer), {})
        for topic in sorted(topics):
            there, here = by_topic[topic], applied.get(topic, frozenset())
            compared += len(here)
            if there - here:
                differences.append(f"{deployment} ({consumer}) missed {len(there - here)} signals on {topic}")
            if here - there and not topic.endswith(COMPACTED):
                differences.append(f"{deployment} ({consumer}) applied {len(here - there)} that are not on {topic}")
    return claim(2, APPLIED, compared, differences)
