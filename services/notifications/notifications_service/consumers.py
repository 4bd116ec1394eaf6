"""Everything notifications listens to, on one page. Of one signal, what projects comes before what tells.

But for erasures: partners are told while it is still known what they were given.
"""

from collections.abc import Sequence

from access import ACCESS
from analytics_contracts import EventFunnelCounted, MembersCounted, ReportReady
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
from membership_contracts import (
    AgreementEnded,
    AgreementMade,
    ConsentGiven,
    ConsentWithdrawn,
    JoinDecided,
    JoinRequested,
    MembershipChanged,
    MembershipEnded,
    MembershipStarted,
    NetworkChanged,
    NetworkClosed,
    NetworkFounded,
    PersonErased,
    Profile,
)
from notifications_contracts import (
    AddressConfirmed,
    AddressSuppressed,
    PreferenceChanged,
    TellingHandedOn,
    TemplateChanged,
)
from notifications_service.addresses.handlers import keep_confirmed, keep_suppressed
from notifications_service.announcements.handlers import announce_the_event, stop_announcing_the_event
from notifications_service.branding.handlers import keep_templates
from notifications_service.erasures.handlers import (
    carry_out_erasure,
    forget_person,
    tell_partners,
    write_down_who_is_erased,
)
from notifications_service.gatherings.handlers import keep_gatherings, keep_registrations
from notifications_service.handing_on.handlers import tell_for_the_region
from notifications_service.joining.handlers import tell_leads_of_the_request, tell_the_applicant
from notifications_service.people.handlers import forget_profile, keep_profiles
from notifications_service.preferences.handlers import keep_preferences
from notifications_service.reminders.handlers import plan_reminders, stop_reminding_of_the_old_date
from notifications_service.reports.handlers import tell_of_reports
from notifications_service.streams.handlers import (
    append_about_persons,
    append_to_streams,
    keep_agreement,
    keep_consents,
    take_back_what_was_queued,
)
from notifications_service.tellings.handlers import (
    tell_of_places,
    tell_of_places_in_line,
    tell_of_promotions,
    tell_of_registrations_cancelled,
    tell_registrants_of_the_cancellation,
    tell_registrants_of_the_change,
)
from servicekit.consumers import (
    Consumer,
    projects,
    projects_many,
    projects_removal,
    tells,
    tells_everywhere,
    tells_many,
)

NOTIFICATIONS = Consumer(
    name="notifications",
    projection="projection",
    subscriptions=[
        projects_many(Profile, keep_profiles),
        projects_removal(Profile, forget_profile),
        projects(PersonErased, write_down_who_is_erased),
        tells_everywhere(PersonErased, tell_partners),
        projects(PersonErased, forget_person),
        tells(PersonErased, carry_out_erasure),
        projects_many(EventPublished, keep_gatherings),
        projects_many(EventPublished, plan_reminders),
        tells(EventPublished, announce_the_event),
        projects_many(EventChanged, keep_gatherings),
        projects_many(EventChanged, plan_reminders),
        tells(EventChanged, tell_registrants_of_the_change),
        tells(EventChanged, stop_reminding_of_the_old_date),
        projects_many(EventCancelled, keep_gatherings),
        projects_many(EventCancelled, plan_reminders),
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
        tells(JoinRequested, tell_leads_of_the_request),
        tells(JoinDecided, tell_the_applicant),
        tells_everywhere(ReportReady, tell_of_reports),
        projects(AgreementMade, keep_agreement),
        projects(AgreementEnded, keep_agreement),
        projects_many(ConsentGiven, keep_consents),
        projects_many(ConsentWithdrawn, keep_consents),
        tells_everywhere(ConsentWithdrawn, take_back_what_was_queued),
        tells_everywhere(NetworkFounded, append_to_streams),
        tells_everywhere(NetworkChanged, append_to_streams),
        tells_everywhere(NetworkClosed, append_to_streams),
        tells_everywhere(EventPublished, append_to_streams),
        tells_everywhere(EventChanged, append_to_streams),
        tells_everywhere(EventCancelled, append_to_streams),
        tells_everywhere(MembersCounted, append_to_streams),
        tells_everywhere(EventFunnelCounted, append_to_streams),
        tells_everywhere(MembershipStarted, append_about_persons),
        tells_everywhere(MembershipChanged, append_about_persons),
        tells_everywhere(MembershipEnded, append_about_persons),
        tells_everywhere(RegistrationConfirmed, append_about_persons),
        tells_everywhere(RegistrationCancelled, append_about_persons),
        tells_everywhere(AttendanceRecorded, append_about_persons),
    ],
)

# Apart from the rest, so that no unsubscribe waits behind an announcement.
SETTINGS = Consumer(
    name="settings",
    projection="projection",
    subscriptions=[
        projects_many(PreferenceChanged, keep_preferences),
        projects_many(AddressSuppressed, keep_suppressed),
        projects_many(AddressConfirmed, keep_confirmed),
        projects_many(TemplateChanged, keep_templates),
        tells_many(TellingHandedOn, tell_for_the_region),
    ],
)

CONSUMERS: Sequence[Consumer] = [*ACCESS, NOTIFICATIONS, SETTINGS]
