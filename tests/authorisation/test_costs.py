"""No single request costs much: every route is asked by those who may, for as much as it gives, and that is counted."""

import time
import tracemalloc
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass

import pytest
from figures import Figures
from matrix import Case, ask, cases, verdict_of
from places import World
from rights_model import Verdict

SECONDS = 0.2
MEBIBYTES = 32.0
TRIES = 3
OF_EACH = 3


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one request in this process: seconds of CPU, the least of a few tries, and mebibytes at its peak."""

    seconds: float
    mebibytes: float


async def cost(once: Callable[[], Awaitable[object]]) -> Cost:
    took = []
    for _ in range(TRIES):
        since = time.process_time()
        await once()
        took.append(time.process_time() - since)
    tracemalloc.start()
    try:
        await once()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return Cost(min(took), peak / 2**20)


def allowed(world: World) -> Iterator[Case]:
    """Of each route a few cases, by different people."""
    for route in world.places:
        by: dict[str, Case] = {}
        for case in cases(world, routes=[route]):
            if verdict_of(case) is Verdict.ALLOWED:
                by.setdefault(case.principal.name, case)
        yield from list(by.values())[-OF_EACH:]


def all_at_once(world: World, case: Case) -> dict[str, int]:
    """The longest page that a list gives."""
    method, path = case.route.split()
    parameters = world.app.openapi()["paths"][path][method.lower()].get("parameters", ())
    return {one["name"]: one["schema"]["maximum"] for one in parameters if one["name"] == "limit"}


@pytest.mark.faults
async def test_no_request_costs_more_than_it_may(world: World, figures: Figures) -> None:
    found = {str(case): await _cost(world, case) for case in allowed(world)}

    assert {case.partition(" by ")[0] for case in found} == set(world.places)
    name = world.opened.service.name
    figures.say(
        "cost of a request", f"{name}: CPU, at most", max(c.seconds for c in found.values()), "s", at_most=SECONDS
    )
    figures.say(
        "cost of a request",
        f"{name}: memory, at most",
        max(c.mebibytes for c in found.values()),
        "MiB",
        at_most=MEBIBYTES,
    )


async def _cost(world: World, case: Case) -> Cost:
    query = all_at_once(world, case)
    return await cost(lambda: ask(world, case, more_query=query))


async def test_what_costs_too_much_is_noticed() -> None:
    async def slow() -> None:
        until = time.process_time() + 1.5 * SECONDS
        while time.process_time() < until:
            pass

    async def large() -> None:
        bytearray(int(1.5 * MEBIBYTES * 2**20))

    assert (await cost(slow)).seconds > SECONDS
    assert (await cost(large)).mebibytes > MEBIBYTES
