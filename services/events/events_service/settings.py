"""What events is told by its environment beyond what every service is told."""

from pydantic import Field

from servicekit.settings import ServiceSettings


class EventsSettings(ServiceSettings):
    check_in_opens_hours: float = Field(default=12.0, ge=0, le=24 * 366)
    """How long before its start people can be checked in to an event."""
    joining_link_shown_hours: float = Field(default=24.0, ge=0, le=24 * 366)
    """How long before the start those with a place are shown the joining link."""
    line_looked_through_seconds: float = Field(default=15.0, gt=0)
    """How often waiting lists are looked through for people who may come again while a place is free."""
