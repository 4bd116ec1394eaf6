"""What this service counts beside the common figures; no label ever holds a person.

| name | labels | alarm |
|---|---|---|
| guildhall_mails_total | state (what became of it: sent, queued again, failed, unknown, handed-on) | |
| guildhall_bounces_total | verdict (hard, soft, complaint, vacation, delayed, not-a-bounce) | hard ones rising |
| guildhall_mail_queue | | |
| guildhall_mail_oldest_seconds | | over 4 h: mails are not going out |
| guildhall_mail_waiting_for_address | | |
| guildhall_mail_waiting_overdue | | over 0: somebody has had no address for 4 h |
| guildhall_mail_unknown, guildhall_mail_failed | | rising |
| guildhall_live_streams | | |
"""

from datetime import datetime

from prometheus_client import Counter, Gauge

from notifications_service.mail.store import Queue
from servicekit.metrics import REGISTRY

MAILS = Counter("guildhall_mails", "Mails handed to the server, by what became of them.", ["state"], registry=REGISTRY)
BOUNCES = Counter("guildhall_bounces", "Mails that came back, by what they say.", ["verdict"], registry=REGISTRY)
_QUEUED = Gauge("guildhall_mail_queue", "Mails that are to go.", registry=REGISTRY)
_OLDEST = Gauge("guildhall_mail_oldest_seconds", "For how long the oldest has been due.", registry=REGISTRY)
_WAITING = Gauge("guildhall_mail_waiting_for_address", "Mails without an address.", registry=REGISTRY)
_OVERDUE = Gauge("guildhall_mail_waiting_overdue", "Those without one for more than 4 hours.", registry=REGISTRY)
LIVE_STREAMS = Gauge("guildhall_live_streams", "Open live streams.", registry=REGISTRY)
_UNKNOWN = Gauge("guildhall_mail_unknown", "Mails whose fate is not known.", registry=REGISTRY)
_FAILED = Gauge("guildhall_mail_failed", "Mails that were refused for good.", registry=REGISTRY)


def show_queue(queue: Queue, now: datetime) -> None:
    _QUEUED.set(queue.queued)
    _OLDEST.set(max(0.0, (now - queue.oldest).total_seconds()) if queue.oldest else 0.0)
    _WAITING.set(queue.waiting_for_address)
    _OVERDUE.set(queue.overdue)
    _UNKNOWN.set(queue.unknown)
    _FAILED.set(queue.failed)
