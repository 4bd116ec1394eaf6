"""One process under the supervisor's eye: its state, and its life from the first start to the last stop."""

import asyncio
import os
import signal
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from guildhall_local import children, logs
from guildhall_local.obstacle import Obstacle
from guildhall_local.spec import ProcessSpec
from guildhall_local.status import Mark, ProcessStatus, State

POLL = 0.05
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
STEADY_AFTER = 60.0
"""A process that lived this long starts again without the pauses of its earlier crashes."""


class Watched:
    """The pauses between its restarts grow, so that a process that cannot live does not eat the machine."""

    def __init__(
        self, spec: ProcessSpec, log: Path, *, changed: Callable[[], None], paused: Callable[[str], bool]
    ) -> None:
        self.spec = spec
        self.log = log
        self._paused = paused
        self.reached = asyncio.Event()
        """Set once, when it was first ready or done."""
        self.gone = asyncio.Event()
        self._changed = changed
        self._child: subprocess.Popen[bytes] | None = None
        self._log_from = 0
        self.status = ProcessStatus(name=spec.name, state=State.WAITING, since=_now())

    def _become(self, state: State, **facts: object) -> None:
        self.status = self.status.model_copy(update={"state": state, "since": _now(), **facts})
        self._changed()

    async def launch(self) -> None:
        """Start it and wait until it is ready (a task: until it has ended well); Obstacle otherwise."""
        began = time.monotonic()
        self._become(State.STARTING)
        try:
            if self.spec.prepare is not None and not self.reached.is_set():
                await asyncio.to_thread(self.spec.prepare)
            self._start()
        except (OSError, subprocess.SubprocessError) as error:
            raise Obstacle(f"{self.spec.name} could not be started: {error}.") from error
        await self._await_ready(began)
        self._become(State.DONE if self.spec.ready is None else State.READY, took=round(time.monotonic() - began, 2))
        self.reached.set()

    def _start(self) -> None:
        self._log_from = self.log.stat().st_size if self.log.exists() else 0
        self._child = children.start(
            self.spec.command,
            environment=self.spec.environment,
            folder=self.spec.folder,
            log=self.log,
            account=self.spec.account,
        )
        self.status = self.status.model_copy(update={"mark": Mark.of(self._child.pid)})
        self._changed()

    async def _await_ready(self, began: float) -> None:
        deadline = began + self.spec.ready_within
        while True:
            code = self.exit_code()
            if self.spec.ready is None and code == 0:
                return
            if code is not None:
                raise Obstacle(f"{self.spec.name} {said(code)} while starting{self._shown()}")
            if self.spec.ready is not None and await asyncio.to_thread(self.spec.ready):
                return
            if time.monotonic() > deadline:
                within = f"{self.spec.ready_within:.0f} s"
                raise Obstacle(f"{self.spec.name} was not ready within {within}{self._shown()}")
            await asyncio.sleep(POLL)

    def _shown(self) -> str:
        return logs.shown(self.log, after=self._log_from)

    def exit_code(self) -> int | None:
        return None if self._child is None else self._child.poll()

    async def ended(self) -> int:
        """Its exit code, once it has one: asked for often, since not every system can tell."""
        while True:
            code = self.exit_code()
            if code is not None:
                return code
            await asyncio.sleep(POLL)

    async def live_for_ever(self) -> None:
        """Start it again whenever it ends, pausing longer each time; and rest while it is to be paused."""
        pause = FIRST_PAUSE
        while True:
            ready_since = time.monotonic()
            trouble = await self._ended_or_paused()
            if time.monotonic() - ready_since > STEADY_AFTER:
                pause = FIRST_PAUSE
            while trouble:
                self._become(State.RESTARTING, trouble=trouble, restarts=self.status.restarts + 1)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
                trouble = await self._launch_again()

    async def _ended_or_paused(self) -> str:
        """Why it ended by itself; nothing when it was paused and is back."""
        while (code := self.exit_code()) is None:
            if self._is_paused():
                await self._rest()
                return await self._launch_again()
            await asyncio.sleep(POLL)
        return f"{self.spec.name} {said(code)}"

    def _is_paused(self) -> bool:
        return self._paused(self.spec.name)

    async def _rest(self) -> None:
        self._become(State.STOPPING)
        await self._end()
        self._become(State.PAUSED)
        while True:
            if not self._is_paused():
                return
            await asyncio.sleep(POLL)

    async def _launch_again(self) -> str:
        try:
            await self.launch()
        except Obstacle as obstacle:
            await self._end()
            return str(obstacle).splitlines()[0]
        return ""

    async def stop(self) -> None:
        """End it, whatever it is doing; returns when it is gone."""
        if self.exit_code() is None and self._child is not None:
            self._become(State.STOPPING)
            await self._end()
        if self.status.state is not State.DONE:
            self._become(State.STOPPED)
        self.gone.set()

    async def _end(self) -> None:
        child = self._child
        if child is None or child.poll() is not None:
            return
        child.send_signal(self.spec.stop_signal)
        try:
            await asyncio.wait_for(self.ended(), self.spec.stop_within)
        except TimeoutError:
            os.killpg(child.pid, signal.SIGKILL)  # its group too: what it started must not outlive it
            await self.ended()


def said(code: int) -> str:
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with status {code}"


def _now() -> datetime:
    return datetime.now(UTC)
