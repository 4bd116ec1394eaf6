"""The logs of the stack's processes: each appends to its own, which is cut when it has grown."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

ROTATE_AT = 10 * 1024 * 1024
KEEP = 3
PAUSE = 0.2
LINES_SHOWN = 12


def rotate(log: Path, *, at: int = ROTATE_AT, keep: int = KEEP) -> bool:
    """Copy a grown log to `<log>.1` (the older ones move up) and empty it; says whether it did.

    The process keeps its file open and appends, so the file itself must stay. A line that it writes
    between the copy and the cut is lost: its own folder, not its ledger.
    """
    if not log.exists() or log.stat().st_size < at:
        return False
    for number in range(keep - 1, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        if older.exists():
            older.replace(log.with_name(f"{log.name}.{number + 1}"))
    shutil.copyfile(log, log.with_name(f"{log.name}.1"))
    with log.open("r+b") as grown:
        grown.truncate(0)
    return True


def tail(log: Path, count: int, *, after: int = 0) -> list[str]:
    """The last lines; of those after the byte `after`, where the log has not been cut since."""
    if not log.exists():
        return []
    size = log.stat().st_size
    with log.open("rb") as content:
        content.seek(after if after <= size else 0)
        return content.read().decode(errors="replace").splitlines()[-count:]


def shown(log: Path, *, after: int = 0) -> str:
    """The end of a log as it stands under the news that its process died; nothing where it said nothing."""
    lines = tail(log, LINES_SHOWN, after=after)
    return "; its last lines:\n" + "\n".join(f"  {line}" for line in lines) if lines else "."


def follow(logs: list[Path]) -> Iterator[tuple[Path, str]]:
    """New whole lines from this call on, for ever; from the start of a log that is cut or appears."""
    return _follow(logs, {log: log.stat().st_size if log.exists() else 0 for log in logs})


def _follow(logs: list[Path], read: dict[Path, int]) -> Iterator[tuple[Path, str]]:
    rest = dict.fromkeys(logs, b"")
    while True:
        for log in logs:
            if not log.exists():
                continue
            size = log.stat().st_size
            if size < read[log]:
                read[log], rest[log] = 0, b""
            if size > read[log]:
                with log.open("rb") as content:
                    content.seek(read[log])
                    fresh = content.read(size - read[log])
                read[log] = size
                *whole, rest[log] = (rest[log] + fresh).split(b"\n")
                yield from ((log, line.decode(errors="replace")) for line in whole)
        time.sleep(PAUSE)
