"""What events promises to everybody who listens."""

from events_contracts.eligibility import Answer, MembershipFacts, Rule, eligible
from events_contracts.gatherings import EventCancelled, EventChanged, EventPublished, EventState
from events_contracts.registrations import (
    AttendanceRecorded,
    RegistrationCancelled,
    RegistrationConfirmed,
    RegistrationPromoted,
    RegistrationState,
    RegistrationWaitlisted,
)
from servicekit.contract import Signal

SIGNALS: list[type[Signal]] = [
    EventPublished,
    EventChanged,
    EventCancelled,
    RegistrationConfirmed,
    RegistrationWaitlisted,
    RegistrationPromoted,
    RegistrationCancelled,
    AttendanceRecorded,
]

__all__ = [
    "SIGNALS",
    "Answer",
    "AttendanceRecorded",
    "EventCancelled",
    "EventChanged",
    "EventPublished",
    "EventState",
    "MembershipFacts",
    "RegistrationCancelled",
    "RegistrationConfirmed",
    "RegistrationPromoted",
    "RegistrationState",
    "RegistrationWaitlisted",
    "Rule",
    "eligible",
]
