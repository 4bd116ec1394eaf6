"""Tasks that run together end together, whatever becomes of a cancellation."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from servicekit import together as tasks
from servicekit.testing import end
from servicekit.together import together


class Broken(Exception):
    pass


async def fail() -> None:
    await asyncio.sleep(0)
    raise Broken


async def for_ever() -> None:
    await asyncio.Event().wait()


async def deaf(cancellations: int) -> None:
    """Loses so many cancellations, as a library may."""
    for _ in range(cancellations):
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            continue
    await for_ever()


@pytest.fixture(autouse=True)
async def hurried(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """And whatever a mistake leaves behind is ended, so that it is a failure and not a wait for ever."""
    monkeypatch.setattr(tasks, "CANCEL_AGAIN_AFTER", 0.01)
    yield
    for task in [task for task in asyncio.all_tasks() if task.get_name() in {"deaf", "waits"}]:
        await end(task)


async def test_they_run_until_all_have_ended() -> None:
    order: list[str] = []
    is_over = asyncio.Event()

    async def first() -> None:
        await asyncio.sleep(0)
        order.append("first")
        is_over.set()

    async def second() -> None:
        await is_over.wait()
        order.append("second")

    await together([("first", first()), ("second", second())])

    assert order == ["first", "second"]


async def test_the_first_that_fails_ends_the_others() -> None:
    async with asyncio.timeout(5):
        with pytest.raises(Broken):
            await together([("waits", for_ever()), ("fails", fail())])

    assert not [task for task in asyncio.all_tasks() if task.get_name() in {"waits", "fails"}]


async def test_a_task_that_loses_its_cancellation_is_cancelled_again() -> None:
    async with asyncio.timeout(5):
        with pytest.raises(Broken):
            await together([("deaf", deaf(3)), ("fails", fail())])

    assert not [task for task in asyncio.all_tasks() if task.get_name() == "deaf"]


async def test_one_that_is_cancelled_by_itself_is_no_failure() -> None:
    async def gives_up() -> None:
        raise asyncio.CancelledError

    async with asyncio.timeout(5):
        await together([("gives up", gives_up()), ("ends", asyncio.sleep(0))])


async def test_who_is_cancelled_ends_all_of_them() -> None:
    has_begun = asyncio.Event()

    async def begins() -> None:
        has_begun.set()
        await for_ever()

    running = asyncio.create_task(together([("deaf", deaf(2)), ("waits", begins())]))
    await has_begun.wait()

    running.cancel()
    await asyncio.wait([running], timeout=5)

    assert running.cancelled()
    assert not [task for task in asyncio.all_tasks() if task.get_name() in {"deaf", "waits"}]
