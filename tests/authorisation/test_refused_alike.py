"""How long a refusal takes does not tell what is not there from what is not for whoever asks."""

import statistics

import pytest
from figures import Figures
from matrix import Case, ask, cases, verdict_of
from places import UNKNOWN, World
from rights_model import Verdict

MILLISECONDS = 5.0
ROUNDS = 20
MOST_ROUNDS = 200


def pairs(world: World) -> list[tuple[Case, Case]]:
    """Of each route that reads something secret: one that is hidden from somebody, and one that there is not."""
    found = []
    for route, place in world.places.items():
        if not route.startswith("GET ") or place.of in world.no_secrets:
            continue
        of_one = [case for case in cases(world, routes=[route]) if case.principal.name == "lead of another region"]
        hidden = [case for case in of_one if _is_hidden(case) and case.thing.exists]
        unknown = [case for case in of_one if _is_hidden(case) and case.found.where == UNKNOWN]
        if hidden and unknown:
            found.append((hidden[0], unknown[0]))
    return found


def _is_hidden(case: Case) -> bool:
    return verdict_of(case) is Verdict.HIDDEN


async def difference(world: World, hidden: Case, unknown: Case) -> float:
    """Of the medians, in milliseconds.

    Both are asked in turns, so that whatever else goes on slows both, and the longer, the more the figures scatter: a
    difference that is there does not go away by that.
    """
    took: tuple[list[float], list[float]] = [], []
    while len(took[0]) < MOST_ROUNDS:
        for _ in range(ROUNDS):
            for case, times in ((hidden, took[0]), (unknown, took[1])):
                told = await ask(world, case)
                assert told.answer.status_code == 404, f"{case}: {told.answer.text}"
                times.append(told.seconds * 1000)
        apart = abs(statistics.median(took[0]) - statistics.median(took[1]))
        if apart <= MILLISECONDS:
            break
    return apart


@pytest.mark.faults
@pytest.mark.alone
async def test_every_refusal_takes_as_long_for_what_is_hidden_as_for_what_is_not_there(
    world: World, figures: Figures
) -> None:
    differences = {hidden.route: await difference(world, hidden, unknown) for hidden, unknown in pairs(world)}
    assert differences
    name = f"refusals of {world.opened.service.name} told apart by time, at most"
    figures.say("rights", name, max(differences.values()), "ms", at_most=MILLISECONDS)
