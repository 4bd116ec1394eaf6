"""A disk that is full for one process and those that it starts: no file of theirs grows beyond a limit.

The kernel's own limit on the size of files stands in for it, since it needs no right that only root has: a write
beyond it fails as one on a full disk does. It ends with the process, whose successor finds room again.
"""

import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil

from guildhall_local.account import Account, become
from guildhall_local.instance import PROJECT

ROOM = 64 * 1024
"""Bytes: small files are still written, such as that of a lock."""


def fill(pid: int, *, room: int = ROOM) -> int:
    """From now on the disk is full for the process and all below it; how many they are."""
    family = [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    told = [str(number) for number in (room, *family)]
    subprocess.run([sys.executable, __file__, *told], cwd=PROJECT, check=True, preexec_fn=_as_the_owner(pid))
    return len(family)


def _as_the_owner(pid: int) -> Callable[[], None]:
    """A limit may be set by a process's own account: root may lack the right to set anybody's."""
    owner = Path(f"/proc/{pid}").stat()

    def turn() -> None:
        if owner.st_uid != Path("/proc/self").stat().st_uid:
            become(Account(owner.st_uid, owner.st_gid))

    return turn


def _limit(room: int, family: list[int]) -> None:
    for pid in family:
        try:
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (room, room))
        except ProcessLookupError:
            continue  # it has ended meanwhile


if __name__ == "__main__":
    _limit(int(sys.argv[1]), [int(number) for number in sys.argv[2:]])
