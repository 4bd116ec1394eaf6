"""What a person sees while a stack starts, and of one that runs."""

from collections.abc import Sequence

import psutil
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from guildhall_local.instance import Instance
from guildhall_local.status import Phase, ProcessStatus, State, Status

COLOURS = {
    State.READY: "green",
    State.DONE: "green",
    State.STARTING: "yellow",
    State.RESTARTING: "red",
    State.PAUSED: "yellow",
}
ADDRESSES = {"gateway": "the gateway", "provider": "the sign-in", "mail": "the mail"}


class Progress:
    """Prints each process once it is ready, and each crash; what is awaited stands below on a terminal."""

    def __init__(self, console: Console, instance: Instance) -> None:
        self._console = console
        self._instance = instance
        self._waiting = console.status("starting")
        self._up = False
        self._said: set[tuple[str, State, int]] = set()

    def __enter__(self) -> "Progress":
        if self._console.is_terminal:
            self._waiting.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._waiting.stop()

    def show(self, status: Status) -> None:
        for process in status.processes:
            key = (process.name, process.state, process.restarts)
            if process.state in (State.READY, State.DONE, State.RESTARTING) and key not in self._said:
                self._said.add(key)
                self._console.print(_line(process), highlight=False)
        starting = [process.name for process in status.processes if process.state is State.STARTING]
        self._waiting.update(f"waiting for {', '.join(starting)}" if starting else "")
        if status.phase is Phase.READY and not self._up:
            self._up = True
            self._waiting.stop()
            self._console.print(f"Guildhall is up.\n{where_to_look(self._instance)}", highlight=False)


def _line(process: ProcessStatus) -> str:
    if process.state is State.RESTARTING:
        return f"  [red]{escape(process.trouble)}: it is started again[/]"
    took = "" if process.took is None else f"{process.took:6.1f} s"
    return f"  [green]{process.state.value:6}[/] {process.name:22}{took}"


def where_to_look(instance: Instance) -> str:
    """The addresses for a person, one a line."""
    return "\n".join(f"  {name:12} {instance.url(place)}" for place, name in ADDRESSES.items())


def processes_table(processes: Sequence[ProcessStatus], *, wide: bool) -> Table:
    """A narrow one leaves out what is seldom asked for."""
    more = ("pid", "restarts", "since") if wide else ()
    shown = Table("process", "state", "memory", *more, "trouble", box=None, pad_edge=False)
    for process in processes:
        pid = process.mark.pid if process.mark is not None and process.mark.lives() else None
        since = process.since.astimezone().strftime("%H:%M:%S")
        shown.add_row(
            process.name,
            f"[{COLOURS.get(process.state, 'dim')}]{process.state.value}[/]",
            "" if pid is None else f"{megabytes(pid):.0f} MB",
            *((str(pid or ""), str(process.restarts or ""), since) if wide else ()),
            escape(process.trouble),
        )
    return shown


def megabytes(pid: int) -> float:
    """Of a process and all below it, each page that several share counted once (0 when it is gone)."""
    try:
        family = psutil.Process(pid)
        return sum(_own(process) for process in (family, *family.children(recursive=True))) / 1024**2
    except psutil.NoSuchProcess:
        return 0.0


def _own(process: psutil.Process) -> int:
    try:
        full = process.memory_full_info()
        return int(getattr(full, "pss", full.rss))
    except psutil.AccessDenied:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def port_span(instance: Instance) -> str:
    used = instance.ports.values()
    return f"{min(used)} to {max(used)}"
