"""The protocols as models: each assertion holds, and each falls once its mechanism is taken away."""

from pathlib import Path

import alloy
import pytest
from alloy import Command, Unjudged

COMMANDS = [(model, command) for model in alloy.models() for command in alloy.commands(model)]

SMALL = """
sig Signal {}
var sig Sent in Signal {}
fact { no Sent }
"""


@pytest.fixture(scope="session")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.mark.parametrize(("model", "command"), COMMANDS, ids=[f"{c.model}-{c.name}" for _, c in COMMANDS])
def test_a_command_ends_as_its_model_says(model: Path, command: Command, answers: Path) -> None:
    assert alloy.found(model, answers)[command.name] is command.found


@pytest.mark.parametrize("model", alloy.models(), ids=lambda model: model.stem)
def test_a_model_holds_can_fail_and_does_something(model: Path) -> None:
    """An assertion that holds may hold because nothing ever happens: a run shows that something does."""
    kinds = {command.found for command in alloy.commands(model)}

    assert kinds == {True, False}
    assert "\nrun " in model.read_text()


@pytest.mark.parametrize("model", alloy.models(), ids=lambda model: model.stem)
def test_each_mechanism_is_taken_away_by_a_command(model: Path) -> None:
    told = model.read_text()
    named = told.split("abstract sig Mechanism {}\none sig\n")[1].split("extends Mechanism")[0].splitlines()
    mechanisms = [line.split("//")[0].strip(" ,") for line in named if line.strip()]
    broken = " ".join(line for line in told.splitlines() if line.startswith("check") and line.endswith("expect 1"))
    as_built = told.split("pred built")[1].split("\n")[0]

    assert len(mechanisms) > 3
    assert [name for name in mechanisms if name not in broken and name not in as_built] == []


def test_the_tool_judges_the_same_commands_that_are_read(answers: Path) -> None:
    assert {model.stem: sorted(alloy.found(model, answers)) for model in alloy.models()} == {
        model.stem: sorted(command.name for command in alloy.commands(model)) for model in alloy.models()
    }


def test_a_claim_that_is_wrong_is_seen(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.als"
    wrong.write_text(SMALL + "check it_stays_unsent { always no Sent } for 2 but 3 steps expect 0\n")

    assert alloy.commands(wrong) == [Command("wrong", "it_stays_unsent", False)]
    assert alloy.found(wrong, tmp_path) == {"it_stays_unsent": True}


@pytest.mark.parametrize(
    "command",
    [
        "check it_stays_unsent { always no Sent } for 2 but 3 steps",
        "check { always no Sent } for 2 but 3 steps expect 0",
        "run it_is_sent { eventually some Sent } for 2 but 3 steps expect 2",
        "check it_stays_unsent { always no Sent }\n  for 2 but 3 steps expect 0",
    ],
)
def test_a_command_that_does_not_say_what_to_expect_is_refused(tmp_path: Path, command: str) -> None:
    model = tmp_path / "unjudged.als"
    model.write_text(SMALL + command + "\n")

    with pytest.raises(Unjudged, match=r"unjudged.als: (check|run)"):
        alloy.commands(model)
