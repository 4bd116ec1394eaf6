"""What every process is told by its environment; a service adds its own by subclassing."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self

from pydantic import AnyHttpUrl, BaseModel, Field, model_validator
from pydantic_settings import BaseSettings

LOCAL_ISSUER_HOSTS = {"127.0.0.1", "localhost", "::1"}


class TrustedIssuer(BaseModel):
    issuer: str
    jwks_url: AnyHttpUrl
    audience: str = "guildhall"
    email_domains: list[str] = []
    """Domains whose verified addresses this issuer may vouch for; `*` for any."""


class ServiceSettings(BaseSettings):
    """Names of the environment are the fields' own, in capitals."""

    service_profile: Literal["local", "production"] = "production"
    database_url: str = ""
    worker_database_url: str = ""
    owner_database_url: str = ""
    admin_database_url: str = ""
    """An administrator's, which nothing but `found` needs."""
    kafka_bootstrap: str = ""
    topic_prefix: str = ""
    cells: str = "all"
    cells_file: Path = Path("deploy/kafka/cells.toml")
    http_host: str = "127.0.0.1"
    http_port: int = 8000
    work_port: int = 8001
    trusted_issuers: list[TrustedIssuer] = []
    secrets_dir: Path = Path("secrets")
    tell_from: datetime = datetime.fromtimestamp(0, UTC)
    """Causes older than this are recorded as `before-start` and told to nobody."""
    public_url: str = "http://127.0.0.1:7400"
    log_level: str = "INFO"
    drain_seconds: float = Field(default=2.0, ge=0, le=5)
    """For how long `serve`, told to end, still answers while it says that it is not ready."""
    otel_exporter_otlp_endpoint: str = ""
    """Where traces are sent (OTLP over HTTP); empty: there are none."""
    pool_size: int = Field(default=10, ge=1, le=200)
    clock_file: str = ""
    """A file with the seconds by which the clock is ahead; refused in production. Empty: none."""
    access_bound_seconds: float = 60.0
    """How old the newest heartbeat of a grants topic may be before grants no longer decide."""

    @model_validator(mode="after")
    def _no_local_issuer_in_production(self) -> Self:
        if self.service_profile == "production":
            local = [i.issuer for i in self.trusted_issuers if _host(i.issuer) in LOCAL_ISSUER_HOSTS]
            if local:
                raise ValueError(f"a production process does not trust a local issuer: {', '.join(local)}")
        return self

    @model_validator(mode="after")
    def _no_moved_clock_in_production(self) -> Self:
        if self.service_profile == "production" and self.clock_file:
            raise ValueError("a production process keeps the true time: CLOCK_FILE is for a local stack only")
        return self


def _host(issuer: str) -> str | None:
    return AnyHttpUrl(issuer).host
