"""The overview for a person: tables on a wide terminal, a few lines for each service on a narrow one."""

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from guildhall_local import screen
from guildhall_local.instance import Instance
from guildhall_local.overview import Overview, ServiceOverview, Told

WIDE = 110
"""Columns from which on the tables fit."""


def show(console: Console, instance: Instance, seen: Overview) -> None:
    if seen.phase is not None:
        console.print(f"Guildhall is {seen.phase.value}.")
        console.print(screen.where_to_look(instance), highlight=False)
        console.print(screen.processes_table(seen.processes, wide=console.width >= WIDE))
    if seen.services:
        console.print()
        if console.width >= WIDE:
            console.print(_services(seen.services))
        else:
            for service in seen.services:
                console.print(_lines(service), highlight=False)
        console.print()
        console.print(_waiting(seen.services))
    for trouble in seen.troubles:
        console.print(f"[red]![/] {escape(trouble)}", highlight=False)


def _services(services: list[ServiceOverview]) -> Table:
    columns = ("service", "release", "schema", "epochs", "lag", "outbox", "parked", "last error")
    shown = Table(*columns, box=None, pad_edge=False)
    for service in services:
        shown.add_row(service.name, *(_cells(service.told) if service.told else ("[red]no answer[/]",)))
    return shown


def _cells(told: Told) -> tuple[str, ...]:
    return (told.release, _schema(told), _epochs(told), _lag(told), _outbox(told), _parked(told), _last_error(told))


def _lines(service: ServiceOverview) -> str:
    if service.told is None:
        return f"{service.name} [red]no answer[/]"
    told = service.told
    return (
        f"{service.name} {told.release}, schema {_schema(told)}\n"
        f"  epochs {_epochs(told)}\n"
        f"  lag {_lag(told)}, outbox {_outbox(told)}, parked {_parked(told)}\n"
        f"  last error {_last_error(told)}"
    )


def _schema(told: Told) -> str:
    """The newest migration of the service's own, and whether all of this release are there."""
    if told.schema_current is None:
        return "unknown"
    own = next((step for step in told.schema if step.schema == "public"), None)
    version = (own.applied or "none") if own else ""
    missing = sum(step.missing for step in told.schema)
    if not missing:
        return version
    return f"[red]{version}, expected {own.expected if own else ''}, lacks {missing}[/]"


def _epochs(told: Told) -> str:
    epochs = (f"{one.name} {one.epoch}{' (being rebuilt)' if one.rebuilding else ''}" for one in told.projections)
    return ", ".join(epochs) or "unknown"


def _lag(told: Told) -> str:
    lags = [one.lag for one in told.consumers]
    return "unknown" if not lags or None in lags else str(sum(lag or 0 for lag in lags))


def _outbox(told: Told) -> str:
    if told.outbox is None:
        return "unknown"
    age = told.outbox.oldest_unsent_seconds
    held = ", [yellow]held[/]" if told.outbox.held else ""
    return f"{told.outbox.unsent}" + (f" ({age:.0f} s)" if age is not None else "") + held


def _parked(told: Told) -> str:
    if told.parked_subjects is None:
        return "unknown"
    return f"[red]{told.parked_subjects}[/]" if told.parked_subjects else "0"


def _last_error(told: Told) -> str:
    if (last := told.last_error) is None:
        return "none"
    words = escape(f"{last.process}: {last.event}" + (f" {last.error}" if last.error else ""))
    return f"{last.at.astimezone():%d %b %H:%M:%S} {words}"


def _waiting(services: list[ServiceOverview]) -> Table | str:
    """By service and cell, where something waits."""
    rows = [
        (service.name, cell, *waits)
        for service in services
        if service.told is not None
        for cell in service.told.reads
        if any(waits := _of_cell(service.told, cell))
    ]
    if not rows:
        return "Nothing waits in any cell."
    shown = Table("service", "cell", "lag", "unsent", box=None, pad_edge=False)
    for name, cell, lag, unsent in rows:
        shown.add_row(name, cell, str(lag), str(unsent))
    return shown


def _of_cell(told: Told, cell: str) -> tuple[int, int]:
    """Lag and unsent signals."""
    lag = sum(one.lag_by_cell.get(cell, 0) for one in told.consumers)
    return lag, told.outbox.by_cell.get(cell, 0) if told.outbox else 0
