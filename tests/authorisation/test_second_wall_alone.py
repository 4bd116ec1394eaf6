"""With every check of the API switched off, row-level security alone keeps persons' rows from who may not see them."""

import random
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from figures import Figures
from matrix import Case, Told, ask, cases, verdict_of
from places import OWN, World
from rights_model import Verdict

from access import policy
from membership_service.grants import model as grants

SAMPLED = 15
SHOWN = 20


def _nothing(*_: Any, **__: Any) -> None: ...


def _yes(*_: Any, **__: Any) -> bool:
    return True


INSTEAD: dict[int, Callable[..., Any]] = {
    id(policy.decide): _nothing,
    id(policy.refuse_unlinked): _nothing,
    id(policy.allows): _yes,
    id(policy.in_scope): _yes,
    id(grants.check_may_give): _nothing,
}
"""Each check, and what takes its place: it allows everything."""


@contextmanager
def checks_off() -> Iterator[None]:
    """Wherever a module of a service, or of access, holds a check by name."""
    found = [
        (module, name, value)
        for title, module in list(sys.modules.items())
        if title.partition(".")[0] == "access" or "_service" in title
        for name, value in list(vars(module).items())
        if id(value) in INSTEAD
    ]
    for module, name, value in found:
        setattr(module, name, INSTEAD[id(value)])
    try:
        yield
    finally:
        for module, name, value in found:
            setattr(module, name, value)


def kept_by_rows(world: World) -> list[Case]:
    """Things about others, and other partners' own, asked for by those in whose scope they do not lie."""
    return [
        case
        for case in cases(world)
        if case.place.personal and case.thing.exists and case.found.where != OWN and verdict_of(case) is Verdict.HIDDEN
    ]


def leaks(case: Case, told: Told) -> bool:
    """Whether something of it was shown, or anything done to it."""
    if not told.answer.is_success:
        return False
    return not _is_read(case) or any(mark in told.answer.text for mark in case.found.marks)


def _is_read(case: Case) -> bool:
    return case.route.startswith("GET ")


async def leaked(world: World, chosen: Iterable[Case]) -> list[str]:
    with checks_off():
        return [str(case) for case in chosen if leaks(case, await ask(world, case, raises=False))]


async def test_a_sample_of_persons_rows_is_kept_by_row_level_security_alone(world: World, seed: int) -> None:
    drawn = kept_by_rows(world)

    assert await leaked(world, random.Random(seed).sample(drawn, min(SAMPLED, len(drawn)))) == []


@pytest.mark.faults
async def test_all_persons_rows_are_kept_by_row_level_security_alone(world: World, figures: Figures) -> None:
    found = kept_by_rows(world)
    gone = await leaked(world, found)

    assert not gone, "\n".join(gone[:SHOWN])
    name = world.opened.service.name
    figures.say("rights", f"cases of {name} with row-level security alone", len(found))
    figures.say("rights", f"of these leaked in {name}", len(gone), at_most=0)


async def test_without_row_level_security_as_well_they_leak(world: World, seed: int) -> None:
    drawn = kept_by_rows(world)
    random.Random(seed).shuffle(drawn)
    async with world.past_every_policy() as past:
        assert [case async for case in _leaking(past, drawn)] != []


async def _leaking(past: World, drawn: Iterable[Case]) -> AsyncIterator[str]:
    """The first that leaks is enough."""
    for case in drawn:
        if gone := await leaked(past, [case]):
            yield gone[0]
            return
