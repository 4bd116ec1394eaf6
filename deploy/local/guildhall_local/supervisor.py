"""The parent of every process: starts them in order, restarts them, stops them in reverse."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path

from guildhall_local.logs import rotate
from guildhall_local.obstacle import Obstacle
from guildhall_local.spec import ProcessSpec, ordered
from guildhall_local.status import ProcessStatus
from guildhall_local.watched import POLL, Watched, said

ROTATE_EVERY = 5.0


class Supervisor:
    """Runs the given processes. Use from one thread, which must live as long as they do."""

    def __init__(
        self,
        specs: Iterable[ProcessSpec],
        *,
        logs: Path,
        changed: Callable[[], None] = lambda: None,
        paused: Callable[[str], bool] = lambda name: False,
    ) -> None:
        """changed: called at every change of a state. paused: whether a process is to rest just now."""
        self._watched = {
            spec.name: Watched(spec, logs / f"{spec.name}.log", changed=changed, paused=paused)
            for spec in ordered(specs)
        }
        self._tasks: list[asyncio.Task[None]] = []
        self._failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._up = False

    def processes(self) -> list[ProcessStatus]:
        return [watched.status for watched in self._watched.values()]

    async def start(self) -> None:
        """Bring all up, side by side where their needs allow; the first Obstacle ends it."""
        lives = [self._live(watched) for watched in self._watched.values()]
        self._tasks = [asyncio.create_task(self._or_fail(life)) for life in (*lives, self._rotate_logs())]
        everything = asyncio.create_task(self._all_reached())
        self._tasks.append(everything)
        await asyncio.wait([everything, self._failure], return_when=asyncio.FIRST_COMPLETED)
        if self._failure.done():
            self._failure.result()
        self._up = True

    async def watch(self) -> None:
        """Keep all running until cancelled; ends only by an error of our own."""
        await self._failure

    async def _or_fail(self, life: Coroutine[None, None, None]) -> None:
        try:
            await life
        except Exception as failure:
            if not self._failure.done():
                self._failure.set_exception(failure)

    async def _all_reached(self) -> None:
        for watched in self._watched.values():
            await watched.reached.wait()

    async def _live(self, watched: Watched) -> None:
        for need in watched.spec.needs:
            await self._watched[need].reached.wait()
        await watched.launch()
        if watched.spec.ready is None:
            return
        await self._must_not_end_yet(watched)
        await watched.live_for_ever()

    async def _must_not_end_yet(self, watched: Watched) -> None:
        """While the others start, an end is a failed start: nothing is left half up."""
        while not self._up:
            code = watched.exit_code()
            if code is not None:
                raise Obstacle(f"{watched.spec.name} {said(code)} while the others were starting.")
            await asyncio.sleep(POLL)

    async def _rotate_logs(self) -> None:
        while True:
            for watched in self._watched.values():
                await asyncio.to_thread(rotate, watched.log)
            await asyncio.sleep(ROTATE_EVERY)

    async def stop(self) -> None:
        """Stop each one after all that need it."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(self._stop(watched) for watched in self._watched.values()))

    async def _stop(self, watched: Watched) -> None:
        for other in self._watched.values():
            if watched.spec.name in other.spec.needs:
                await other.gone.wait()
        await watched.stop()
