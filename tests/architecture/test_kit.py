"""What partner bodies install stands alone: a package that needs nothing of Guildhall's."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from email import message_from_bytes
from importlib.metadata import packages_distributions
from pathlib import Path
from zipfile import ZipFile

import pytest
from hatchling.builders.wheel import WheelBuilder
from house import ROOT

KIT = ROOT / "services/notifications/kit"
PACKAGE = "guildhall_kit"
PROJECT = tomllib.loads((KIT / "pyproject.toml").read_text())["project"]
DECLARED = {re.split(r"[^\w-]", wanted)[0] for wanted in PROJECT["dependencies"]}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ZipFile]:
    """As it is handed out; built without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    [built] = WheelBuilder(str(KIT)).build(directory=str(folder), versions=["standard"])
    with ZipFile(built) as wheel:
        yield wheel


def imported(source: str) -> set[str]:
    """The top-level names of all that a module imports, wherever in it, for types alone too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module if node.module and not node.level else PACKAGE)
    return {name.split(".")[0] for name in found}


def needed(source: str) -> set[str]:
    """Of whatever a module imports, what neither Python nor the kit brings along."""
    return imported(source) - sys.stdlib_module_names - {PACKAGE}


def test_the_wheel_holds_the_package_and_no_more(wheel: ZipFile) -> None:
    package = {
        path.relative_to(KIT).as_posix()
        for path in (KIT / PACKAGE).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    about = f"{PACKAGE}-{PROJECT['version']}.dist-info"

    held = set(wheel.namelist())

    assert f"{PACKAGE}/py.typed" in package
    assert held == package | {f"{about}/{name}" for name in ("METADATA", "WHEEL", "RECORD")}


def test_the_wheel_asks_for_what_is_declared(wheel: ZipFile) -> None:
    metadata = message_from_bytes(wheel.read(f"{PACKAGE}-{PROJECT['version']}.dist-info/METADATA"))

    assert set(metadata.get_all("Requires-Dist", [])) == set(PROJECT["dependencies"])
    assert sorted(DECLARED) == ["cryptography", "httpx"]


def test_it_imports_what_it_declares_and_nothing_else(wheel: ZipFile) -> None:
    brought = {name for name, holders in packages_distributions().items() if DECLARED & set(holders)}
    modules = [name for name in wheel.namelist() if Path(name).suffix == ".py"]

    beyond = {name: found for name in modules if (found := needed(wheel.read(name).decode()) - brought)}

    assert beyond == {}


@pytest.mark.parametrize(
    "source",
    [
        "import servicekit.clock",
        "def late() -> None:\n    from servicekit import clock",
        "if TYPE_CHECKING:\n    from servicekit.clock import now",
    ],
)
def test_an_import_is_seen_wherever_it_hides(source: str) -> None:
    assert needed(f"import json\nfrom . import store\n{source}") == {"servicekit"}
