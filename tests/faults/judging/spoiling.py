"""The wrong variants by name, each with the claim that must notice what it leaves."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from judging import acknowledged, capacity, ledgers, pushed, reading, signals, spoilt, tellings
from judging.rebuilt import Rebuilt
from judging.spoilt import Spoil


@dataclass(frozen=True, slots=True)
class Control:
    wrong: str
    """The variant that would leave such evidence."""
    notices: str
    """The name of the claim that must not be kept."""
    spoil: Spoil


CONTROLS: Mapping[str, Control] = {
    control.wrong: control
    for control in (
        Control("answered before the commit", acknowledged.LOST, spoilt.lost_command),
        Control("a retry that is not idempotent", acknowledged.TWICE, spoilt.retried_by_another_key),
        Control("refused and carried out", acknowledged.TWICE, spoilt.refused_and_done),
        Control("a key that is forgotten", acknowledged.SAME_ANSWER, spoilt.another_answer),
        Control("a cursor over the outbox", signals.ON_TOPICS, spoilt.never_on_its_topic),
        Control("a signal named and not sent", acknowledged.NAMED, spoilt.never_on_its_topic),
        Control("published before the commit", signals.NO_STRANGER, spoilt.rolled_back),
        Control("a relay ordered by UUID", signals.IN_ORDER, spoilt.by_uuid),
        Control("two relays", signals.NEWEST_LAST, spoilt.by_two_relays),
        Control("auto-commit", signals.APPLIED, spoilt.skipped_by_auto_commit),
        Control("read before the lock", signals.RISING, spoilt.version_again),
        Control("count, then insert", capacity.OVERSOLD, spoilt.counted_then_inserted),
        Control("a count of its own", capacity.COUNTED, spoilt.counted_then_inserted),
        Control("promoted in a transaction of its own", capacity.UNDERSOLD, spoilt.promoted_later),
        Control("nobody is promoted", capacity.UNDERSOLD, spoilt.nobody_promoted),
        Control(
            "state changed past the ledger",
            ledgers.FOLDED.format("registrations"),
            spoilt.with_one("code", "ANOTHER", "registrations"),
        ),
        Control(
            "a membership moved in silence",
            ledgers.FOLDED.format("memberships"),
            spoilt.with_one("version", 99, "memberships"),
        ),
        Control(
            "a grant lost by compaction",
            ledgers.FOLDED.format("grants"),
            lambda evidence: spoilt.with_table(
                evidence, "grants", lambda rows: [*rows, rows[0] | {"id": "lost", "ends_at": None}]
            ),
        ),
        Control(
            "a tombstone that ignores its topic",
            ledgers.FOLDED.format("profiles"),
            lambda evidence: spoilt.with_table(evidence, "profiles", spoilt.without_first),
        ),
        Control("no inbox", tellings.ONCE, spoilt.told_twice),
        Control("mailed again without a word", tellings.MAILED, spoilt.mailed_twice),
        Control("a telling forgotten in the queue", tellings.ENDED, spoilt.with_one("state", "queued", "ledger")),
        Control("a telling dropped", tellings.NOT_DROPPED, spoilt.dropped),
        Control("an offset for a cursor", reading.STREAM, spoilt.with_seen("followed-stream", lambda items: items[1:])),
        Control(
            "numbers from a sequence",
            reading.WALKED,
            spoilt.with_seen("walked-own-list", lambda ids: [*ids[:1], *ids[2:]]),
        ),
        Control(
            "a page that is read twice", reading.WALKED, spoilt.with_seen("walked-own-list", lambda ids: [ids[0], *ids])
        ),
        Control(
            "a live stream that begins anew",
            reading.LIVE,
            spoilt.with_seen("followed-live", lambda position: position + 1000),
        ),
        Control(
            "a position that is skipped",
            reading.POSITIONS,
            lambda evidence: spoilt.with_table(evidence, "stream", spoilt.without_first),
        ),
        Control("a webhook that is changed on its way", pushed.SIGNED, spoilt.forged),
        Control("a new id on every try", pushed.ONE_ID, spoilt.another_id_on_the_second_try),
        Control("settled before it was sent", pushed.DELIVERED, spoilt.never_arrived),
    )
}


def applied_twice(one: Rebuilt) -> Rebuilt:
    """As no inbox leaves a projection: one row more than a rebuild makes."""
    table = next(name for name, rows in one.live.items() if rows)
    row = next(iter(one.live[table]))
    return replace(one, live={**one.live, table: one.live[table] + Counter([row])})


def forgotten(one: Rebuilt) -> Rebuilt:
    """As a tombstone leaves it that takes away what came from another topic."""
    table = next(name for name, rows in one.live.items() if rows)
    row = next(iter(one.live[table]))
    return replace(one, live={**one.live, table: one.live[table] - Counter([row])})
