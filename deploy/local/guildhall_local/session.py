"""One run of a stack, from its first process to its last: who runs it, how it ends, what is written down."""

import asyncio
import os
import signal
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from guildhall_local import pauses, status
from guildhall_local.instance import Instance
from guildhall_local.spec import ProcessSpec
from guildhall_local.status import Mark, Phase, Status
from guildhall_local.supervisor import Supervisor

OnChange = Callable[[Status], None]


async def supervise(instance: Instance, specs: list[ProcessSpec], on_change: OnChange) -> None:
    """Run the processes until a signal says stop, writing down what becomes of them."""
    record = _Record(instance, on_change)
    supervisor = Supervisor(
        specs, logs=instance.logs, changed=lambda: record.write(), paused=partial(pauses.is_asked_for, instance)
    )
    record.supervisor = supervisor
    task = asyncio.current_task()
    assert task is not None
    _on_signal(task.cancel)
    try:
        record.enter(Phase.STARTING)
        await supervisor.start()
        record.enter(Phase.READY)
        await supervisor.watch()
    except asyncio.CancelledError:
        await _end(supervisor, record, Phase.STOPPED)
    except BaseException as failure:
        await _end(supervisor, record, Phase.FAILED, str(failure))
        raise


def _on_signal(act: Callable[[], object]) -> None:
    for asked in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(asked) is not signal.SIG_IGN:  # nohup means it
            asyncio.get_running_loop().add_signal_handler(asked, act)


async def _end(supervisor: Supervisor, record: "_Record", phase: Phase, trouble: str = "") -> None:
    """A second signal does not cut this short: children left behind would hold the ports."""
    _on_signal(lambda: None)
    record.enter(Phase.STOPPING)
    await supervisor.stop()
    record.enter(phase, trouble)


class _Record:
    """Writes the stack's status down, and shows it, whenever something changes."""

    supervisor: Supervisor

    def __init__(self, instance: Instance, on_change: OnChange) -> None:
        self._instance = instance
        self._on_change = on_change
        mark = Mark.of(os.getpid())
        assert mark is not None
        self._mark = mark
        self._phase, self._since, self._trouble = Phase.STARTING, datetime.now(UTC), ""

    def enter(self, phase: Phase, trouble: str = "") -> None:
        self._phase, self._since, self._trouble = phase, datetime.now(UTC), trouble
        self.write()

    def write(self) -> None:
        now = Status(
            supervisor=self._mark,
            phase=self._phase,
            since=self._since,
            port_base=self._instance.port_base,
            trouble=self._trouble,
            processes=self.supervisor.processes(),
        )
        status.write(self._instance, now)
        self._on_change(now)
