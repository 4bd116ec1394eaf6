"""What is counted of webhooks; no label ever holds a partner.

| name | labels | alarm |
|---|---|---|
| guildhall_webhooks_total | state (what became of it: delivered, queued again, missed, withheld) | |
| guildhall_webhook_queue | | |
| guildhall_webhook_oldest_seconds | | over 1 h: webhooks are not going out |
| guildhall_webhook_endpoints | state (active, failing, paused, disabled, ended) | many failing at once: it is us |
"""

from collections.abc import Mapping
from datetime import datetime

from prometheus_client import Counter, Gauge

from servicekit.metrics import REGISTRY

STATES = ("active", "failing", "paused", "disabled", "ended")

WEBHOOKS = Counter("guildhall_webhooks", "Deliveries by what became of them.", ["state"], registry=REGISTRY)
_QUEUE = Gauge("guildhall_webhook_queue", "Deliveries that are to go.", registry=REGISTRY)
_OLDEST = Gauge(
    "guildhall_webhook_oldest_seconds",
    "For how long the oldest has been due at an endpoint that works.",
    registry=REGISTRY,
)
_ENDPOINTS = Gauge("guildhall_webhook_endpoints", "Subscriptions by state.", ["state"], registry=REGISTRY)


def show(endpoints: Mapping[str, int], *, queued: int, oldest: datetime | None, now: datetime) -> None:
    """endpoints: how many there are in each state. oldest: since when the oldest has been due."""
    for state in STATES:
        _ENDPOINTS.labels(state).set(endpoints.get(state, 0))
    _QUEUE.set(queued)
    _OLDEST.set(max(0.0, (now - oldest).total_seconds()) if oldest else 0.0)
