"""What a supervisor left running where the kernel did not end it: the next start does."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from guildhall_local import leftovers, status
from guildhall_local.status import Mark, Phase, ProcessStatus, State, Status

SLEEPS_WITH_A_CHILD = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import signal; signal.pause()'])"


def _orphaned_family(folder: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", SLEEPS_WITH_A_CHILD], start_new_session=True, cwd=folder)


def _write_down(fake_stack: Any, mark: Mark) -> None:
    """As a supervisor that is gone: its number is ours, its start is not."""
    fake_stack.instance.run.mkdir(parents=True)
    status.write(
        fake_stack.instance,
        Status(
            supervisor=Mark(pid=os.getpid(), started=0),
            phase=Phase.READY,
            since=datetime.now(UTC),
            port_base=1,
            processes=[ProcessStatus(name="api", state=State.READY, since=datetime.now(UTC), mark=mark)],
        ),
    )


def test_a_process_that_was_left_and_its_children_are_ended(fake_stack: Any, tmp_path: Path) -> None:
    left = _orphaned_family(tmp_path)
    family = psutil.Process(left.pid)
    while not (children := family.children()):
        assert left.poll() is None
    mark = Mark.of(left.pid)
    assert mark is not None
    _write_down(fake_stack, mark)

    assert leftovers.stop(fake_stack.instance) == 2

    left.wait(5)
    assert not any(child.is_running() for child in children)


def test_a_number_that_belongs_to_another_process_by_now_is_left_alone(fake_stack: Any, tmp_path: Path) -> None:
    another = _orphaned_family(tmp_path)
    mark = Mark.of(another.pid)
    assert mark is not None
    _write_down(fake_stack, Mark(pid=another.pid, started=mark.started - 100))

    assert leftovers.stop(fake_stack.instance) == 0

    assert another.poll() is None
    for process in (*psutil.Process(another.pid).children(), psutil.Process(another.pid)):
        process.kill()
    another.wait(5)
