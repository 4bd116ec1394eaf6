"""Running a stack: in this process, or in one that stays behind; at most one for each state folder."""

import asyncio
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from guildhall_local import children, environment, jars, leftovers, logs, pauses, status
from guildhall_local.instance import PROJECT, Instance
from guildhall_local.obstacle import Obstacle
from guildhall_local.ports import require_free
from guildhall_local.session import OnChange, supervise
from guildhall_local.spec import ProcessSpec
from guildhall_local.status import Phase, Status

STOP_WITHIN = 90.0
PAUSE = 0.05
SUPERVISOR_LOG = "supervisor"
WHOLE_STACK = ("-m", "guildhall_local.supervise")
Specs = Callable[[Instance], list[ProcessSpec]]


def require_usable(instance: Instance) -> None:
    """What must be true before anything starts; an Obstacle says what is not."""
    try:
        instance.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not instance.founding_file.exists() and any(instance.state.iterdir()):
            raise Obstacle(f"The state folder {instance.state} holds other things: empty it, or set GUILDHALL_STATE.")
        instance.found()
        for folder in (instance.run, instance.logs):
            folder.mkdir(exist_ok=True)
        probe = instance.run / f".writable-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise Obstacle(f"The state folder {instance.state} cannot be written ({error.strerror}).") from error
    jars.classpath(instance.cache)


def run(instance: Instance, specs: Specs, on_change: OnChange = lambda status: None) -> None:
    """Be the supervisor until SIGTERM or Ctrl-C; an Obstacle where the stack cannot come up.

    However it ends, its processes have ended before.
    """
    require_usable(instance)
    with _alone(instance):
        leftovers.stop(instance)
        require_free(instance.ports)
        pauses.forget(instance)
        asyncio.run(supervise(instance, specs(instance), on_change))


@contextmanager
def _alone(instance: Instance) -> Iterator[None]:
    """Held by the kernel for this process, so a killed supervisor leaves no lock behind."""
    with (instance.run / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as held:
            raise Obstacle(f"Guildhall is being started or stopped already in {instance.state}.") from held
        yield


def start_detached(
    instance: Instance, on_change: OnChange = lambda status: None, *, program: Sequence[str] = WHOLE_STACK
) -> None:
    """Leave a supervisor behind, and return when its stack is up; an Obstacle when it is not.

    program: what Python is to run there, another one only in tests.
    """
    require_usable(instance)
    log = instance.log(SUPERVISOR_LOG)
    with log.open("wb") as output:
        child = subprocess.Popen(
            [sys.executable, *program],
            env=environment.of_stack(instance),
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _await_up(instance, child, log, on_change)
    except BaseException:
        children.stop(child, within=STOP_WITHIN)
        raise
    child.returncode = 0  # it stays behind on purpose: no warning that it still runs


def _await_up(instance: Instance, child: "subprocess.Popen[bytes]", log: Path, on_change: OnChange) -> None:
    shown: Status | None = None
    while True:
        ended = child.poll() is not None
        now = status.read(instance)
        if now is not None and now.supervisor.pid == child.pid and now != shown:
            on_change(now)
            shown = now
            if now.phase is Phase.READY:
                return
        if ended:
            said = "\n".join(logs.tail(log, logs.LINES_SHOWN)).strip()
            raise Obstacle(said or "The supervisor ended without a word.")
        time.sleep(PAUSE)


def stop(instance: Instance) -> bool:
    """Stop the stack and wait until all of it is gone; False where none was up."""
    now = status.read_alive(instance)
    if now is None:
        leftovers.stop(instance)
        return False
    os.kill(now.supervisor.pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_WITHIN
    while now.supervisor.lives():
        if time.monotonic() > deadline:
            os.kill(now.supervisor.pid, signal.SIGKILL)
            leftovers.stop(instance)
            break
        time.sleep(PAUSE)
    return True


def wipe(instance: Instance) -> None:
    """Stop the stack and delete its data: the next start founds it anew."""
    stop(instance)
    if not instance.founding_file.exists():
        return
    # The founding goes last: without it, what is left would be taken for somebody else's.
    for path in sorted(instance.state.iterdir(), key=lambda path: path == instance.founding_file):
        try:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        except OSError as error:
            raise Obstacle(f"{path} cannot be deleted ({error.strerror}).") from error


@contextmanager
def running(instance: Instance, *, program: Sequence[str] = WHOLE_STACK) -> Iterator[None]:
    """The stack for as long as the block: for tests. Dies with this process, whatever happens to it."""
    require_usable(instance)
    log = instance.log(SUPERVISOR_LOG)
    log.unlink(missing_ok=True)
    child = children.start(
        [sys.executable, *program],
        environment=environment.of_stack(instance),
        folder=PROJECT,
        log=log,
    )
    try:
        _await_up(instance, child, log, lambda status: None)
        yield
    finally:
        children.stop(child, within=STOP_WITHIN)
