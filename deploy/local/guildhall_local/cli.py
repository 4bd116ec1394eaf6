"""`guildhall`: the developers' command line. Each command is a few lines; what it does stands in `stack`."""

import asyncio
import sys
from enum import StrEnum
from typing import Annotated

import typer
from rich.console import Console

from guildhall_local import doctor as examination
from guildhall_local import environment, logs, operations, pauses, screen, services, stack, status
from guildhall_local.instance import Instance
from guildhall_local.obstacle import Obstacle
from guildhall_local.processes import stack as whole_stack

console = Console()
app = typer.Typer(
    help="Guildhall on this machine: all of it, natively.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


operations.add(app)


class Break(StrEnum):
    """What the story may tamper with, to see its checker turn red."""

    OVERSELL = "oversell"
    DOUBLE_MAIL = "double-mail"
    DOUBLE_WEBHOOK = "double-webhook"
    DROP_SIGNAL = "drop-signal"
    LEAK_FIELD = "leak-field"
    LOST_PROMOTION = "lost-promotion"
    UNSUBSCRIBED_MAILED = "unsubscribed-mailed"


@app.command()
def up(
    detach: Annotated[bool, typer.Option(help="Leave it running in the background.")] = False,
) -> None:
    """Start the stack, or say that it is up."""
    instance = Instance()
    if status.read_alive(instance) is not None:
        console.print("Guildhall is up already.")
        console.print(screen.where_to_look(instance), highlight=False)
        return
    if detach:
        _start(instance)
        return
    console.print(f"Guildhall starts on ports {screen.port_span(instance)}; Ctrl-C stops it.")
    with screen.Progress(console, instance) as progress:
        stack.run(instance, whole_stack, progress.show)
    console.print("Guildhall is down; its data are kept.")


def _start(instance: Instance) -> None:
    console.print(f"Guildhall starts on ports {screen.port_span(instance)}, data in {instance.state}.")
    with screen.Progress(console, instance) as progress:
        stack.start_detached(instance, progress.show)


@app.command()
def down() -> None:
    """Stop the stack and keep its data."""
    with console.status("stopping"):
        was_up = stack.stop(Instance())
    console.print("Guildhall is down; its data are kept." if was_up else "Guildhall was not up.")


@app.command("status")
def show_status(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Say what runs, how each service is, and what is wrong. Status 0 where nothing is, else 1."""
    from guildhall_local import overview, overview_screen  # half a second, which the other commands need not take

    instance = Instance()
    seen = asyncio.run(overview.look(instance))
    if as_json:
        print(seen.model_dump_json(indent=2))
    else:
        overview_screen.show(console, instance, seen)
    if seen.troubles:
        raise typer.Exit(1)


@app.command("logs")
def show_logs(
    process: Annotated[str | None, typer.Argument(help="All of them when left out.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as they grow.")] = False,
    lines: Annotated[int, typer.Option("--lines", "-n", help="How many of each.")] = 40,
) -> None:
    """Show what the processes logged."""
    instance = Instance()
    found = sorted(instance.logs.glob("*.log"))
    wanted = found if process is None else [log for log in found if log.stem == process]
    if not wanted:
        known = ", ".join(log.stem for log in found)
        raise Obstacle(f"There is no log of {process or 'anything'} yet{known and f'; there are: {known}'}.")
    for log in wanted:
        for line in logs.tail(log, lines):
            _print_logged(log.stem, line, alone=len(wanted) == 1)
    if follow:
        for log, line in logs.follow(wanted):
            _print_logged(log.stem, line, alone=len(wanted) == 1)


def _print_logged(process: str, line: str, *, alone: bool) -> None:
    print(line if alone else f"{process:22} {line}", flush=True)


@app.command()
def fresh() -> None:
    """Stop the stack and delete its data."""
    with console.status("stopping"):
        stack.wipe(Instance())
    console.print("Guildhall is down and its data are gone.")


@app.command()
def demo(
    break_: Annotated[Break | None, typer.Option("--break", help="Tamper with the outcome.")] = None,
) -> None:
    """Found Guildhall afresh, play the story, check what came of it, and leave the stack running."""
    from guildhall_local import story

    instance = Instance()
    stack.wipe(instance)
    _start(instance)
    raise typer.Exit(story.run(instance, break_=None if break_ is None else break_.value))


@app.command()
def pause(process: str) -> None:
    """Stop one process and let it rest until `resume`."""
    pauses.pause(Instance(), process)


@app.command()
def resume(process: str) -> None:
    """Start a paused process again."""
    pauses.resume(Instance(), process)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run(context: typer.Context, service: str, command: str) -> None:
    """Run a command of a service against the stack: `guildhall run membership bootstrap --issuer ...`."""
    instance = Instance()
    if service not in instance.deployments or command not in environment.COMMANDS:
        names = ", ".join(instance.deployments)
        raise Obstacle(f"The services are {names}; their commands {', '.join(environment.COMMANDS)}.")
    raise typer.Exit(services.run(instance, service, command, *context.args))


@app.command()
def doctor() -> None:
    """Examine this machine, and say what would keep Guildhall from running on it."""
    findings = examination.examine(Instance())
    for finding in findings:
        mark = "[green]ok [/]" if finding.well else "[red]no [/]"
        console.print(f"{mark} {finding.name:18} {finding.said}", highlight=False)
    if not all(finding.well for finding in findings):
        raise typer.Exit(1)


def main() -> None:
    try:
        app()
    except Obstacle as obstacle:
        console.file.flush()
        sys.exit(str(obstacle))


if __name__ == "__main__":
    main()
