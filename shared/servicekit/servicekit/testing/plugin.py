"""The pytest plugin: one broker and one database server per session, started when the first test needs them."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import structlog

if TYPE_CHECKING:
    from guildhall_local.testservers import Servers


@pytest.fixture(scope="session", autouse=True)
def plain_logs() -> None:
    """Rendering rich tracebacks takes seconds each."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.format_exc_info,
            structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
        ]
    )


@pytest.fixture(scope="session")
def servers() -> "Iterator[Servers]":
    """Real Kafka and PostgreSQL: those that the environment names, else our own, for as long as the tests run."""
    from guildhall_local import (
        testservers,
    )  # a distribution for developers, never needed by a running service

    with testservers.servers() as started:
        yield started


@pytest.fixture(scope="session")
def postgres(servers: "Servers") -> str:
    """DSN of the database server's superuser, for making databases; no test queries through it."""
    return servers.postgres_admin_dsn


@pytest.fixture(scope="session")
def kafka(servers: "Servers") -> str:
    """The broker's bootstrap address."""
    return servers.kafka_bootstrap


@pytest.fixture(scope="session")
def cells_file(pytestconfig: pytest.Config) -> Path:
    return pytestconfig.rootpath / "deploy" / "kafka" / "cells.toml"
