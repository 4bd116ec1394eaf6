"""The installer: it agrees with the package it installs, and says in a sentence what stands in its way."""

import ast
import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from guildhall_local import jars
from guildhall_local.instance import PROJECT, default_cache

SCRIPT = PROJECT / "deploy" / "local" / "install.py"


@pytest.fixture
def install() -> ModuleType:
    spec = importlib.util.spec_from_file_location("install", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_an_old_python_can_read_it_so_that_it_can_say_so() -> None:
    assert ast.parse(SCRIPT.read_text(), feature_version=(3, 6)).body


def test_an_old_python_is_refused_in_one_sentence(install: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install.sys, "version_info", (3, 10, 2))

    assert install.main() == "Guildhall needs Python 3.11 or newer, and this is Python 3.10."


@pytest.mark.parametrize("given", ["", "elsewhere"])
def test_it_looks_for_the_jars_where_the_package_does(
    install: ModuleType, given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GUILDHALL_CACHE", str(tmp_path / given) if given else "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))

    assert install.jars_folder() == jars.folder(default_cache())


def test_it_knows_every_package_of_the_workspace(install: ModuleType) -> None:
    names = {folder.relative_to(PROJECT).as_posix() for folder in install.packages()}

    assert {"shared/servicekit", "shared/access", "deploy/local"} <= names
    assert {"services/events", "services/events/contracts"} <= names
    assert "services/notifications/kit" in names
    assert len(names) == 12


def test_it_finds_uv_in_the_lock_with_its_hashes(install: ModuleType) -> None:
    version, lines = install.locked_uv()

    assert lines.startswith(f"uv=={version} \\\n")
    assert lines.count("--hash=sha256:") > 3
    assert len([line for line in lines.splitlines() if "==" in line]) == 1


def test_a_registry_out_of_reach_is_told_as_such(install: ModuleType) -> None:
    said = "error: Failed to fetch\n  Caused by: error sending request for url\n  Caused by: dns error"

    assert (
        install.why_failed("Installing the packages", said, 2)
        == "Installing the packages failed: the package registry is out of reach."
    )


def test_another_failure_is_told_by_its_last_line(install: ModuleType) -> None:
    assert install.why_failed("Installing uv", "a\nERROR: hashes differ\n\n", 1) == (
        "Installing uv failed: ERROR: hashes differ"
    )
    assert install.why_failed("Installing uv", "", 1) == "Installing uv failed: status 1"


def test_what_is_installed_is_done_with_the_lock_of_now(install: ModuleType) -> None:
    stamp = install.fingerprint()

    assert stamp == install.fingerprint()
    assert install.is_installed("of another lock") is False
