"""The checker knows nothing of what it checks: it loads none of it, whatever loads it."""

import json
import subprocess
import sys

OURS = ["servicekit", "access", "membership", "events", "notifications", "analytics"]

READS_CELLS = ["servicekit", "servicekit.cells"]
"""Every instance reads which cells there are, and decides nothing by it."""

LOADS = """
import json, sys
import guildhall_local.checker.judging
import guildhall_local.story
print(json.dumps(sorted(sys.modules)))
"""


def loaded(program: str) -> list[str]:
    """Every module that a fresh interpreter has loaded after this program."""
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    modules: list[str] = json.loads(run.stdout)
    return modules


def is_theirs(module: str) -> bool:
    top = module.partition(".")[0]
    ours = top in OURS or top.removesuffix("_service").removesuffix("_contracts") in OURS
    return ours and module not in READS_CELLS


def test_the_checker_loads_no_service_no_contract_and_no_mechanism() -> None:
    modules = loaded(LOADS)

    assert "guildhall_local.checker.capacity" in modules
    assert [module for module in modules if is_theirs(module)] == []


def test_the_story_needs_none_of_them_either() -> None:
    modules = loaded(LOADS.replace("guildhall_local.story\n", "guildhall_local.story.show\n"))

    assert "guildhall_local.story.play" in modules
    assert [module for module in modules if is_theirs(module)] == []


def test_what_is_looked_for_would_be_found() -> None:
    modules = loaded(LOADS.replace("import guildhall_local.story\n", "import events_contracts\n"))

    assert {"events_contracts", "servicekit.contract"} <= {module for module in modules if is_theirs(module)}
