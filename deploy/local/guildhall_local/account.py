"""PostgreSQL refuses to run as root: started by root, it runs as an account without rights of its own."""

import ctypes
import os
import pwd
import sys
from dataclasses import dataclass
from pathlib import Path

from guildhall_local.obstacle import Obstacle

NOBODY = "nobody"
CAP_DAC_OVERRIDE = 1
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Account:
    user: int
    group: int


def for_postgres(data: Path) -> Account | None:
    """Whoever owns the data directory, and nobody where there is none yet; None where we are not root."""
    if os.geteuid() != 0:
        return None
    if data.exists() and data.stat().st_uid != 0:
        return Account(data.stat().st_uid, data.stat().st_gid)
    try:
        entry = pwd.getpwnam(NOBODY)
    except KeyError as missing:
        raise Obstacle(f"PostgreSQL cannot run as root, and there is no account {NOBODY}.") from missing
    return Account(entry.pw_uid, entry.pw_gid)


def hand_over(folder: Path, account: Account | None) -> None:
    """Make `folder` and all in it the account's."""
    if account is not None:
        for path in (folder, *folder.rglob("*")):
            os.lchown(path, account.user, account.group)


def become(account: Account) -> None:
    """Turn this process (a fork, before its exec) into the account's.

    It keeps one capability, to pass folders on the way to its own that only root may enter: opening those
    to everybody instead would change a machine that is not ours. Where root itself lacks the capability
    this changes nothing, and the folders must be open.
    """
    keeps = sys.platform == "linux" and _libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0
    os.setgroups([])
    os.setgid(account.group)
    os.setuid(account.user)
    if keeps:
        bit = 1 << CAP_DAC_OVERRIDE
        header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
        effective_permitted_inheritable = (ctypes.c_uint32 * 6)(bit, bit, bit, 0, 0, 0)
        _libc.capset(header, effective_permitted_inheritable)
        _libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)
