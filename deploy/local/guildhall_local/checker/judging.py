"""One run of the checker: every check, each with one line, and a verdict."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.markup import escape

from guildhall_local.checker import (
    announcements,
    calendars,
    capacity,
    delivery,
    figures,
    partner,
    privacy,
    reminders,
    tellings,
    walls,
    webhooks,
)
from guildhall_local.checker.case import Case
from guildhall_local.checker.evidence import gather
from guildhall_local.checker.finding import Check, Finding
from guildhall_local.checker.patience import Unanswered
from guildhall_local.checker.people import everybody
from guildhall_local.checker.quiet import NotQuiet
from guildhall_local.checker.told import Told
from guildhall_local.instance import Instance
from guildhall_local.story import journal
from guildhall_local.story.plan import JOURNAL, Plan

CHECKS: Sequence[Check] = [
    *capacity.CHECKS,
    *tellings.CHECKS,
    *announcements.CHECKS,
    *reminders.CHECKS,
    *calendars.CHECKS,
    *walls.CHECKS,
    *figures.CHECKS,
    *partner.CHECKS,
    *webhooks.CHECKS,
    *privacy.CHECKS,
    *delivery.CHECKS,
]
AT_REST = "everything comes to rest, and can be looked at"


@dataclass(frozen=True, slots=True)
class Verdict:
    findings: Sequence[tuple[str, Finding]]

    @property
    def red(self) -> list[str]:
        """Names of the checks that found a difference."""
        return [name for name, finding in self.findings if not finding.well]

    @property
    def status(self) -> int:
        return 1 if self.red else 0

    def finding(self, name: str) -> Finding:
        return next(finding for named, finding in self.findings if named == name)


async def judge(instance: Instance, console: Console, *, checks: Sequence[Check] = CHECKS) -> Verdict:
    """Look at everything once it has come to rest, and print a line for each check."""
    begun = time.monotonic()
    case = await _case(instance)
    if isinstance(case, Finding):
        verdict = Verdict([(AT_REST, case)])
    else:
        verdict = Verdict([(check.name, check.look(case)) for check in checks])
    for name, finding in verdict.findings:
        _show(console, name, finding)
    took = f"[dim]{time.monotonic() - begun:.1f} s[/]"
    if verdict.red:
        console.print(f"\n[bold red]{len(verdict.red)} of {len(verdict.findings)} checks differ.[/] {took}")
    else:
        console.print(f"\n[bold green]All {len(verdict.findings)} checks agree.[/] {took}")
    return verdict


async def _case(instance: Instance) -> Case | Finding:
    folder = instance.state / "story"
    plan, told = Plan.read(folder), Told(journal.read(folder / JOURNAL))
    try:
        return Case(plan, everybody(plan), told, await gather(instance, plan, told))
    except (NotQuiet, Unanswered) as trouble:
        return Finding("", [str(trouble)])


def _show(console: Console, name: str, finding: Finding) -> None:
    mark = "[green]✓[/]" if finding.well else "[bold red]✗[/]"
    said = f"[dim]{escape(finding.words)}[/]" if finding.well else f"[red]{escape(finding.words)}[/]"
    console.print(f"  {mark} {name}: {said}", highlight=False, soft_wrap=True)
