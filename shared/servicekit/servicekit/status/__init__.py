"""How a service is: one picture, for operators' screens and for the figures that alerts are made of."""

from servicekit.status.gathering import gather
from servicekit.status.picture import Status

__all__ = ["Status", "gather"]
