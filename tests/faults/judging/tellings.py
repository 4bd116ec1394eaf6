"""Promise 14: each (cause, person, channel) is told once at most, and comes to an end; none is silently dropped."""

from collections import Counter, defaultdict

from judging.claims import Claim, claim
from judging.evidence import Evidence

ONCE, ENDED = "each cause is told once to each person by each channel", "every telling has come to an end"
MAILED, NOT_DROPPED = "each mail is sent once", "everybody is told what became of their registration"
TERMINAL = {"sent", "shown", "failed", "suppressed", "handed-on", "before-start", "unknown"}
GOES_ONCE_MORE = {"registration-promoted", "event-changed", "event-cancelled", "registration-cancelled"}
"""In doubt, under the same Message-ID; nothing else does."""
TOLD_OF = (
    "events.registration-confirmed",
    "events.registration-waitlisted",
    "events.registration-promoted",
    "events.registration-cancelled",
)
CHANNELS = ("in-app", "email")


def judge(evidence: Evidence) -> list[Claim]:
    return [_once(evidence), _ended(evidence), _mailed(evidence), _not_dropped(evidence)]


def _once(evidence: Evidence) -> Claim:
    rows = evidence.tables.get("ledger", ())
    times = Counter((row["cause"], row["person_id"], row["channel"]) for row in rows)
    return claim(
        14, ONCE, len(rows), [f"{one} stands {count} times in the ledger" for one, count in times.items() if count > 1]
    )


def _ended(evidence: Evidence) -> Claim:
    rows = evidence.tables.get("ledger", ())
    return claim(
        14, ENDED, len(rows), [f"{row['id']} is {row['state']}" for row in rows if row["state"] not in TERMINAL]
    )


def _mailed(evidence: Evidence) -> Claim:
    """By the mails that arrived: each row that says sent has its mail, one that may go again has two at most."""
    arrived: dict[str, list[str]] = defaultdict(list)
    for mail in evidence.mails:
        if mail.kind:
            arrived[mail.ledger_id].append(mail.message_id)
    rows = {row["id"]: row for row in evidence.tables.get("ledger", ()) if row["channel"] == "email"}
    differences = [f"a mail came for {one}, which no ledger knows" for one in arrived.keys() - rows.keys()]
    for id_, row in rows.items():
        ids = arrived[id_]
        again = row["kind"] in GOES_ONCE_MORE and row["repeats"] > 0
        if row["state"] == "sent" and not ids:
            differences.append(f"{id_} is sent, and no mail came")
        if len(ids) > (2 if again else 1):
            differences.append(f"{len(ids)} mails came of one telling, {id_} ({row['kind']}, {row['state']})")
        if len(set(ids)) > 1:
            differences.append(f"the mails of {id_} have {len(set(ids))} Message-IDs")
        if ids and row["state"] not in {"sent", "unknown", "failed"}:
            differences.append(f"a mail came of {id_}, which is {row['state']}")
    return claim(14, MAILED, len(evidence.mails), differences)


def _not_dropped(evidence: Evidence) -> Claim:
    told = {(row["cause"], row["person_id"], row["channel"]) for row in evidence.tables.get("ledger", ())}
    causes = [record for record in evidence.facts() if record.type in TOLD_OF]
    differences = [
        f"{cause.type} {cause.id} was not told to {cause.data['person_id']} by {channel}"
        for cause in causes
        for channel in CHANNELS
        if (cause.id, cause.data["person_id"], channel) not in told
    ]
    return claim(14, NOT_DROPPED, len(causes), differences)
