"""Everybody asks everything, and is answered as docs/rights.md says; the model that judges has read nothing else."""

import random
from pathlib import Path

import pytest
import rights_model
from figures import Figures
from matrix import Outcome, by_the_model, cases, operations, run, sample, unplaced
from places import World
from rights_model import ACTIONS, Verdict

from access.policy import RIGHTS

REFUSED = {Verdict.NOT_SIGNED_IN, Verdict.NOBODY, Verdict.FORBIDDEN, Verdict.HIDDEN}
MOST_LINES = 150
SHOWN = 20


def test_the_model_is_short_and_knows_every_action() -> None:
    source = Path(rights_model.__file__).read_text(encoding="utf-8")

    assert len(source.splitlines()) <= MOST_LINES
    assert "access" not in {line.split()[1].partition(".")[0] for line in source.splitlines() if "import " in line}
    assert set(ACTIONS) == set(RIGHTS)


async def test_every_route_stands_in_the_matrix(world: World, figures: Figures) -> None:
    assert unplaced(world) == []
    placed = len(set(operations(world.app)) & set(world.places))
    figures.say(
        "rights", f"routes of {_name(world)} covered", 100 * placed / len(operations(world.app)), "%", at_least=100
    )


async def test_every_route_is_asked_by_some_who_may_and_by_some_who_may_not(world: World) -> None:
    found = by_the_model(world)

    assert [route for route, verdicts in found.items() if not verdicts[Verdict.ALLOWED]] == []
    assert [route for route, verdicts in found.items() if not REFUSED & set(verdicts)] == []


async def test_a_sample_of_every_route_is_answered_as_the_page_says(world: World, seed: int, figures: Figures) -> None:
    outcome = await run(world, sample(world, random.Random(seed)))

    _say(outcome, world, figures, "sampled")


@pytest.mark.faults
async def test_everybody_is_answered_about_everything_as_the_page_says(world: World, figures: Figures) -> None:
    outcome = await run(world, cases(world))

    _say(outcome, world, figures, "asked")
    assert [route for route in world.places if not outcome.allowed[route]] == []
    assert [route for route in world.places if not outcome.refused[route]] == []


def _say(outcome: Outcome, world: World, figures: Figures, how: str) -> None:
    figures.say("rights", f"cases of {_name(world)} {how}", outcome.cases)
    assert not outcome.wrong, "\n".join(outcome.wrong[:SHOWN])
    assert not outcome.telling, "\n".join(outcome.telling[:SHOWN])
    figures.say("rights", f"cases of {_name(world)} wrong", len(outcome.wrong), at_most=0)


def _name(world: World) -> str:
    return str(world.opened.service.name)
