"""What is asked while a group is served is served together in the next; each has an answer of its own."""

import asyncio
from collections.abc import Sequence
from contextvars import ContextVar

import pytest

from servicekit.groups import Abandoned, Groups
from servicekit.problem import Conflict

somebody: ContextVar[str] = ContextVar("somebody", default="nobody")


class Counter:
    """Serves numbers by doubling them, and remembers its groups; stopped, it waits."""

    def __init__(self, *, most: int = 64, at_once: int = 1) -> None:
        self.groups: list[list[int]] = []
        self.go_on = asyncio.Event()
        self.go_on.set()
        self.ask = Groups(self.serve, most=most, at_once=at_once).ask

    async def serve(self, asked: Sequence[int]) -> Sequence[int | Exception]:
        self.groups.append(list(asked))
        await self.go_on.wait()
        if any(number == 13 for number in asked):
            raise LookupError("nobody expected 13")
        if any(number == 99 for number in asked):
            raise ConnectionError("away")
        return [Conflict("odd") if number % 2 else number * 2 for number in asked]


async def told(counter: Counter, *numbers: int) -> list[int | BaseException]:
    return await asyncio.gather(*(counter.ask(number) for number in numbers), return_exceptions=True)


async def test_nobody_waits_for_company() -> None:
    counter = Counter()

    assert await counter.ask(2) == 4
    assert await counter.ask(4) == 8
    assert counter.groups == [[2], [4]]


async def test_whoever_comes_meanwhile_is_served_together_in_order() -> None:
    counter = Counter(most=3)
    counter.go_on.clear()
    first = asyncio.create_task(counter.ask(0))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    others = [asyncio.create_task(counter.ask(number)) for number in (2, 4, 6, 8)]
    await asyncio.sleep(0)

    counter.go_on.set()

    assert [await first, *[await other for other in others]] == [0, 4, 8, 12, 16]
    assert counter.groups == [[0], [2, 4, 6], [8]]


async def test_a_refusal_is_of_one_alone() -> None:
    assert [str(answer) for answer in await told(Counter(), 2, 3, 4)] == ["4", "odd", "8"]


async def test_an_error_that_nobody_expected_is_of_one_alone() -> None:
    counter = Counter()

    answers = await told(counter, 2, 13, 4)

    assert (answers[0], answers[2]) == (4, 8)
    assert isinstance(answers[1], LookupError)
    assert counter.groups == [[2, 13, 4], [2], [13], [4]]


async def test_where_something_is_away_nobody_is_tried_again() -> None:
    """Whether a group's transaction was committed is not known then."""
    counter = Counter()

    answers = await told(counter, 2, 99, 4)

    assert {type(answer) for answer in answers} == {ConnectionError}
    assert counter.groups == [[2, 99, 4]]


async def test_what_was_asked_is_done_although_whoever_asked_has_gone() -> None:
    counter = Counter()
    counter.go_on.clear()
    leaving, staying = asyncio.create_task(counter.ask(2)), asyncio.create_task(counter.ask(4))
    await asyncio.sleep(0)

    leaving.cancel()
    await asyncio.wait({leaving})
    counter.go_on.set()

    assert await staying == 8
    assert counter.groups == [[2, 4]]


async def test_a_group_is_nobodys_request() -> None:
    async def serve(asked: Sequence[int]) -> Sequence[str]:
        return [somebody.get() for _ in asked]

    somebody.set("the first to ask")

    assert await Groups(serve).ask(1) == "nobody"


async def test_whoever_asks_at_the_moment_that_a_group_ends_is_not_forgotten() -> None:
    counter = Counter()

    async def again_and_again() -> None:
        for _ in range(200):
            assert await counter.ask(2) == 4

    async with asyncio.timeout(5):
        await asyncio.gather(*(again_and_again() for _ in range(5)))


async def test_several_groups_at_once_where_that_is_wanted() -> None:
    counter = Counter(most=1, at_once=2)
    counter.go_on.clear()
    tasks = [asyncio.create_task(counter.ask(number)) for number in (2, 4, 6)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert counter.groups == [[2], [4]]
    counter.go_on.set()
    assert [await task for task in tasks] == [4, 8, 12]


async def test_an_answer_for_some_of_a_group_only_is_a_mistake_that_leaves_nobody_waiting() -> None:
    async def serve(asked: Sequence[int]) -> Sequence[int]:
        return [] if len(asked) > 1 else list(asked)

    groups = Groups(serve)

    assert await asyncio.gather(groups.ask(1), groups.ask(2)) == [1, 2]


async def test_a_group_that_is_cut_off_leaves_nobody_waiting() -> None:
    async def serve(asked: Sequence[int]) -> Sequence[int]:
        raise asyncio.CancelledError

    with pytest.raises(Abandoned):
        await Groups(serve).ask(1)
