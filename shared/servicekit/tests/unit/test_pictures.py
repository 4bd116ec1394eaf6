"""Whoever asks how a service is gets a new picture, or one that is not old."""

import asyncio
from pathlib import Path

import pytest

from servicekit.cells import Cells, load
from servicekit.status import Status
from servicekit.status.gathering import blank
from servicekit.status.measuring import Picture

CELLS = Path(__file__).parents[4] / "deploy" / "kafka" / "cells.toml"


class Camera:
    """Takes pictures, at once or never."""

    def __init__(self, cells: Cells) -> None:
        self.cells = cells
        self.taken: list[Status] = []
        self.stuck = False

    async def __call__(self) -> Status:
        if self.stuck:
            await asyncio.Event().wait()
        self.taken.append(blank("notes", self.cells))
        return self.taken[-1]


@pytest.fixture
def camera() -> Camera:
    return Camera(load(CELLS))


async def test_a_new_picture_is_told_where_one_can_be_taken(camera: Camera) -> None:
    picture = Picture(camera)

    told = [await picture.soon(), await picture.soon()]

    assert [id(one) for one in told] == [id(one) for one in camera.taken]
    assert len(camera.taken) == 2


async def test_the_last_is_told_where_a_new_one_takes_long(camera: Camera) -> None:
    picture = Picture(camera, fresh_within=0.01)
    last = await picture.new()
    camera.stuck = True

    assert await picture.soon() is last


async def test_an_old_picture_is_never_told_as_if_it_were_new(camera: Camera) -> None:
    picture = Picture(camera, fresh_within=0.01, old_after=0.0)
    await picture.new()
    camera.stuck = True

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await picture.soon()
