"""What notifications promises to everybody who listens."""

from notifications_contracts.tellings import NotificationTold
from servicekit.contract import Signal

SIGNALS: list[type[Signal]] = [NotificationTold]

__all__ = ["SIGNALS", "NotificationTold"]
