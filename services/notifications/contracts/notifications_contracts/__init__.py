"""What notifications promises to everybody who listens."""

from notifications_contracts.addresses import AddressConfirmed, AddressSuppressed
from notifications_contracts.branding import TemplateChanged
from notifications_contracts.erasures import ErasureCarriedOut
from notifications_contracts.handing_on import TellingHandedOn
from notifications_contracts.preferences import PreferenceChanged
from notifications_contracts.tellings import NotificationTold, PeopleTold
from servicekit.contract import Signal

SIGNALS: list[type[Signal]] = [
    NotificationTold,
    PeopleTold,
    PreferenceChanged,
    AddressSuppressed,
    AddressConfirmed,
    TemplateChanged,
    TellingHandedOn,
    ErasureCarriedOut,
]

__all__ = [
    "SIGNALS",
    "AddressConfirmed",
    "AddressSuppressed",
    "ErasureCarriedOut",
    "NotificationTold",
    "PeopleTold",
    "PreferenceChanged",
    "TellingHandedOn",
    "TemplateChanged",
]
