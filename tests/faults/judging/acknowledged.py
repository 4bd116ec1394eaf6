"""Promises 1 and 4: what was acknowledged is there, once; what was refused is not; the same key, the same answer."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

from judging.claims import Claim, claim
from judging.evidence import COMPACTED, Evidence, Row
from workload.history import Wish

LOST, TWICE = "what was acknowledged is there", "nothing was done twice, and nothing that was refused"
NAMED, SAME_ANSWER = "what was acknowledged has its signals", "the same key gives the same answer"

MADE = {
    "draft-event": "events",
    "register": "registrations",
    "register-person": "people",
    "begin-membership": "memberships",
    "move-membership": "memberships",
    "give-grant": "grants",
    "ask-to-join": "join-requests",
    "announce": "announcements",
}
"""What is made by what is done: its id is answered, and stands in the table."""

NAMED_BY_THE_WISH = {"draft-event": ("events", "title"), "announce": ("announcements", "title")}
"""What carries the wish's key in its words, so that one that was carried out twice shows."""

TELLS = {
    "publish-event",
    "change-event",
    "cancel-event",
    "register",
    "cancel-registration",
    "register-person",
    "begin-membership",
    "move-membership",
    "give-grant",
    "end-grant",
    "ask-to-join",
    "approve-joining",
}
"""What others must hear of whenever it is done for the first time."""


def judge(evidence: Evidence) -> list[Claim]:
    return [_lost(evidence), _twice(evidence), _named(evidence), _same_answer(evidence)]


def _lost(evidence: Evidence) -> Claim:
    rows = {name: {row["id"]: row for row in evidence.tables.get(name, ()) if "id" in row} for name in evidence.tables}
    compared, differences = 0, []
    for wish in evidence.history.wishes:
        if wish.outcome != "ok":
            continue
        for what in _claims(wish):
            compared += 1
            table, id_, says = what
            row = rows.get(table, {}).get(id_)
            if row is None or not says(row):
                differences.append(f"{wish.deed} by {wish.who} ({wish.key}) was acknowledged: {table} {id_} says {row}")
    return claim(1, LOST, compared, differences)


def _claims(wish: Wish) -> Iterator[tuple[str, str, Callable[[Row], bool]]]:
    """Table, id, and what its row must say."""
    if wish.deed in MADE:
        yield MADE[wish.deed], wish.answer["id"], lambda row: True
    if wish.deed in {"publish-event", "change-event", "cancel-event"}:
        told = wish.answer
        yield "events", told["id"], lambda row: row["version"] >= told["version"] and row["published_at"] is not None
    if wish.deed == "cancel-event":
        yield "events", wish.answer["id"], lambda row: row["status"] == "cancelled"
    if wish.deed == "cancel-registration":
        yield "registrations", wish.about, lambda row: row["status"] == "cancelled"
    if wish.deed == "check-in":
        yield "registrations", wish.about, lambda row: row["attended_at"] is not None
    if wish.deed == "end-grant":
        yield "grants", wish.about, lambda row: row["ends_at"] is not None
    if wish.deed == "approve-joining":
        yield "join-requests", wish.about, lambda row: row["state"] == "approved"


def _twice(evidence: Evidence) -> Claim:
    compared, differences = 0, []
    for deed, (table, column) in NAMED_BY_THE_WISH.items():
        found = Counter(str(row[column]).rpartition(" ")[2] for row in evidence.tables.get(table, ()))
        for wish in evidence.history.of(deed):
            compared += 1
            differences += _miscounted(wish.outcome, found[wish.about], f"{deed} {wish.about} of {wish.who}")
    people = evidence.tables.get("people", ())
    emails = Counter(row["email"] for row in people if row["erased_at"] is None)
    erased = {row["id"] for row in people if row["erased_at"] is not None}
    for wish in evidence.history.of("register-person"):
        if wish.answer is not None and wish.answer["id"] in erased:
            continue  # whose address was has been forgotten
        compared += 1
        differences += _miscounted(wish.outcome, emails[wish.body["email"]], f"the person {wish.body['email']}")
    compared_here, more = _registered_twice(evidence)
    return claim(1, TWICE, compared + compared_here, differences + more)


def _miscounted(outcome: str, times: int, what: str) -> list[str]:
    """Acknowledged: once. Refused: never. Unknown: at most once."""
    allowed = {"ok": (1,), "fail": (0,)}.get(outcome, (0, 1))
    return [] if times in allowed else [f"{what} is {outcome}, and was done {times} times"]


def _registered_twice(evidence: Evidence) -> tuple[int, list[str]]:
    """Of each person at each event: as many registrations as were acknowledged, or unknown ones more."""
    stored = Counter((row["event_id"], row["person_id"]) for row in evidence.tables.get("registrations", ()))
    asked: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for wish in evidence.history.of("register"):
        asked[wish.about, evidence.person(wish.who)][wish.outcome] += 1
    differences = []
    for event, person in asked.keys() | stored.keys():
        times, outcomes = stored[event, person], asked[event, person]
        if not outcomes["ok"] <= times <= outcomes["ok"] + outcomes["unknown"]:
            differences.append(
                f"person {person} has {times} registrations at {event}; {outcomes['ok']} were acknowledged,"
                f" {outcomes['unknown']} are unknown"
            )
    return len(asked), differences


def _named(evidence: Evidence) -> Claim:
    """What Guildhall-Signal named is in the ledger of what was sent, and on its topic if that keeps everything."""
    on_topics = {(record.topic, record.id) for record in evidence.records if not record.is_heartbeat}
    sent = {
        (row["topic"], row["id"]) for rows in evidence.outboxes.values() for row in rows if row["sent_at"] is not None
    }
    compared, differences = 0, []
    for wish in evidence.history.wishes:
        if wish.answered is None:
            continue
        if wish.deed in TELLS and not any(one.signals for one in wish.tries):
            differences.append(f"{wish.deed} by {wish.who} was acknowledged and named no signal")
        for signal in wish.answered.signals:
            compared += 1
            topic, _, id_ = signal.rpartition(":")
            if (topic, id_) not in sent:
                differences.append(f"the signal of {wish.deed} by {wish.who} was not sent to {topic}")
            elif not topic.endswith(COMPACTED) and (topic, id_) not in on_topics:
                differences.append(f"the signal of {wish.deed} by {wish.who} is not on {topic}")
    return claim(1, NAMED, compared, differences)


def _same_answer(evidence: Evidence) -> Claim:
    """Of all that was asked by one key: one answer, whoever's try it was; and for something else no success."""
    answers: dict[tuple[str, str, str], list[tuple[int | None, object]]] = defaultdict(list)
    compared, differences = 0, []
    for wish in evidence.history.wishes:
        if wish.deed == "ask-otherwise":
            compared += 1
            if wish.outcome == "ok" or (wish.outcome == "fail" and wish.tries[-1].status != 422):
                said = wish.tries[-1].status
                differences.append(f"something else by the key {wish.key} of {wish.about} was answered {said}")
        elif wish.key is not None:
            same = answers[wish.who, wish.path, wish.key]
            same += [(one.status, one.answer) for one in wish.tries if one.phase == "ok"]
    for (who, path, key), given in answers.items():
        if len(given) > 1:
            compared += 1
            differences += [
                f"{who} was told two things by the key {key} at {path}" for one in given[1:] if one != given[0]
            ]
    return claim(4, SAME_ANSWER, compared, differences)
