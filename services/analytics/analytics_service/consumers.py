"""Everything analytics listens to, on one page."""

from access import ACCESS
from analytics_contracts import ActiveMembersCounted, MembersCounted, RetentionCounted
from analytics_service.erasures.handlers import carry_out_erasure, forget_person
from analytics_service.ingest.handlers import (
    record_events,
    record_memberships,
    record_networks,
    record_registrations,
    record_tellings,
    record_tellings_of_many,
)
from analytics_service.ingest.heard import keep_activity_heard, keep_members_heard, keep_retention_heard
from events_contracts import (
    AttendanceRecorded,
    AttendanceWithdrawn,
    EventCancelled,
    EventChanged,
    EventPublished,
    RegistrationCancelled,
    RegistrationConfirmed,
    RegistrationPromoted,
    RegistrationWaitlisted,
)
from membership_contracts import (
    MembershipChanged,
    MembershipEnded,
    MembershipStarted,
    NetworkChanged,
    NetworkClosed,
    NetworkFounded,
    PersonErased,
)
from notifications_contracts import NotificationTold, PeopleTold
from servicekit.consumers import Consumer, projects, projects_many, tells

FACTS = Consumer(
    name="analytics",
    projection="projection",
    subscriptions=[
        projects_many(NetworkFounded, record_networks),
        projects_many(NetworkChanged, record_networks),
        projects_many(NetworkClosed, record_networks),
        projects_many(MembershipStarted, record_memberships),
        projects_many(MembershipChanged, record_memberships),
        projects_many(MembershipEnded, record_memberships),
        projects(PersonErased, forget_person),
        tells(PersonErased, carry_out_erasure),
        projects_many(EventPublished, record_events),
        projects_many(EventChanged, record_events),
        projects_many(EventCancelled, record_events),
        projects_many(RegistrationConfirmed, record_registrations),
        projects_many(RegistrationWaitlisted, record_registrations),
        projects_many(RegistrationPromoted, record_registrations),
        projects_many(RegistrationCancelled, record_registrations),
        projects_many(AttendanceRecorded, record_registrations),
        projects_many(AttendanceWithdrawn, record_registrations),
        projects_many(NotificationTold, record_tellings),
        projects_many(PeopleTold, record_tellings_of_many),
        projects_many(MembersCounted, keep_members_heard),
        projects_many(ActiveMembersCounted, keep_activity_heard),
        projects_many(RetentionCounted, keep_retention_heard),
    ],
)

CONSUMERS: list[Consumer] = [*ACCESS, FACTS]
