"""Starting and stopping child processes, so that none outlives the process that started it."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from guildhall_local.account import Account, become

PR_SET_PDEATHSIG = 1
STOP_WITHIN = 20.0

_libc = ctypes.CDLL(None, use_errno=True)


def start(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str],
    folder: Path,
    log: Path,
    account: Account | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own, appending what it prints to `log`.

    The kernel kills it when the thread that calls this ends: call it from a thread that stays.
    """
    with log.open("ab") as output:
        return subprocess.Popen(
            [str(part) for part in command],
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # so that Ctrl-C reaches the parent alone, which stops them in order
            preexec_fn=_die_with_parent(account),
        )


def _die_with_parent(account: Account | None) -> Callable[[], None]:
    parent = os.getpid()

    def prepare() -> None:
        if account is not None:
            become(account)
        if sys.platform == "linux":
            _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # after `become`, which would clear it
            if os.getppid() != parent:
                os._exit(1)

    return prepare


def stop(child: subprocess.Popen[bytes], *, ask: signal.Signals = signal.SIGTERM, within: float = STOP_WITHIN) -> None:
    """Ask it to end, wait, and kill it when it has not ended in time; returns when it is gone."""
    if child.poll() is None:
        child.send_signal(ask)
        try:
            child.wait(within)
        except subprocess.TimeoutExpired:
            child.kill()
    child.wait()
