"""How the checker notices a signal that was lost, doubled, foreign, or missed by one of its readers."""

from typing import Any

from story_builders import a_case, history, signal, wish

from guildhall_local.checker import delivery
from guildhall_local.checker.case import Case
from guildhall_local.checker.finding import Finding
from guildhall_local.checker.records import Record

TOPIC = "national.events"
READER = ("analytics", "ingest")


def look(case: Case, claim: str) -> Finding:
    [check] = [check for check in delivery.CHECKS if claim in check.name]
    return check.look(case)


def two() -> list[Record]:
    return history(("confirmed", "ann"), ("confirmed", "ben"))


def outbox(*records: Record, sent: bool = True) -> dict[str, list[dict[str, Any]]]:
    return {
        "events": [{"id": r.id, "topic": r.topic, "type": r.type, "sent_at": "now" if sent else None} for r in records]
    }


def read(*records: Record) -> dict[str, Any]:
    return {
        "readers": {READER: frozenset({TOPIC})},
        "inboxes": {READER: {TOPIC: frozenset(record.id for record in records)}},
    }


def test_what_was_published_sent_and_read_by_all_differs_nowhere() -> None:
    case = a_case(records=two(), outboxes=outbox(*two()), **read(*two()))

    assert look(case, "on its topic").differences == []
    assert look(case, "every reader").differences == []
    assert look(case, "parked").differences == []


def test_a_signal_that_a_reader_missed_is_noticed() -> None:
    finding = look(a_case(records=two(), **read(two()[0])), "every reader")

    assert finding.words == "analytics (ingest) missed 1 signals on national.events"


def test_a_topic_that_a_reader_never_read_is_noticed() -> None:
    case = a_case(records=two(), readers={READER: frozenset({TOPIC})})

    assert look(case, "every reader").words == "analytics (ingest) missed 2 signals on national.events"


def test_a_signal_that_was_applied_and_never_sent_is_noticed() -> None:
    case = a_case(records=two()[:1], **read(*two()))

    assert look(case, "every reader").words == "analytics (ingest) applied 1 that are not on national.events"


def test_what_compaction_took_away_is_not_missed() -> None:
    grants = "national.membership.grants"
    gone = signal("membership.grants-held", topic=grants)
    case = a_case(readers={READER: frozenset({grants})}, inboxes={READER: {grants: frozenset({gone.id})}})

    assert look(case, "every reader").well


def test_a_signal_that_is_unsent_lost_or_nobody_s_is_noticed() -> None:
    first, second = two()

    unsent = a_case(records=two(), outboxes=outbox(*two(), sent=False))
    lost = a_case(records=[first], outboxes=outbox(first, second))
    foreign = a_case(records=two(), outboxes=outbox(first))

    assert look(unsent, "on its topic").words == "2 signals of events are unsent"
    assert look(lost, "on its topic").words.endswith("which is not on national.events")
    assert look(foreign, "on its topic").words == "a signal on national.events was published by no service"


def test_a_signal_that_was_delivered_again_under_its_own_id_counts_once() -> None:
    first, second = two()
    case = a_case(records=[first, first, second], outboxes=outbox(first, second), **read(first, second))

    assert look(case, "on its topic") == Finding("2 signals, 1 of them delivered again", [])
    assert look(case, "every reader").well


def test_a_command_whose_signal_is_not_there_is_noticed() -> None:
    first, second = two()
    asked = [
        wish("register", "ann", answer={"id": "a"}, signals=[f"{TOPIC}:{first.id}"]),
        wish("register", "ben", answer={"id": "b"}, signals=[f"{TOPIC}:{second.id}"]),
        wish("link", "cat", signals=[]),
    ]

    finding = look(a_case(asked, [first]), "acknowledged")

    assert set(finding.differences) == {
        "the signal of register of ben is not on national.events",
        "link of cat was done and named no signal",
        "publish-event of nadia was done and named no signal",
    }


def test_what_was_asked_once_and_done_twice_is_noticed() -> None:
    asked = [wish("register", "ann", answer={"id": "a"})]

    finding = look(a_case(asked, two()), "done twice")

    assert "1 times register was done, and 2 signals say so" in finding.differences


def test_what_is_parked_is_noticed() -> None:
    assert look(a_case(parked={"events": 2, "analytics": 0}), "parked").words == "2 deliveries are parked in events"


def test_what_compaction_took_from_a_topic_counts_where_it_was_sent() -> None:
    grants = "midlands.membership.grants"
    gone = signal("membership.grants-held", topic=grants)
    asked = [wish("give-grant", "nadia", signals=[f"{grants}:{gone.id}"])]
    row = {"id": gone.id, "topic": grants, "type": gone.type, "sent_at": "now"}
    words = f"the signal of give-grant of nadia is not on {grants}"

    sent, unsent = (
        look(a_case(asked, outboxes={"membership": [row | {"sent_at": sent_at}]}), "acknowledged").differences
        for sent_at in ("now", None)
    )

    assert words not in sent
    assert words in unsent
