"""What membership is told by its environment, beside what every service is told."""

from pathlib import Path

from servicekit.settings import ServiceSettings


class MembershipSettings(ServiceSettings):
    reference_dir: Path = Path("reference")
    """Organisations, regions and job roles as data (reference/README.md)."""
