"""What analytics is told by its environment beyond what every service is told."""

from servicekit.settings import ServiceSettings


class AnalyticsSettings(ServiceSettings):
    """Nothing so far."""
