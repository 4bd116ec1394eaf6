"""One local stack: where it keeps its things and which ports it takes; two stacks differ in nothing else."""

import os
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from guildhall_local.obstacle import Obstacle
from servicekit import cells

PROJECT = Path(__file__).resolve().parents[3]
CELLS_FILE = PROJECT / "deploy" / "kafka" / "cells.toml"
HOST = "127.0.0.1"
SERVICES = ("membership", "events", "notifications", "analytics")
REGIONAL = ("events", "notifications", "analytics")
"""Those that a cell may have as deployments of its own; membership is national."""
PLACES = ("gateway", "provider", "mail", "smtp", "kafka", "kafka-controller", "postgres", "envoy-admin")
RECEIVER = 9
"""Above PORT_BASE: where the story's own receiver of webhooks listens, while the story is played."""
FIRST_SERVE, FIRST_WORK = 11, 21
FIRST_OWN_SERVE, FIRST_OWN_WORK = 31, 41


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
    own_cell: str = ""
    """A cell whose events, notifications and analytics are deployments of their own; empty: all are common."""

    @field_validator("state", "cache")
    @classmethod
    def _absolute(cls, given: Path) -> Path:
        return given.expanduser().resolve()

    @field_validator("own_cell")
    @classmethod
    def _a_region(cls, given: str) -> str:
        regions = [name for name in cells.load(CELLS_FILE).all if name != cells.NATIONAL]
        if given and given not in regions:
            raise ValueError(f"only a region may stand alone: {', '.join(regions)}; {given} is none")
        return given

    @property
    def own(self) -> tuple[str, ...]:
        """The deployments of the cell that stands alone, such as `events-midlands`."""
        return tuple(f"{service}-{self.own_cell}" for service in REGIONAL) if self.own_cell else ()

    @property
    def deployments(self) -> tuple[str, ...]:
        """All that run: the common one of each service is named as the service, one of a cell's own after both."""
        return (*SERVICES, *self.own)

    def cells_of(self, deployment: str) -> str:
        """What it serves. No cell is served by two deployments of one service: each would tell its people."""
        if deployment in self.own:
            return self.own_cell
        if not self.own_cell or deployment not in REGIONAL:
            return "all"
        return ",".join(name for name in cells.load(CELLS_FILE).all if name != self.own_cell)

    @cached_property
    def ports(self) -> dict[str, int]:
        """Every port that the stack listens on, by what listens there."""
        base = self.port_base
        return (
            {place: base + offset for offset, place in enumerate(PLACES)}
            | {"receiver": base + RECEIVER}
            | {f"{service}-serve": base + FIRST_SERVE + offset for offset, service in enumerate(SERVICES)}
            | {f"{service}-work": base + FIRST_WORK + offset for offset, service in enumerate(SERVICES)}
            | {f"{own}-serve": base + FIRST_OWN_SERVE + offset for offset, own in enumerate(self.own)}
            | {f"{own}-work": base + FIRST_OWN_WORK + offset for offset, own in enumerate(self.own)}
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

    def secrets_dir(self, deployment: str) -> Path:
        self.folder("secrets")
        return self.folder(f"secrets/{deployment}")

    @property
    def founding_file(self) -> Path:
        """Where it is, the state folder is a stack's, and may be emptied with it."""
        return self.state / "founding.json"

    def found(self) -> None:
        """Write the founding, once; a cell that comes to stand alone later has its passwords drawn then."""
        self.folder(".")
        before = self._founded() if self.founding_file.exists() else None
        founding = _founded(self.deployments, before)
        if founding != before:
            _write_private(self.founding_file, founding.model_dump_json(indent=2))

    @cached_property
    def founding(self) -> Founding:
        """Read, or written on first use: passwords stay with the databases that know them."""
        self.found()
        return self._founded()

    def _founded(self) -> Founding:
        try:
            return Founding.model_validate_json(self.founding_file.read_text())
        except ValidationError as error:
            raise Obstacle(f"{self.founding_file} is damaged: `guildhall fresh` founds the stack anew.") from error

    def database_url(self, role: str, database: str) -> str:
        password = self.founding.passwords[role]
        return f"postgresql://{role}:{password}@{HOST}:{self.ports['postgres']}/{database}"


def service_of(deployment: str) -> str:
    """The service that a deployment is one of."""
    return deployment.partition("-")[0]


def _founded(deployments: Sequence[str], before: Founding | None) -> Founding:
    """With a password for each role that has none yet."""
    roles = ["postgres", *(f"{name}_{part}" for name in deployments for part in ("owner", "api", "worker"))]
    known = before.passwords if before else {}
    return Founding(
        founded_at=before.founded_at if before else datetime.now(UTC).replace(microsecond=0),
        passwords=known | {role: secrets.token_urlsafe(18) for role in roles if role not in known},
    )


def _write_private(file: Path, text: str) -> None:
    """Appears whole, and readable to its owner alone."""
    draft = file.with_suffix(".draft")
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(file)
