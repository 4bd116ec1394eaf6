"""Signals are delivered at least once and applied exactly once, in the order of their keys."""

from servicekit.consumers.delivery import Delivery, Removal
from servicekit.consumers.subscription import (
    Consumer,
    projects,
    projects_many,
    projects_removal,
    tells,
    tells_many,
)

__all__ = ["Consumer", "Delivery", "Removal", "projects", "projects_many", "projects_removal", "tells", "tells_many"]
