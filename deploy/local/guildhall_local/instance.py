"""One local stack: where it keeps its things and which ports it takes; two stacks differ in nothing else."""

import os
import secrets
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from guildhall_local.obstacle import Obstacle

PROJECT = Path(__file__).resolve().parents[3]
CELLS_FILE = PROJECT / "deploy" / "kafka" / "cells.toml"
HOST = "127.0.0.1"
SERVICES = ("membership", "events", "notifications", "analytics")
PLACES = ("gateway", "provider", "mail", "smtp", "kafka", "kafka-controller", "postgres", "envoy-admin")
FIRST_SERVE, FIRST_WORK = 11, 21


def default_cache() -> Path:
    """GUILDHALL_CACHE, else the user's cache folder: what is fetched once serves every stack."""
    given = os.environ.get("GUILDHALL_CACHE")
    if given:
        return Path(given).resolve()
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "guildhall"


class Founding(BaseModel):
    """What is decided once, when a stack is founded, and stays with its data."""

    founded_at: datetime
    passwords: dict[str, str]


class Instance(BaseSettings):
    """Read from GUILDHALL_STATE, GUILDHALL_CACHE and PORT_BASE, or built by hand by a test."""

    model_config = SettingsConfigDict(env_prefix="GUILDHALL_", populate_by_name=True, frozen=True)

    state: Path = PROJECT / ".guildhall"
    cache: Path = Field(default_factory=default_cache)
    port_base: int = Field(default=7400, ge=1024, le=65_500, validation_alias="PORT_BASE")
    listen: str = HOST
    """What the provider and the mail catcher listen on: in a container, everything that reaches it."""

    @field_validator("state", "cache")
    @classmethod
    def _absolute(cls, given: Path) -> Path:
        return given.expanduser().resolve()

    @cached_property
    def ports(self) -> dict[str, int]:
        """Every port that the stack listens on, by what listens there."""
        base = self.port_base
        return (
            {place: base + offset for offset, place in enumerate(PLACES)}
            | {f"{service}-serve": base + FIRST_SERVE + offset for offset, service in enumerate(SERVICES)}
            | {f"{service}-work": base + FIRST_WORK + offset for offset, service in enumerate(SERVICES)}
        )

    def url(self, place: str, path: str = "") -> str:
        """Where `place` listens, as http://host:port and the path."""
        return f"http://{HOST}:{self.ports[place]}{path}"

    @property
    def issuer(self) -> str:
        return self.url("provider")

    @property
    def kafka_bootstrap(self) -> str:
        return f"{HOST}:{self.ports['kafka']}"

    @property
    def run(self) -> Path:
        """Lock and status of the supervisor."""
        return self.state / "run"

    @property
    def logs(self) -> Path:
        return self.state / "logs"

    def log(self, process: str) -> Path:
        return self.logs / f"{process}.log"

    def folder(self, name: str) -> Path:
        """A folder of the stack's, made if need be; for one process alone, so only its owner may enter."""
        path = self.state / name
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    def secrets_dir(self, service: str) -> Path:
        self.folder("secrets")
        return self.folder(f"secrets/{service}")

    @property
    def founding_file(self) -> Path:
        """Where it is, the state folder is a stack's, and may be emptied with it."""
        return self.state / "founding.json"

    def found(self) -> None:
        """Write the founding, once."""
        self.folder(".")
        if not self.founding_file.exists():
            _write_private(self.founding_file, _new_founding().model_dump_json(indent=2))

    @cached_property
    def founding(self) -> Founding:
        """Read, or written on first use: passwords stay with the databases that know them."""
        self.found()
        try:
            return Founding.model_validate_json(self.founding_file.read_text())
        except ValidationError as error:
            raise Obstacle(f"{self.founding_file} is damaged: `guildhall fresh` founds the stack anew.") from error

    def database_url(self, role: str, database: str) -> str:
        password = self.founding.passwords[role]
        return f"postgresql://{role}:{password}@{HOST}:{self.ports['postgres']}/{database}"


def _new_founding() -> Founding:
    roles = [
        "postgres",
        *(f"{service}_{part}" for service in SERVICES for part in ("owner", "api", "worker")),
    ]
    return Founding(
        founded_at=datetime.now(UTC).replace(microsecond=0),
        passwords={role: secrets.token_urlsafe(18) for role in roles},
    )


def _write_private(file: Path, text: str) -> None:
    """Appears whole, and readable to its owner alone."""
    draft = file.with_suffix(".draft")
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(file)
