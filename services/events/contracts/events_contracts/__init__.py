"""What events promises to everybody who listens."""

from events_contracts.eligibility import Answer, MembershipFacts, Rule, eligible
from events_contracts.erasures import ErasureCarriedOut
from events_contracts.gatherings import KINDS, EventCancelled, EventChanged, EventPublished, EventState, Session
from events_contracts.registrations import (
    AttendanceRecorded,
    AttendanceWithdrawn,
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
    AttendanceWithdrawn,
    ErasureCarriedOut,
]

__all__ = [
    "KINDS",
    "SIGNALS",
    "Answer",
    "AttendanceRecorded",
    "AttendanceWithdrawn",
    "ErasureCarriedOut",
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
    "Session",
    "eligible",
]
