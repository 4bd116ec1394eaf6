"""`rebuild PROJECTION`: fill a projection anew while the service runs, and say how far it is."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict

import orjson
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from servicekit import garbage
from servicekit.consumers import rereading
from servicekit.consumers.rebuild import Rebuild, Rebuilt
from servicekit.operations.ground import Ground

CONNECTIONS = rereading.LANES + 4
SECONDS_BETWEEN_LINES = 1.0


def add(app: typer.Typer, ground: Callable[[], Ground], run: Callable[..., Rebuilt]) -> None:
    @app.command(name="rebuild")
    def rebuild(
        projection: str,
        as_json: bool = typer.Option(False, "--json", help="One JSON object a line, for machines."),
    ) -> None:
        """Fill a projection anew from the first record, beside the running service, and switch to it."""
        with _lines() if as_json else _bar(projection) as progress:
            done = run(rebuild_projection(ground(), projection, progress=progress))
        if as_json:
            print(orjson.dumps(asdict(done) | {"doing": "done"}).decode())
        else:
            each_second = int(done.records / max(done.seconds, 0.001))
            print(
                f"{projection}: {done.records} records in {done.seconds:.1f} s ({each_second} a second),"
                f" now epoch {done.epoch}; the live consumer waited {done.stopped_seconds * 1000:.0f} ms"
            )


async def rebuild_projection(
    ground: Ground, projection: str, *, progress: rereading.Progress = rereading.quiet
) -> Rebuilt:
    """Rebuild the projection, whether the service's work runs or not."""
    consumers = ground.consumers_of(projection)
    garbage.settle()
    # What a crash would take away is read again from the first record; the switch itself waits for the disk.
    async with ground.database("rebuild", size=CONNECTIONS, synchronous_commit="off") as db:
        return await Rebuild(
            service=ground.name,
            consumers=consumers,
            cells=ground.cells,
            bootstrap=ground.settings.kafka_bootstrap,
            db=db,
            tell_from=ground.settings.tell_from,
            progress=progress,
        ).run()


@contextmanager
def _bar(projection: str) -> Iterator[rereading.Progress]:
    """A bar on a terminal; nothing elsewhere."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as shown:
        task = shown.add_task(projection, total=None)

        async def progress(doing: str, done: int, total: int) -> None:
            shown.update(task, description=f"{projection}: {doing}", completed=done, total=total or None)

        yield progress


@contextmanager
def _lines() -> Iterator[rereading.Progress]:
    last, last_at = "", 0.0

    async def progress(doing: str, done: int, total: int) -> None:
        nonlocal last, last_at
        now = time.monotonic()
        if doing != last or now - last_at >= SECONDS_BETWEEN_LINES:
            last, last_at = doing, now
            print(orjson.dumps({"doing": doing, "records": done, "of": total}).decode(), file=sys.stdout, flush=True)

    yield progress
