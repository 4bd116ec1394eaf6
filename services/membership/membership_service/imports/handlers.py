"""The jobs of imports: each chunk commits its effects with its progress, so that a crash doubles nothing."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from itertools import islice
from typing import Any

from membership_service import reference
from membership_service.changes import actions as changes
from membership_service.imports import actions, ods_file, reports
from membership_service.imports.actions import Outcome
from membership_service.imports.model import MOST_REFUSALS, FileRefused, Refusal
from membership_service.imports.people_file import Candidate, Checker
from membership_service.networks import actions as networks
from membership_service.networks import founding
from membership_service.networks import store as network_store
from membership_service.organisations import actions as organisations
from membership_service.organisations import store as organisation_store
from membership_service.settings import MembershipSettings
from servicekit import clock
from servicekit.database import Conn
from servicekit.ids import new_id
from servicekit.jobs import JobHandler, JobRun

NETWORKS, PEOPLE = "import-networks", "import-people"
KINDS = {"networks": NETWORKS, "people": PEOPLE}
ROWS = 200
"""Rows of one chunk."""


def handlers(settings: Callable[[], MembershipSettings]) -> Mapping[str, JobHandler]:
    """The jobs by kind. settings: asked for when a job begins."""

    async def found_networks(run: JobRun) -> None:
        await _found_networks(run, settings())

    async def import_people(run: JobRun) -> None:
        await _import_people(run, settings())

    return {NETWORKS: found_networks, PEOPLE: import_people}


async def _found_networks(run: JobRun, settings: MembershipSettings) -> None:
    """All in one transaction: the tree is there as a whole, or not at all."""
    dry_run, today = bool(run.parameters["dry_run"]), clock.today()
    from_day = run.parameters.get("from")
    published, refused = ods_file.read(run.input)
    known = reference.read(settings.reference_dir)
    async with run.chunk() as conn:
        await network_store.hold_founding(conn)
        await network_store.lock_all(conn)
        existing = await network_store.everything(conn)
        day = date.fromisoformat(from_day) if from_day else None
        plan = founding.plan(published, known, existing, today=today, day=day)
        if not dry_run:
            await networks.carry_out(conn, plan, today=today)
            await organisations.follow(conn, known, await network_store.everything(conn))
        planned = await changes.follow_file(
            conn, plan.wishes, plan.undated, by=run.requested_by, now=clock.now(), draw_id=new_id, dry_run=dry_run
        )
        known_networks = existing | {network.id: network for network in plan.networks}
        shown = await reports.changes_of(conn, planned, known_networks, now=clock.now())
        rows = len(published) + len(refused)
        await run.progress(rows, rows)
        await run.finish(reports.founding(plan, shown, refused, dry_run=dry_run))


@dataclass(slots=True)
class _Progress:
    """What a people's import has come to; it travels in the job's state between chunks."""

    imported: int = 0
    unchanged: int = 0
    refused: int = 0
    refusals: list[dict[str, Any]] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        self.imported += outcome.imported
        self.unchanged += outcome.unchanged
        self.refuse(outcome.refused)

    def refuse(self, refusals: Sequence[Refusal]) -> None:
        self.refused += len(refusals)
        room = MOST_REFUSALS - len(self.refusals)
        self.refusals += [refusal.told() for refusal in islice(refusals, max(room, 0))]

    def report(self, *, dry_run: bool) -> dict[str, Any]:
        return {
            "dry_run": dry_run,
            "rows": self.imported + self.unchanged + self.refused,
            "imported": self.imported,
            "unchanged": self.unchanged,
            "refused": self.refused,
            "refusals": sorted(self.refusals, key=lambda refusal: int(refusal["row"])),
            "refusals_left_out": self.refused - len(self.refusals),
        }


async def _import_people(run: JobRun, settings: MembershipSettings) -> None:
    """The file is checked whole first, so that nothing of a file that is refused gets in."""
    dry_run = bool(run.parameters["dry_run"])
    good: list[Candidate] | None = None
    while not run.is_finished:
        async with run.chunk() as conn:
            progress = _Progress(**run.state.get("progress", {}))
            if good is None:
                good, bad = await checked_file(conn, run.input, settings, today=clock.today())
                if not run.state:
                    progress.refuse(bad)
                    run.done, run.total = len(bad), len(good) + len(bad)
            done: int = run.state.get("good", 0)
            chunk = good[done : done + ROWS]
            outcome = await actions.import_people(conn, chunk, dry_run=dry_run, now=clock.now(), draw_id=new_id)
            progress.add(outcome)
            run.state = {"good": done + len(chunk), "progress": asdict(progress)}
            await run.progress(run.done + len(chunk))
            if done + len(chunk) == len(good):
                await run.finish(progress.report(dry_run=dry_run))


async def checked_file(
    conn: Conn, body: bytes, settings: MembershipSettings, *, today: date
) -> tuple[list[Candidate], list[Refusal]]:
    """Good rows and refused ones. Raises FileRefused."""
    known = await network_store.everything(conn)
    if not any(network.kind == "trust" for network in known.values()):
        raise FileRefused("There are no trusts yet that anybody could be a member of: import the networks first.")
    checker = Checker(
        directory=await organisation_store.directory(conn),
        networks=known,
        job_roles=reference.read_job_roles(settings.reference_dir),
        today=today,
    )
    # Ten megabytes take seconds: beside this, the relay and the consumers go on.
    results = await asyncio.to_thread(lambda: list(checker.check(body)))
    good = [one for one in results if isinstance(one, Candidate)]
    return good, [one for one in results if isinstance(one, Refusal)]
