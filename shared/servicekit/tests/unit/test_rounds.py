"""Loops go on through what is away, and end with what is broken."""

import asyncio

import pytest
from asyncpg.exceptions import DiskFullError, PostgresIOError

from servicekit.rounds import repeat, wait


class Elsewhere(Exception):
    pass


class Rounds:
    """What each round does, one after the other; then it is to stop."""

    def __init__(self, *answers: bool | Exception) -> None:
        self.answers = list(answers)
        self.stopping = asyncio.Event()
        self.done = 0

    async def once(self) -> bool:
        self.done += 1
        answer = self.answers.pop(0)
        if not self.answers:
            self.stopping.set()
        if isinstance(answer, Exception):
            raise answer
        return answer


AWAY = [ConnectionRefusedError(), TimeoutError(), DiskFullError(), PostgresIOError(), Elsewhere()]


@pytest.mark.parametrize("error", AWAY)
async def test_what_is_away_is_waited_for(error: Exception) -> None:
    rounds = Rounds(error, False)

    await repeat(rounds.once, rounds.stopping, every=0.001, waiting="rounds.waiting", waits_for=(Elsewhere,))

    assert rounds.done == 2


async def test_a_mistake_ends_the_loop() -> None:
    rounds = Rounds(Elsewhere(), False)

    with pytest.raises(Elsewhere):
        await repeat(rounds.once, rounds.stopping, every=0.001, waiting="rounds.waiting")


async def test_while_there_is_more_nobody_rests() -> None:
    rounds = Rounds(True, True, False)

    async with asyncio.timeout(5):
        await repeat(rounds.once, rounds.stopping, every=3600, waiting="rounds.waiting")

    assert rounds.done == 3


async def test_a_rest_ends_as_soon_as_it_is_to_stop() -> None:
    stopping = asyncio.Event()
    resting = asyncio.create_task(wait(stopping, 3600))
    assert not await wait(stopping, 0.001)

    stopping.set()

    async with asyncio.timeout(5):
        assert await resting
