"""Everything membership listens to, on one page: its own facts, so that it decides like every other service, and
what the others answer to an erasure."""

import analytics_contracts
import events_contracts
import notifications_contracts
from access import ACCESS
from membership_service.erasures.handlers import keep_receipts
from servicekit.consumers import Consumer, projects_many

RECEIPTS = Consumer(
    name="receipts",
    projection="projection",
    subscriptions=[
        projects_many(events_contracts.ErasureCarriedOut, keep_receipts),
        projects_many(notifications_contracts.ErasureCarriedOut, keep_receipts),
        projects_many(analytics_contracts.ErasureCarriedOut, keep_receipts),
    ],
)

CONSUMERS: list[Consumer] = [*ACCESS, RECEIPTS]
