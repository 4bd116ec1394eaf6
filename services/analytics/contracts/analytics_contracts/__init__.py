"""What analytics promises to everybody who listens: figures that passed disclosure control, and reports at hand."""

from analytics_contracts.erasures import ErasureCarriedOut
from analytics_contracts.figures import (
    ActiveMembersCounted,
    EventFunnelCounted,
    MembersCounted,
    RetentionCounted,
    Stayed,
)
from analytics_contracts.reports import ReportReady
from servicekit.contract import Signal

SIGNALS: list[type[Signal]] = [
    MembersCounted,
    EventFunnelCounted,
    ActiveMembersCounted,
    RetentionCounted,
    ReportReady,
    ErasureCarriedOut,
]

__all__ = [
    "SIGNALS",
    "ActiveMembersCounted",
    "ErasureCarriedOut",
    "EventFunnelCounted",
    "MembersCounted",
    "ReportReady",
    "RetentionCounted",
    "Stayed",
]
