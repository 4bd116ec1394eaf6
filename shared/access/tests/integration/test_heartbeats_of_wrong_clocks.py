"""However wrong a clock is, or was: once Kafka is silent, grants decide nothing any more after the bound."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from access import projection, store
from servicekit import clock

MEMBERS = "/members/national.midlands"
A_DAY, AN_HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
async def jump() -> AsyncIterator[Any]:
    """Moves our clock; afterwards it is right again."""
    moved = timedelta(0)

    def by(shift: timedelta) -> None:
        nonlocal moved
        moved += shift
        clock.move(shift)

    yield by
    clock.move(-moved)


async def hear(hello: Any, at: datetime) -> None:
    """A heartbeat of every cell arrives, with the instant that its broker's record bears."""
    async with hello.worker.transaction() as conn:
        await projection.keep_heartbeats(conn, dict.fromkeys(hello.directory.cells.all, at))


async def status(hello: Any, lead: Any) -> int:
    return (await hello.http.get(MEMBERS, headers=lead.bearer)).status_code


@pytest.mark.parametrize("shift", [-A_DAY, -AN_HOUR, AN_HOUR, A_DAY])
async def test_after_a_jump_of_ours_the_next_heartbeat_counts(hello: Any, jump: Any, shift: timedelta) -> None:
    lead = await hello.directory.lead("national.midlands")
    await hear(hello, clock.now())
    jump(shift)
    assert await status(hello, lead) == 503

    sent_by_a_clock_as_wrong_as_ours = clock.now()
    await hear(hello, sent_by_a_clock_as_wrong_as_ours)

    assert await status(hello, lead) == 200


async def test_a_sender_s_clock_that_was_ahead_keeps_no_grant_alive(hello: Any, jump: Any) -> None:
    lead = await hello.directory.lead("national.midlands")
    await hear(hello, clock.now() + A_DAY)
    assert await status(hello, lead) == 200

    jump(timedelta(seconds=hello.settings.access_bound_seconds + 5))  # in silence

    assert await status(hello, lead) == 503


async def test_kept_as_it_was_sent_it_would_have_kept_them_alive(hello: Any, jump: Any) -> None:
    """The wrong variant believes the instant: ten seconds of a day hence, and nothing is stale before that."""
    lead = await hello.directory.lead("national.midlands")
    async with hello.worker.transaction() as conn:
        ahead = clock.now() + A_DAY
        await store.keep_heartbeats(conn, dict.fromkeys(hello.directory.cells.all, ahead), now=ahead)

    jump(A_DAY)  # in silence

    assert await status(hello, lead) == 200
