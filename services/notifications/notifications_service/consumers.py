"""Everything notifications listens to, on one page. Of one signal, what projects comes before what tells."""

from collections.abc import Sequence

from access import ACCESS
from analytics_contracts import EventFunnelCounted, MembersCounted
from events_contracts import (
    EventCancelled,
    EventChanged,
    EventPublished,
    RegistrationCancelled,
    RegistrationConfirmed,
    RegistrationPromoted,
    RegistrationWaitlisted,
)
from membership_contracts import (
    AgreementEnded,
    AgreementMade,
    NetworkChanged,
    NetworkClosed,
    NetworkFounded,
    Profile,
)
from notifications_service.announcements.handlers import announce_the_event, stop_announcing_the_event
from notifications_service.gatherings.handlers import keep_gatherings, keep_registrations
from notifications_service.people.handlers import forget_profile, keep_profiles
from notifications_service.streams.handlers import append_to_streams, keep_agreement
from notifications_service.tellings.handlers import (
    tell_of_places,
    tell_of_places_in_line,
    tell_of_promotions,
    tell_of_registrations_cancelled,
    tell_registrants_of_the_cancellation,
    tell_registrants_of_the_change,
)
from servicekit.consumers import Consumer, projects, projects_many, projects_removal, tells, tells_many

NOTIFICATIONS = Consumer(
    name="notifications",
    projection="projection",
    subscriptions=[
        projects_many(Profile, keep_profiles),
        projects_removal(Profile, forget_profile),
        projects_many(EventPublished, keep_gatherings),
        tells(EventPublished, announce_the_event),
        projects_many(EventChanged, keep_gatherings),
        tells(EventChanged, tell_registrants_of_the_change),
        projects_many(EventCancelled, keep_gatherings),
        tells(EventCancelled, tell_registrants_of_the_cancellation),
        tells(EventCancelled, stop_announcing_the_event),
        projects_many(RegistrationConfirmed, keep_registrations),
        tells_many(RegistrationConfirmed, tell_of_places),
        projects_many(RegistrationWaitlisted, keep_registrations),
        tells_many(RegistrationWaitlisted, tell_of_places_in_line),
        projects_many(RegistrationPromoted, keep_registrations),
        tells_many(RegistrationPromoted, tell_of_promotions),
        projects_many(RegistrationCancelled, keep_registrations),
        tells_many(RegistrationCancelled, tell_of_registrations_cancelled),
        projects(AgreementMade, keep_agreement),
        projects(AgreementEnded, keep_agreement),
        tells_many(NetworkFounded, append_to_streams),
        tells_many(NetworkChanged, append_to_streams),
        tells_many(NetworkClosed, append_to_streams),
        tells_many(EventPublished, append_to_streams),
        tells_many(EventChanged, append_to_streams),
        tells_many(EventCancelled, append_to_streams),
        tells_many(MembersCounted, append_to_streams),
        tells_many(EventFunnelCounted, append_to_streams),
    ],
)

CONSUMERS: Sequence[Consumer] = [*ACCESS, NOTIFICATIONS]
