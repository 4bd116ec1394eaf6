"""What is written down of a stack, and whether its supervisor lives."""

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from guildhall_local import status
from guildhall_local.instance import Instance
from guildhall_local.status import Mark, Phase, Status


def a_status(supervisor: Mark) -> Status:
    return Status(supervisor=supervisor, phase=Phase.READY, since=datetime.now(UTC), port_base=7400, processes=[])


def own_mark() -> Mark:
    mark = Mark.of(os.getpid())
    assert mark is not None
    return mark


def test_what_was_written_is_read(tmp_path: Path) -> None:
    instance = Instance(state=tmp_path)
    instance.run.mkdir()
    written = a_status(own_mark())

    status.write(instance, written)

    assert status.read(instance) == status.read_alive(instance) == written
    assert [path.name for path in instance.run.iterdir()] == ["status.json"]


def test_nothing_or_nonsense_is_no_status(tmp_path: Path) -> None:
    instance = Instance(state=tmp_path)
    assert status.read(instance) is None

    instance.run.mkdir()
    status.file_of(instance).write_text("{")

    assert status.read(instance) is None


def test_a_number_that_another_process_has_now_is_not_alive(tmp_path: Path) -> None:
    instance = Instance(state=tmp_path)
    instance.run.mkdir()

    status.write(instance, a_status(Mark(pid=os.getpid(), started=1.0)))

    assert status.read(instance) is not None
    assert status.read_alive(instance) is None


def test_a_process_that_has_ended_but_was_not_waited_for_is_not_alive() -> None:
    ended = subprocess.Popen(["sleep", "1000"])
    mark = Mark.of(ended.pid)
    assert mark is not None
    assert mark.lives()

    ended.kill()
    os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)

    assert not mark.lives()
    ended.wait()
    assert Mark.of(ended.pid) is None
