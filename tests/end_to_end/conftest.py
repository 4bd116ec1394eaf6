"""One whole Guildhall for all tests of this folder, in which the small story has been played."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from rich.console import Console
from signed_in import Visitors
from whole_stack import whole_stack

from guildhall_local.instance import Instance
from guildhall_local.story.inputs import SMALL
from guildhall_local.story.play import play


@pytest.fixture(scope="session")
def guildhall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    with whole_stack(tmp_path_factory.mktemp("guildhall")) as instance:
        yield instance


@pytest.fixture(scope="session")
async def story(guildhall: Instance, tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """The stack once the story is over; its telling is kept, and shown where it stops."""
    screen: Path = tmp_path_factory.mktemp("story") / "screen"
    with screen.open("w") as file:
        await play(guildhall, Console(file=file, width=120), scale=SMALL)
    print(screen.read_text())
    return guildhall


@pytest.fixture(scope="session")
async def visitors(story: Instance) -> AsyncIterator[Visitors]:
    async with httpx.AsyncClient(base_url=story.url("gateway"), timeout=20) as http:
        yield Visitors(http, story)
