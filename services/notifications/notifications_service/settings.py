"""What notifications is told by its environment beyond what every service is told."""

from urllib.parse import urlsplit

from pydantic import Field

from servicekit.settings import ServiceSettings


class NotificationsSettings(ServiceSettings):
    smtp_host: str = "127.0.0.1"
    smtp_port: int = Field(default=25, ge=1, le=65535)
    mail_from: str = "guildhall@localhost"
    """The sender's address of every mail."""
    mail_domain: str = ""
    """What stands after the @ of every Message-ID; empty: the host of PUBLIC_URL."""
    mail_connections: int = Field(default=4, ge=1, le=20)
    """Connections to the mail server that are used side by side."""
    stream_kept_days: int = Field(default=90, ge=1)
    """How long partners may come back for what they have not read."""

    @property
    def domain(self) -> str:
        return self.mail_domain or urlsplit(self.public_url).hostname or "localhost"
