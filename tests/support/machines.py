"""State machines of hypothesis over things that are asynchronous and real, such as a service with its database."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import seed as seeded
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

T = TypeVar("T")
Do = Callable[[Coroutine[Any, Any, T]], T]
LONGEST_STEP = 120.0


async def played(
    machine: Callable[[Do[Any]], type[RuleBasedStateMachine]], *, seed: int, examples: int, steps: int
) -> None:
    """Play it so often with so many steps each, and fail with the play that breaks it.

    machine: made with what carries a coroutine out on this loop; the rules themselves run beside it.
    """
    loop = asyncio.get_running_loop()

    def do(coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(LONGEST_STEP)

    kept = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        report_multiple_bugs=False,
        # What is real takes too long to be played again and again in search of a shorter play.
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    await asyncio.to_thread(run_state_machine_as_test, seeded(seed)(machine(do)), settings=kept)
