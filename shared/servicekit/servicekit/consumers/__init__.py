"""Signals are delivered at least once and applied exactly once, in the order of their keys."""

from servicekit.consumers.delivery import Delivery, Removal
from servicekit.consumers.subscription import (
    Consumer,
    Serves,
    projects,
    projects_many,
    projects_removal,
    tells,
    tells_everywhere,
    tells_many,
)

__all__ = [
    "Consumer",
    "Delivery",
    "Removal",
    "Serves",
    "projects",
    "projects_many",
    "projects_removal",
    "tells",
    "tells_everywhere",
    "tells_many",
]
