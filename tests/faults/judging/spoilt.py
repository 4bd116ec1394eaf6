"""What wrong variants would leave behind: sound evidence, each with one thing spoilt."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from judging import capacity
from judging.evidence import Evidence, Row
from workload.history import History, Try, Wish

from guildhall_local.checker.records import Record
from guildhall_local.story.arrivals import SIGNALS

Spoil = Callable[[Evidence], Evidence]


def with_table(evidence: Evidence, name: str, change: Callable[[list[Row]], Sequence[Row]]) -> Evidence:
    rows = [dict(row) for row in evidence.tables[name]]
    return replace(evidence, tables={**evidence.tables, name: change(rows)})


def without_first(rows: list[Row]) -> list[Row]:
    return rows[1:]


def lost_command(evidence: Evidence) -> Evidence:
    """As if the answer had gone before the commit: acknowledged, and not there."""
    wish = evidence.history.done("register")[0]
    return with_table(evidence, "registrations", lambda rows: [row for row in rows if row["id"] != wish.answer["id"]])


def retried_by_another_key(evidence: Evidence) -> Evidence:
    """Each try was carried out: two events under one wish."""
    key = evidence.history.done("draft-event")[0].about
    return with_table(
        evidence,
        "events",
        lambda rows: [*rows, *(row | {"id": "again"} for row in rows if row["title"].endswith(key))],
    )


def refused_and_done(evidence: Evidence) -> Evidence:
    wish = evidence.history.done("draft-event")[0]
    refused = Wish(
        op=wish.op,
        deed=wish.deed,
        about=wish.about,
        who=wish.who,
        method=wish.method,
        path=wish.path,
        key=wish.key,
        body=wish.body,
        tries=[Try(sent=0.0, ended=1.0, phase="fail", status=409)],
    )
    return _history(evidence, lambda wishes: [refused if one is wish else one for one in wishes])


def _history(evidence: Evidence, change: Callable[[list[Wish]], list[Wish]]) -> Evidence:
    return replace(evidence, history=History(change(list(evidence.history.wishes)), evidence.history.seen))


def another_answer(evidence: Evidence) -> Evidence:
    """A key that is forgotten: the second asking is carried out as if it were new."""
    wish = next(one for one in evidence.history.done("ask-again") if isinstance(one.answer, dict))
    other = replace(wish, tries=[replace(one, answer={"id": "another"}) for one in wish.tries])
    return _history(evidence, lambda wishes: [other if one is wish else one for one in wishes])


def _records(evidence: Evidence, change: Callable[[list[Record]], list[Record]]) -> Evidence:
    return replace(evidence, records=change(list(evidence.records)))


def never_on_its_topic(evidence: Evidence) -> Evidence:
    """A cursor over the outbox: what committed late, before its place, is passed over."""
    gone = _of(evidence, "events.registration-confirmed")[0]
    return _records(evidence, lambda records: [one for one in records if one is not gone])


def rolled_back(evidence: Evidence) -> Evidence:
    """Published before the commit: the signal is out, and its row never was."""
    gone = _of(evidence, "events.registration-confirmed")[0]
    return replace(
        evidence,
        outboxes={name: [row for row in rows if row["id"] != gone.id] for name, rows in evidence.outboxes.items()},
    )


def _of(evidence: Evidence, type_: str) -> list[Record]:
    return [record for record in evidence.facts() if record.type == type_]


def _two_of_a_key(evidence: Evidence) -> tuple[int, int]:
    """Where two records of one key stand."""
    seen: dict[tuple[str, bytes | None], int] = {}
    for place, record in enumerate(evidence.records):
        if record.stream == "events" and (record.topic, record.key) in seen:
            return seen[record.topic, record.key], place
        seen[record.topic, record.key] = place
    raise LookupError("no two records of one key")


def by_uuid(evidence: Evidence) -> Evidence:
    """A relay that orders by ids drawn in several processes."""
    first, second = _two_of_a_key(evidence)

    def swapped(records: list[Record]) -> list[Record]:
        records[first], records[second] = records[second], records[first]
        return records

    return _records(evidence, swapped)


def by_two_relays(evidence: Evidence) -> Evidence:
    """One of them is slow, and sends again what the other has sent long ago."""
    first, second = _two_of_a_key(evidence)
    return _records(
        evidence, lambda records: [*records[: second + 1], records[first], *records[second + 1 :]][: second + 2]
    )


def skipped_by_auto_commit(evidence: Evidence) -> Evidence:
    """What was in hand when the process died is never read again."""
    reader = next(one for one in evidence.readers if one[1] == "notifications")
    topics = dict(evidence.inboxes[reader])
    topic = next(name for name, ids in topics.items() if name.endswith(".events") and ids)
    topics[topic] = frozenset(sorted(topics[topic])[1:])
    return replace(evidence, inboxes={**evidence.inboxes, reader: topics})


def version_again(evidence: Evidence) -> Evidence:
    """Two transactions that read before they locked: one version is said twice, under two ids."""
    first = next(one for one in _of(evidence, "events.registration-cancelled"))
    told = json.loads(first.value or b"{}")
    twin = replace(first, value=json.dumps(told | {"id": "00000000-0000-7000-8000-000000000000"}).encode())
    place = evidence.records.index(first)
    return _records(evidence, lambda records: [*records[: place + 1], twin, *records[place + 1 :]])


def counted_then_inserted(evidence: Evidence) -> Evidence:
    """Without the lock of the event's row: somebody more than there are places."""
    event = next(one for one in evidence.tables["events"] if one["status"] == "published" and one["confirmed"])
    row = next(
        one
        for one in evidence.tables["registrations"]
        if one["event_id"] == event["id"] and one["status"] == capacity.CONFIRMED
    )
    more = event["capacity"] - event["confirmed"] + 1
    return with_table(
        evidence, "registrations", lambda rows: [*rows, *(row | {"id": f"more-{number}"} for number in range(more))]
    )


def nobody_promoted(evidence: Evidence) -> Evidence:
    """A place that is given up and given to nobody."""
    waited = {one["event_id"] for one in evidence.tables["registrations"] if one["status"] == capacity.WAITING}
    waited &= {one["id"] for one in evidence.tables["events"] if one["status"] == "published"}
    gone = next(
        one
        for one in evidence.tables["registrations"]
        if one["status"] == capacity.CONFIRMED and one["event_id"] in waited
    )
    return with_table(
        evidence,
        "registrations",
        lambda rows: [row | {"status": capacity.CANCELLED} if row["id"] == gone["id"] else row for row in rows],
    )


def with_one(column: str, value: Any, table: str, which: Callable[[Row], bool] = lambda row: True) -> Spoil:
    def spoil(evidence: Evidence) -> Evidence:
        chosen = next(row for row in evidence.tables[table] if which(row))

        def change(rows: list[Row]) -> list[Row]:
            return [row | {column: value} if row == chosen else row for row in rows]

        return with_table(evidence, table, change)

    return spoil


def told_twice(evidence: Evidence) -> Evidence:
    return with_table(evidence, "ledger", lambda rows: [*rows, rows[0] | {"id": "again"}])


def mailed_twice(evidence: Evidence) -> Evidence:
    sent = {row["id"] for row in evidence.tables["ledger"] if row["state"] == "sent"}
    mail = next(one for one in evidence.mails if one.ledger_id in sent)
    return replace(evidence, mails=[*evidence.mails, mail])


def dropped(evidence: Evidence) -> Evidence:
    cause = _of(evidence, "events.registration-confirmed")[0].id
    return with_table(evidence, "ledger", lambda rows: [row for row in rows if row["cause"] != cause])


def with_seen(deed: str, change: Callable[[Any], Any]) -> Spoil:
    """What one reader read, spoilt: the longest of what was read so."""

    def spoil(evidence: Evidence) -> Evidence:
        lines = list(evidence.history.seen)
        longest = max((one for one in lines if one.deed == deed and one.answer != "begins"), key=_length)
        spoilt = [replace(one, answer=change(one.answer)) if one is longest else one for one in lines]
        return replace(evidence, history=History(evidence.history.wishes, spoilt))

    return spoil


def _length(line: Any) -> int:
    return len(line.answer) if isinstance(line.answer, list) else int(line.answer)


def forged(evidence: Evidence) -> Evidence:
    one = next(arrival for arrival in evidence.arrivals if arrival.path == SIGNALS)
    forged = replace(one, body=one.body.replace(b'"position":', b'"position": '))
    return replace(evidence, arrivals=[*evidence.arrivals, forged])


def another_id_on_the_second_try(evidence: Evidence) -> Evidence:
    signals = [one for one in evidence.arrivals if one.path == SIGNALS and json.loads(one.body).get("position")]
    again = replace(signals[0], headers={**signals[0].headers, "webhook-id": "another"})
    return replace(evidence, arrivals=[*evidence.arrivals, again])


def never_arrived(evidence: Evidence) -> Evidence:
    gone = next(row for row in evidence.tables["deliveries"] if row["state"] == "delivered" and row["position"])
    left = [one for one in evidence.arrivals if one.webhook_id != gone["webhook_id"]]
    return replace(evidence, arrivals=left)


def promoted_later(evidence: Evidence) -> Evidence:
    """Given away by another transaction than the one that gave them up: places are seen free while somebody waits."""
    gone = {(one.topic, one.partition, one.offset) for one in _of(evidence, "events.registration-promoted")}
    return _records(
        evidence, lambda records: [one for one in records if (one.topic, one.partition, one.offset) not in gone]
    )
