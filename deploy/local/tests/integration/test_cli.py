"""The command line, against a stack of fake processes."""

import json
import subprocess
import sys
from typing import Any

from guildhall_local import environment
from servicekit.testing import eventually


def guildhall(fake_stack: Any, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "guildhall_local.cli", *arguments],
        env=environment.of_stack(fake_stack.instance),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


async def test_what_is_up_is_told_and_not_started_twice(fake_stack: Any) -> None:
    fake_stack.describe({"name": "api"})
    fake_stack.start()
    await eventually(fake_stack.is_up, within=30)

    up, status = guildhall(fake_stack, "up", "--detach"), guildhall(fake_stack, "status", "--json")

    assert (up.returncode, up.stdout.splitlines()[0]) == (0, "Guildhall is up already.")
    assert status.returncode == 0
    assert [process["name"] for process in json.loads(status.stdout)["processes"]] == ["api"]


async def test_down_stops_it_and_says_so_once(fake_stack: Any) -> None:
    fake_stack.describe({"name": "api"})
    supervisor = fake_stack.start()
    await eventually(fake_stack.is_up, within=30)

    first, second = guildhall(fake_stack, "down"), guildhall(fake_stack, "down")

    assert (first.returncode, first.stdout) == (0, "Guildhall is down; its data are kept.\n")
    assert (second.returncode, second.stdout) == (0, "Guildhall was not up.\n")
    assert supervisor.wait(10) == 0
    assert guildhall(fake_stack, "status").returncode == 1


async def test_logs_are_shown_by_process(fake_stack: Any) -> None:
    fake_stack.describe({"name": "api"}, {"name": "other"})
    fake_stack.start()
    await eventually(fake_stack.is_up, within=30)

    of_one, of_nobody = guildhall(fake_stack, "logs", "api", "-n", "1"), guildhall(fake_stack, "logs", "ghost")

    assert of_one.stdout == "api was asked\n"
    assert of_nobody.returncode == 1
    assert of_nobody.stderr == "There is no log of ghost yet; there are: api, other.\n"


def test_a_service_or_command_that_is_none_is_named(fake_stack: Any) -> None:
    refused = guildhall(fake_stack, "run", "payroll", "serve")

    assert refused.returncode == 1
    assert refused.stderr.startswith("The services are membership, events, notifications, analytics; their commands ")


def test_an_unknown_way_to_break_the_story_is_refused_with_the_known_ones(fake_stack: Any) -> None:
    refused = guildhall(fake_stack, "demo", "--break", "crockery")

    assert refused.returncode == 2
    assert "oversell" in refused.stderr
