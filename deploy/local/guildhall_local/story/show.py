"""The demo as a person sees it: the story, the checks, and where to look afterwards."""

import asyncio

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from guildhall_local.checker.judging import Verdict, judge
from guildhall_local.instance import Instance
from guildhall_local.story import cast
from guildhall_local.story.asking import StoryStopped
from guildhall_local.story.inputs import Scale
from guildhall_local.story.play import play
from guildhall_local.story.scene import scene
from guildhall_local.story.tamper import TAMPERINGS


def show(instance: Instance, *, break_: str | None, scale: Scale) -> int:
    console = Console()
    return asyncio.run(_show(instance, console, break_=break_, scale=scale))


async def _show(instance: Instance, console: Console, *, break_: str | None, scale: Scale) -> int:
    console.rule("[bold]The story")
    try:
        seconds = await play(instance, console, scale=scale)
    except StoryStopped as stopped:
        console.print(f"[bold red]The story stopped.[/] {escape(str(stopped))}", highlight=False)
        return 1
    console.print(f"\nThe story took {seconds:.0f} s.\n", highlight=False)
    console.rule("[bold]What came of it")
    verdict = await check(instance, console, break_=break_)
    console.print(last_screen(instance))
    return verdict.status


async def check(instance: Instance, console: Console, *, break_: str | None) -> Verdict:
    """Judge the story as it is, or with something tampered with, which is undone afterwards."""
    if break_ is None:
        return await judge(instance, console)
    async with scene(instance) as after, TAMPERINGS[break_](after) as done:
        console.print(f"  [yellow]tampered with ({break_}): {done}[/]", highlight=False)
        return await judge(instance, console)


def last_screen(instance: Instance) -> Panel:
    screen = Table.grid(padding=(0, 2))
    for what, where in (
        ("API, through the gateway", instance.url("gateway", "/api/v1/")),
        ("sign in", instance.url("provider")),
        ("read the mail", instance.url("mail")),
        ("data", str(instance.state)),
        ("logs", f"make logs, or {instance.logs}"),
        ("what was asked and answered", str(instance.state / "story" / "log.jsonl")),
    ):
        screen.add_row(f"[bold]{what}[/]", where)
    screen.add_row("", "")
    for persona in cast.personas().values():
        screen.add_row(f"[bold]{persona.sub}[/]", f"{persona.name}, {persona.about}")
    screen.add_row("[bold]member-0000[/] ...", "and every imported member, by name or address, on the sign-in page")
    screen.add_row("", "")
    screen.add_row("[bold]make status[/]", "what runs")
    screen.add_row("[bold]make down[/]", "stop it, and keep the data")
    return Panel(screen, title="Guildhall is running", title_align="left")
