"""One whole Guildhall for all tests of this folder, in which the small story has been played."""

import io
from collections.abc import AsyncIterator, Iterator

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
async def story(guildhall: Instance) -> Instance:
    """The stack once the story is over; what it told is shown with the first test that fails."""
    screen = io.StringIO()
    try:
        await play(guildhall, Console(file=screen, width=120), scale=SMALL)
    finally:
        print(screen.getvalue())
    return guildhall


@pytest.fixture(scope="session")
async def visitors(story: Instance) -> AsyncIterator[Visitors]:
    async with httpx.AsyncClient(base_url=story.url("gateway"), timeout=20) as http:
        yield Visitors(http, story)
