"""How the story is told on the screen: numbered chapters, one line of figures for each, bars for what takes long."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

INDENT = (0, 0, 0, 6)


@dataclass(slots=True)
class Chapter:
    """One chapter under way; `result` is what its line will say."""

    console: Console
    result: str = ""

    @contextmanager
    def bar(self, what: str, total: int) -> Iterator["Bar"]:
        """Gone once it is full: the chapter's line says what came of it."""
        columns = (
            TextColumn("      {task.description}"),
            BarColumn(bar_width=32),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
        )
        hidden = not self.console.is_terminal
        with Progress(*columns, console=self.console, transient=True, disable=hidden) as progress:
            yield Bar(progress, progress.add_task(what, total=total))

    def table(self, *columns: str, rows: list[tuple[str, ...]]) -> None:
        shown = Table(*columns, box=None, pad_edge=False, padding=(0, 2, 0, 0))
        for row in rows:
            shown.add_row(*row)
        self.console.print(Padding(shown, INDENT, expand=False))


@dataclass(frozen=True, slots=True)
class Bar:
    progress: Progress
    task: TaskID

    def step(self, by: int = 1) -> None:
        self.progress.advance(self.task, by)

    def reach(self, done: int, *, total: int | None) -> None:
        """So far; total: None while it is not known."""
        self.progress.update(self.task, completed=done, total=total)


@dataclass(slots=True)
class Teller:
    console: Console
    begun: float = field(default_factory=time.monotonic)
    _number: int = 0

    @contextmanager
    def chapter(self, title: str) -> Iterator[Chapter]:
        self._number += 1
        begun = time.monotonic()
        self.console.print(f"[bold]{self._number:3}  {title}[/]", highlight=False)
        chapter = Chapter(self.console)
        yield chapter
        took = time.monotonic() - begun
        self.console.print(Padding(f"{chapter.result} [dim]{took:.1f} s[/]", INDENT, expand=False), highlight=False)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.begun
