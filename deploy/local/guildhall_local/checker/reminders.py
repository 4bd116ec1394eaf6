"""Those with a place are reminded a day before the event as it now stands, and of no other date."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from guildhall_local.checker.case import Case
from guildhall_local.checker.finding import Check, Finding, found, unequal
from guildhall_local.story.plan import HUDDLE, ZONE

REMINDER = "event-reminder"
A_DAY = timedelta(hours=24)
LATE = timedelta(seconds=60)


def due(case: Case) -> datetime:
    """A day before the huddle, as it was moved."""
    starts = datetime.fromisoformat(case.told.only("move-event", HUDDLE)["starts"])
    return starts.replace(tzinfo=ZoneInfo(ZONE)) - A_DAY


def _of_the_new_date(case: Case) -> Finding:
    event_id, revision = case.told.event_ids[HUDDLE], case.told.only("move-event", HUDDLE)["revision"]
    cause, wanted = f"event:{event_id}:starts@{revision}:24h", len(case.told.bookings(HUDDLE))
    mails = [mail for mail in case.evidence.mails if mail.kind == REMINDER]
    rows = [row for row in case.evidence.ledger if row["kind"] == REMINDER]
    others = {mail.cause for mail in mails} | {row["cause"] for row in rows} - {cause}
    differences = [f"somebody was reminded because of {other}" for other in sorted(others - {cause})]
    differences += unequal("mails that remind", expected=wanted, actual=len(mails))
    differences += unequal("rows of the ledger that remind", expected=2 * wanted, actual=len(rows))
    return found(f"{len(mails)} reminded, all because of the date that counts", differences)


def _in_time(case: Case) -> Finding:
    mails, wanted = [mail for mail in case.evidence.mails if mail.kind == REMINDER], due(case)
    waits = [datetime.fromisoformat(mail.received_at) - wanted for mail in mails]
    differences = [f"a reminder came {-wait.total_seconds():.1f} s too early" for wait in waits if wait < timedelta(0)]
    differences += [f"a reminder came {wait.total_seconds():.0f} s late" for wait in waits if wait > LATE]
    latest = max(waits, default=timedelta(0)).total_seconds()
    return found(f"{len(mails)} mails, at most {latest:.1f} s after they were due", differences)


CHECKS = [
    Check("people are reminded of the date that counts, and of no other", _of_the_new_date),
    Check("reminders come a day before, to the minute", _in_time),
]
