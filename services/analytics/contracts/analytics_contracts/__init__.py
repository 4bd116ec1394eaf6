"""What analytics promises to everybody who listens: figures that have passed disclosure control."""

from analytics_contracts.figures import EventFunnelCounted, MembersCounted
from servicekit.contract import Signal

SIGNALS: list[type[Signal]] = [MembersCounted, EventFunnelCounted]

__all__ = ["SIGNALS", "EventFunnelCounted", "MembersCounted"]
