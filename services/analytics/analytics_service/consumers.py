"""Everything analytics listens to, on one page. Networks and memberships are access's, dated, and read there."""

from access import ACCESS
from analytics_service.ingest.handlers import keep_events, keep_registrations, keep_tellings
from events_contracts import (
    AttendanceRecorded,
    EventCancelled,
    EventChanged,
    EventPublished,
    RegistrationCancelled,
    RegistrationConfirmed,
    RegistrationPromoted,
    RegistrationWaitlisted,
)
from notifications_contracts import NotificationTold
from servicekit.consumers import Consumer, projects_many

FACTS = Consumer(
    name="analytics",
    projection="projection",
    subscriptions=[
        projects_many(EventPublished, keep_events),
        projects_many(EventChanged, keep_events),
        projects_many(EventCancelled, keep_events),
        projects_many(RegistrationConfirmed, keep_registrations),
        projects_many(RegistrationWaitlisted, keep_registrations),
        projects_many(RegistrationPromoted, keep_registrations),
        projects_many(RegistrationCancelled, keep_registrations),
        projects_many(AttendanceRecorded, keep_registrations),
        projects_many(NotificationTold, keep_tellings),
    ],
)

CONSUMERS = [*ACCESS, FACTS]
