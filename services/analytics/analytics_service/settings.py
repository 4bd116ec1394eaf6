"""What analytics is told by its environment beyond what every service is told."""

from pydantic import Field

from servicekit.settings import ServiceSettings


class AnalyticsSettings(ServiceSettings):
    snapshots_looked_for_seconds: float = Field(default=0.5, gt=0)
    """How often `work` looks for snapshots that are asked for or due."""
    schedules_looked_for_seconds: float = Field(default=30.0, gt=0)
    """How often `work` looks for reports that are due by mail."""
