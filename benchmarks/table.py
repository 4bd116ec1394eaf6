"""One table for people, one document for machines."""

import statistics
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.figure import Result, Run


def show(results: Sequence[Result], machine: dict[str, str], console: Console) -> None:
    table = Table(title="Ours to bare, medians of the pairs that count")
    for name in ("figure", "unit", "bare", "ours", "ratio", "worst", "goal", "pairs", "errors"):
        table.add_column(name, justify="left" if name in {"figure", "unit"} else "right")
    for result in results:
        table.add_row(*_row(result))
    console.print(table)
    for result in results:
        _show_more(result, console)
    console.print("; ".join(f"{name}: {value}" for name, value in machine.items()))


def _row(result: Result) -> list[str]:
    counting = result.counting
    verdict = {None: "", True: "", False: " missed"}[result.reached]
    return [
        result.figure,
        result.unit,
        _median([pair.bare.rate for pair in counting]),
        _median([pair.ours.rate for pair in counting]),
        f"{result.ratio:.2f}{verdict}" if result.ratio is not None else "-" + verdict,
        f"{result.worst:.2f}" if result.worst is not None else "-",
        f"{result.goal:.2f}" if result.goal is not None else "-",
        f"{len(counting)}/{len(result.pairs)}",
        str(result.errors),
    ]


def _show_more(result: Result, console: Console) -> None:
    for side in ("bare", "ours"):
        runs: list[Run] = [getattr(pair, side) for pair in result.counting]
        names = dict.fromkeys(name for run in runs for name in run.extra)
        said = [f"{name} {statistics.median(run.extra[name] for run in runs):.2f}" for name in names]
        if said:
            console.print(f"{result.figure}, {side}: {', '.join(said)}", highlight=False)
    for name, value in result.told.items():
        console.print(f"{result.figure}: {name} {value:,.1f}", highlight=False)
    for note in result.notes:
        console.print(f"{result.figure}: {note}", highlight=False)


def _median(rates: Sequence[float]) -> str:
    return f"{statistics.median(rates):,.0f}" if rates else "-"


def document(results: Sequence[Result], machine: dict[str, str]) -> dict[str, Any]:
    return {
        "machine": machine,
        "figures": [
            {
                "figure": result.figure,
                "unit": result.unit,
                "goal": result.goal,
                "ratio": result.ratio,
                "worst": result.worst,
                "reached": result.reached,
                "errors": result.errors,
                "told": result.told,
                "notes": list(result.notes),
                "pairs": [
                    {"ratio": pair.ratio, "counts": pair.counts, "bare": _run(pair.bare), "ours": _run(pair.ours)}
                    for pair in result.pairs
                ],
            }
            for result in results
        ],
    }


def _run(run: Run) -> dict[str, Any]:
    return {"rate": run.rate, "done": run.done, "found": run.found, "errors": run.errors} | run.extra
