"""python -m benchmarks: measure all figures, or those named, and print one table."""

import asyncio
import signal
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import orjson
import typer
import uvloop
from rich.console import Console

from benchmarks import machine, table
from benchmarks.figure import Plan, Result
from benchmarks.figures import FIGURES
from benchmarks.stage import Stage, stage

WIDTH = 120
"""Columns of the table where no terminal says how many there are."""


async def measure(where: Stage, names: list[str], plan: Plan, console: Console) -> tuple[list[Result], list[str]]:
    """What was measured, and the names of what could not be: one figure's failure takes no other's away."""
    results, failed = [], []
    asked = [figure for figure in FIGURES if not names or figure.name in names]
    for number, figure in enumerate(asked, 1):
        now = datetime.now(UTC)
        console.print(f"[dim]{now:%H:%M:%S} {number} of {len(asked)}: {figure.name}[/dim]", highlight=False)
        try:
            results.append(await figure.measure(where, plan))
        except Exception:
            console.print_exception(max_frames=6)
            failed.append(figure.name)
    return results, failed


def main(
    only: Annotated[list[str] | None, typer.Option(help="a figure's name; may be given several times")] = None,
    pairs: Annotated[int, typer.Option(min=1)] = 5,
    seconds: Annotated[float, typer.Option(min=0.2, help="a side")] = 10.0,
    warm_up: Annotated[float, typer.Option(min=0.0, help="seconds of each side that are discarded")] = 2.0,
    json: Annotated[bool, typer.Option(help="a document in place of the table")] = False,
) -> None:
    """Measure, and print one table of ratios."""
    known = [figure.name for figure in FIGURES]
    if strange := [name for name in only or [] if name not in known]:
        sys.exit(f"There is no figure {', '.join(strange)}; there are {', '.join(known)}.")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    console = Console(stderr=json)
    if not console.is_terminal:
        console = Console(stderr=json, width=WIDTH)
    described = machine.described()
    with (
        tempfile.TemporaryDirectory(prefix="guildhall-bench-", ignore_cleanup_errors=True) as folder,
        stage(Path(folder)) as where,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        plan = Plan(pairs=pairs, seconds=seconds, warm_up=warm_up)
        results, failed = runner.run(measure(where, only or [], plan, console))
    if json:
        sys.stdout.buffer.write(orjson.dumps(table.document(results, described), option=orjson.OPT_INDENT_2) + b"\n")
    else:
        table.show(results, described, console)
    if failed:
        sys.exit(f"Not measured: {', '.join(failed)}.")


if __name__ == "__main__":
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(main)
    app()
