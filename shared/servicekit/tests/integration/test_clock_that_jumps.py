"""A clock jumps, by an hour or by days, either way: nothing is lost, done twice or out of order for that."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from bells import Bells, a_runner, a_timer, one_round, rings, set_timers
from notes_stack import Stack, has
from pydantic import BaseModel

from servicekit import clock, command, idempotency
from servicekit.command import Command
from servicekit.database import Conn, Database
from servicekit.idempotency import AnotherBody, Replayed
from servicekit.ids import new_id
from servicekit.testing import eventually
from servicekit.testing.databases import TestDatabase

AN_HOUR, DAYS = timedelta(hours=1), timedelta(days=3)
JUMPS = [AN_HOUR, -AN_HOUR, DAYS, -DAYS]
Jump = Callable[[timedelta], None]


@pytest.fixture
def jump() -> Iterator[Jump]:
    """Moves the clock; afterwards it is right again."""
    moved = timedelta(0)

    def by(shift: timedelta) -> None:
        nonlocal moved
        moved += shift
        clock.move(shift)

    yield by
    clock.move(-moved)


@pytest.mark.parametrize("shift", JUMPS)
async def test_a_timer_fires_once_whenever_the_clock_jumps(
    worker: Database, notes: TestDatabase, jump: Jump, shift: timedelta
) -> None:
    """Early or late by as much as the clock is wrong; never twice, and never not at all."""
    await set_timers(worker, a_timer("due"), *(a_timer(f"in {h}", due=timedelta(hours=h)) for h in (1, 24, 48, 96)))
    runner = a_runner(worker, notes.worker, Bells())

    for by in (timedelta(0), shift, -shift, timedelta(hours=100)):
        jump(by)
        await one_round(runner)
        await one_round(runner)

    assert await rings(worker) == ["due", "in 1", "in 24", "in 48", "in 96"]


async def test_without_its_mark_a_timer_fires_again_when_the_clock_goes_back(
    worker: Database, notes: TestDatabase, jump: Jump
) -> None:
    """The wrong variant goes by the instant alone."""
    unmarked = "SELECT true OR $1::text IS NULL OR $2::text IS NULL OR $3::timestamptz IS NULL"
    await set_timers(worker, a_timer("due"))
    runner = a_runner(worker, notes.worker, Bells(), mark=unmarked)

    for by in (timedelta(0), AN_HOUR, -AN_HOUR):
        jump(by)
        await one_round(runner)

    assert await rings(worker) != ["due"]


@pytest.mark.parametrize("shift", JUMPS)
async def test_signals_keep_their_order_and_are_applied_once(stack: Stack, jump: Jump, shift: timedelta) -> None:
    note = new_id()
    stack.relay()
    await stack.consume()

    for number in range(12):
        if number in (4, 8):
            jump(shift if number == 4 else -shift)
        await stack.write(note, str(number))
    await eventually(lambda: has(stack, note, 12))

    assert await stack.texts(note) == [str(number) for number in range(12)]


class Answer(BaseModel):
    number: int


async def post(conn: Conn, number: int, *, body: bytes = b"body") -> Answer:
    """What a command with the same key does each time, as far as its answer goes."""
    asked = Command(route="POST /notes", idempotency_key="key", body_hash=body)
    token = command.current.set(asked)
    try:
        await idempotency.begin(conn, asked, "somebody")
        return await idempotency.keep(conn, Answer(number=number))
    finally:
        command.current.reset(token)


@pytest.mark.parametrize("shift", [AN_HOUR, -AN_HOUR, -DAYS, timedelta(hours=47)])
async def test_a_repeated_command_has_its_first_answer_though_the_clock_jumped(
    worker: Database, jump: Jump, shift: timedelta
) -> None:
    async with worker.transaction() as conn:
        await post(conn, 1)
    jump(shift)

    async with worker.transaction() as conn:
        with pytest.raises(Replayed) as replayed:
            await post(conn, 2)
    async with worker.transaction() as conn:
        with pytest.raises(AnotherBody):
            await post(conn, 2, body=b"another")

    assert replayed.value.body == b'{"number":1}'


async def test_a_clock_ahead_by_days_forgets_answers_that_many_days_early(worker: Database, jump: Jump) -> None:
    """What is not promised: an answer is kept for 48 hours as the server's clock counts them."""
    async with worker.transaction() as conn:
        await post(conn, 1)
    jump(DAYS)

    async with worker.transaction() as conn:
        assert (await post(conn, 2)).number == 2


DRAW = "from servicekit.ids import new_id; print(*(new_id() for _ in range(20_000)))"


async def test_ids_differ_though_they_are_drawn_in_the_same_instants() -> None:
    """As those are that a clock which went back draws for the second time: the instant is not what tells them apart."""
    drawing = [await asyncio.create_subprocess_exec(sys.executable, "-c", DRAW, stdout=PIPE) for _ in range(3)]
    drawn = [(await one.communicate())[0].decode().split() for one in drawing]
    instants = [{one[:13] for one in many} for many in drawn]

    assert len({one for many in drawn for one in many}) == 60_000
    assert max(len(many) for many in instants) < 20_000  # many of one instant, all different
