"""One gateway for all tests that leave it as it was, and a way to spoil one of their own for the others."""

import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from guildhall_local.gateway.render import SOURCE
from guildhall_local.gateway.testing import Front, front


@pytest.fixture(scope="session")
async def gateway(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Front]:
    async with front(tmp_path_factory.mktemp("gateway")) as running:
        yield running


@pytest.fixture
def changed(tmp_path: Path) -> Callable[[str, str, str], Path]:
    """The templates and tables with one passage of one file replaced: what a mistake would look like."""

    def change(name: str, passage: str, instead: str) -> Path:
        source = tmp_path / "source"
        shutil.copytree(SOURCE, source, ignore=shutil.ignore_patterns("tests"))
        text = (source / name).read_text()
        assert passage in text
        (source / name).write_text(text.replace(passage, instead))
        return source

    return change
