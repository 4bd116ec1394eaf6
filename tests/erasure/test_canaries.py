"""Somebody who was everywhere is forgotten everywhere: live, after every rebuild, and where all is read anew."""

import time
from pathlib import Path

import pytest
from canary_acts import (
    Life,
    a_life,
    begin_anew,
    carried_out,
    compact_soon,
    found_everywhere,
    found_in_logs,
    found_in_topics,
    let_time_pass,
    settled,
)
from figures import Figures
from whole_stack import whole_stack

from guildhall_local import stack
from guildhall_local.instance import REGIONAL, SERVICES, Instance
from servicekit.testing import eventually

ANSWERED_WITHIN = 60.0
COMPACTED_WITHIN = 120.0
PROJECTIONS = ("access", "grants", "projection")
EVERYWHERE = ("membership: ", "events: ", "notifications: ", "topic ")
"""At least in each of these somebody stands who has come to an event."""


async def planted(life: Life) -> list[str]:
    """Where they stand once they have lived; never in a log."""
    await life.begin()
    await settled(life.stage.instance)
    await life.say_much()
    await life.come_to_an_event()

    async def mailed() -> bool:
        return await life.mailed() > 0

    await eventually(mailed, within=30, every=0.2)
    await settled(life.stage.instance)
    found = await found_everywhere(life.stage.instance)
    assert all(any(one.startswith(where) for one in found) for where in EVERYWHERE), found
    assert found_in_logs(life.stage.instance) == []
    return found


async def erased(life: Life) -> tuple[str, float]:
    """The erasure, and the seconds from its request to the last receipt."""
    begun = time.monotonic()
    erasure = await life.ask_to_be_erased()

    async def answered() -> bool:
        return await life.missing(erasure) == []

    await eventually(answered, within=ANSWERED_WITHIN, every=0.05)
    return erasure, time.monotonic() - begun


async def let_go_by_the_broker(life: Life, erasure: str) -> float:
    """Seconds until no record of any topic names them, once the second tombstone has closed the segment."""
    await let_time_pass(life.stage.instance, erasure)
    begun = time.monotonic()

    async def compacted() -> bool:
        return await found_in_topics(life.stage.instance) == []

    await eventually(compacted, within=COMPACTED_WITHIN, every=2.0)
    return time.monotonic() - begun


async def told_again(life: Life, erasure: str) -> None:
    """As after a restore: everybody is told anew, and everybody answers anew."""
    said = await carried_out(life.stage.instance, "membership", "erasures", "replay")
    assert said.startswith("1 people were erased again, 0 of whom"), said

    async def answered() -> bool:
        return await life.missing(erasure) == []

    await eventually(answered, within=ANSWERED_WITHIN, every=0.2)


async def read_anew(instance: Instance, figures: Figures) -> None:
    """Three services begin with empty databases, and read all there is."""
    with stack.running(instance, program=stack.WHOLE_STACK):
        await settled(instance)
        figures.say("erasure", "canaries found, read anew", len(await found_everywhere(instance)), at_most=0)


@pytest.mark.faults
@pytest.mark.alone
async def test_canaries_are_found_nowhere_once_somebody_is_erased(tmp_path: Path, figures: Figures) -> None:
    with whole_stack(tmp_path) as instance:
        await compact_soon(instance)
        async with a_life(instance) as life:
            places = await planted(life)
            figures.say("erasure", "places where canaries stood", len(places), at_least=8)

            erasure, seconds = await erased(life)
            figures.say("erasure", "request to last receipt", seconds, "s", at_most=ANSWERED_WITHIN)
            compacted = await let_go_by_the_broker(life, erasure)
            figures.say("erasure", "topics let go, with lags of a second", compacted, "s", at_most=COMPACTED_WITHIN)
            await settled(instance)
            left = await found_everywhere(instance)
            figures.say("erasure", "canaries found, live", len(left), at_most=0)

            for service in SERVICES:
                for projection in PROJECTIONS:
                    await carried_out(instance, service, "rebuild", projection)
            left = await found_everywhere(instance)
            figures.say("erasure", "canaries found, rebuilt", len(left), at_most=0)
            await told_again(life, erasure)
            await begin_anew(instance, REGIONAL)
    await read_anew(instance, figures)
