"""Habits of the house that a machine can keep."""

import re
import subprocess
import tomllib

import pytest
from house import ROOT, SERVICES, contracts, service

from servicekit.consumers.runtime import kafka_settings
from servicekit.contract import PROFILES, Tag, tags


def tracked(*patterns: str) -> list[str]:
    listed = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    return listed.stdout.split()


def test_no_test_folder_is_a_package() -> None:
    """One suite would shadow another, and never run."""
    assert [path for path in tracked("*__init__.py") if "tests" in path.split("/")] == []


def test_workspace_sources_stand_in_the_root_only() -> None:
    nested = [path for path in tracked("*pyproject.toml") if "/" in path]

    assert nested
    assert [path for path in nested if "uv" in tomllib.loads((ROOT / path).read_text()).get("tool", {})] == []


def test_the_lock_names_hashes_and_no_addresses() -> None:
    lock = (ROOT / "requirements.lock").read_text()

    assert "--hash=sha256:" in lock
    assert re.findall(r"https?://\S+", lock) == []


def test_the_judges_lock_names_hashes_and_no_addresses() -> None:
    lock = (ROOT / "tests/browser/package-lock.json").read_text()

    assert '"integrity": "sha512-' in lock
    assert re.findall(r"https?://\S+", lock) == []


def test_every_consumer_commits_by_hand_from_the_first_offset() -> None:
    settings = kafka_settings()

    assert settings["enable_auto_commit"] is False
    assert settings["auto_offset_reset"] == "earliest"
    assert (settings["session_timeout_ms"], settings["heartbeat_interval_ms"]) == (6000, 2000)


@pytest.mark.parametrize("name", SERVICES)
def test_grants_never_wait_behind_anything(name: str) -> None:
    readers = {consumer.name: consumer for consumer in service(name).consumers}

    assert readers["grants"].streams == [("membership", "grants")]
    assert not readers["grants"].parks
    assert all(consumer.parks for consumer in readers.values() if consumer.name != "grants")


def test_names_and_addresses_travel_on_the_profiles_only() -> None:
    personal = {
        signal.type for signal in contracts().values() if {tag for _, tag in tags(signal)} & {Tag.PERSONAL, Tag.SPECIAL}
    }

    assert personal == {kind for kind, signal in contracts().items() if signal.stream == PROFILES}


def test_no_middleware_that_cancels_queries() -> None:
    found = [path for path in tracked("*.py") if "BaseHTTP" + "Middleware" in (ROOT / path).read_text()]

    assert found == []
