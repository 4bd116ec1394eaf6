"""A supervisor in a process of its own, for tests that kill it: runs the fakes that a file describes."""

import json
import sys
from pathlib import Path

from guildhall_local import environment, stack
from guildhall_local.instance import Instance
from guildhall_local.obstacle import Obstacle
from guildhall_local.spec import ProcessSpec, answers_http

SERVER = Path(__file__).with_name("fake_server.py")


def specs(instance: Instance) -> list[ProcessSpec]:
    """From fakes.json beside the state folder: name, port, needs and, where it is no ordinary one, manner."""
    fakes = json.loads((instance.state.parent / "fakes.json").read_text())
    return [
        ProcessSpec(
            name=fake["name"],
            command=(
                sys.executable,
                str(SERVER),
                fake["name"],
                str(fake["port"]),
                str(instance.state.parent / "journal"),
                fake.get("manner", ""),
            ),
            environment=environment.of_machine(),
            folder=instance.state,
            ready=answers_http(fake["port"], "/"),
            needs=tuple(fake.get("needs", ())),
            ready_within=20,
            stop_within=fake.get("stop_within", 10),
        )
        for fake in fakes
    ]


if __name__ == "__main__":
    try:
        stack.run(Instance(), specs)
    except Obstacle as obstacle:
        sys.exit(str(obstacle))
