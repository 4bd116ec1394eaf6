"""Processes are killed where the plan says, and each time it is watched how all comes to again."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rig import console, provoking
from rig.plan import AT_THE_CONSOLE, PARKING, Step
from rig.scene import Scene
from rig.standing import Hit, NotHit

from guildhall_local.instance import service_of
from servicekit.crash_points import Point
from servicekit.testing import end

WITHIN = 90.0
"""Seconds in which a process must come by a point."""


@dataclass(slots=True)
class Struck:
    """What was hit, and how long each death of a worker was felt."""

    hits: list[Hit] = field(default_factory=list)
    back: dict[str, float] = field(default_factory=dict)
    """By point: seconds from when a process that serves was ready again to its first yes."""
    stalls: dict[str, float] = field(default_factory=dict)
    """By point: seconds until the worker did again what it is there for."""
    missed: dict[str, str] = field(default_factory=dict)
    """By point: why it was not hit."""
    jobs: dict[str, float] = field(default_factory=dict)
    """By point: seconds until what the dead worker had in hand of jobs was done."""
    at_the_console: dict[Point, float] = field(default_factory=dict)
    """By point: when the command died."""

    @property
    def points(self) -> set[str]:
        return {hit.point for hit in self.hits} | set(self.at_the_console)


async def strike_all(scene: Scene, steps: Mapping[str, Sequence[Step]], struck: Struck) -> None:
    """Every process through its own, side by side."""
    async with asyncio.TaskGroup() as tasks:
        for process, own in steps.items():
            tasks.create_task(_strike_each(scene, process, own, struck))


async def _strike_each(scene: Scene, process: str, steps: Sequence[Step], struck: Struck) -> None:
    for step in steps:
        try:
            await strike(scene, process, step, struck)
        except AssertionError as missed:
            struck.missed[step.point] = str(missed)  # the others are struck all the same


async def strike(scene: Scene, process: str, step: Step, struck: Struck) -> Hit:
    """Once it has died there, and goes on."""
    if step.first is not None:
        opening = scene.rig.arm(process, step.first)
        await scene.rig.marked(process, opening, within=WITHIN)
    order = scene.rig.arm(process, step.point, settings=step.settings)
    await scene.rig.taken_up(process, order, within=WITHIN)
    provoked = asyncio.create_task(step.provoke(scene, process)) if step.provoke else None
    try:
        mark = await scene.rig.marked(process, order, within=WITHIN)
        before = await scene.progress.seen(process) if process.endswith("-work") else None
        hit = await scene.rig.hit(process, order, within=WITHIN)
    except NotHit as missed:
        raise missed from _failure(provoked)
    finally:
        if provoked is not None:
            await end(provoked)
            _failure(provoked)  # once the point was reached it may have failed: the stack is broken by then
    struck.hits.append(hit)
    if process.endswith("-serve"):
        struck.back[step.point] = await scene.first_yes(service_of(process))
    if before is not None:
        struck.stalls[step.point] = await scene.progress.goes_on(process, before, since=mark.at)
    if step.point.startswith("job."):
        struck.jobs[step.point] = await scene.progress.jobs_done(process, since=mark.at)
    return hit


def _failure(provoked: "asyncio.Task[None] | None") -> BaseException | None:
    return None if provoked is None or not provoked.done() or provoked.cancelled() else provoked.exception()


async def strike_at_what_is_parked(scene: Scene, struck: Struck) -> None:
    """Analytics cannot apply what tells of some events, and dies over it; then they are replayed, twice."""
    events = [await scene.draft() for _ in PARKING]
    async with provoking.refusing_events(scene, events):
        for point, event in zip(PARKING, events, strict=True):
            step = Step(point=point, provoke=lambda scene, _process, event=event: scene.publish(event))
            await strike(scene, "analytics-work", step, struck)
        behind = Step(point=Point.CONSUMER_WAITING_BEHIND, provoke=provoking.changes_of(events[0]))
        await strike(scene, "analytics-work", behind, struck)
    told = ("parked", "replay", "--all")
    mark = await console.killed_at(scene.rig, "analytics", *told, point=Point.REPLAY_RUN)
    struck.at_the_console[Point.REPLAY_RUN] = mark.at
    await console.carried_out(scene.rig, "analytics", *told)


async def strike_rebuilds(scene: Scene, service: str, struck: Struck) -> None:
    """Each leaves a projection that serves; the last one is let through."""
    for point in AT_THE_CONSOLE["rebuild"]:
        mark = await console.killed_at(scene.rig, service, "rebuild", "projection", point=point)
        struck.at_the_console[point] = mark.at
    await console.carried_out(scene.rig, service, "rebuild", "projection")


async def strike_migrations(scene: Scene, service: str, struck: Struck) -> None:
    """Of a database of its own: each time it is begun anew, and in the end it is whole."""
    async with console.an_empty_database(scene.rig) as told:
        for point in AT_THE_CONSOLE["migrate"]:
            mark = await console.killed_at(scene.rig, service, "migrate", point=point, told=told)
            struck.at_the_console[point] = mark.at
        await console.carried_out(scene.rig, service, "migrate", told=told)
        await console.carried_out(scene.rig, service, "migrate", told=told)


async def strike_the_producer(scene: Scene, struck: Struck) -> None:
    """After the broker was silent for longer than a send is waited for."""
    step = Step(point=Point.RELAY_PRODUCER_ANEW, provoke=provoking.a_broker_that_is_silent)
    await strike(scene, "events-work", step, struck)
    del struck.stalls[step.point]  # the broker's own silence is a part of it
