"""The workload: many clients at once, each with a chance of its own, who go on through whatever breaks."""

import asyncio
import random
import sys
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from workload import acts_events, acts_people, following
from workload.acts import Play, repeatedly
from workload.asking import Client, new_http
from workload.ground import NEWCOMERS, Ground, found
from workload.history import Log

from guildhall_local import children, environment
from guildhall_local.instance import PROJECT, Instance
from guildhall_local.story.partner import partner_folder, read_key

RACED_AFTER = 4.0
"""Seconds, or a fifth of the whole time where that is sooner."""
VISITORS = 6
"""So many act on events at once, besides leads, stewards and those who race; each for people of their own."""
FOLLOWERS = 3


async def play(
    instance: Instance,
    *,
    seed: int,
    seconds: float,
    history: Path,
    stop: asyncio.Event | None = None,
    racers: int = 24,
    races: int = 1,
    restless: int = 0,
) -> None:
    """Act for so long, or until `stop` is set, and write everything down in `history`, after what stands there.

    racers: at each of the races, all at once; no more than there are members. restless: so many who always have a
    command under way. What is under way at the end is asked to its end, for a minute at most. Raises nothing for what
    breaks around it.
    """
    ground = await found(instance)
    log = Log(history)
    async with new_http() as http, receiving(instance):
        client = Client(
            instance=instance,
            log=log,
            http=http,
            rng=random.Random(f"{seed} keys"),
            partner_keys={ground.client_id: read_key(instance)},
        )
        one = Play(
            client=client,
            ground=ground,
            seed=seed,
            until=time.monotonic() + seconds,
            stop=stop or asyncio.Event(),
        )
        try:
            await _everybody(one, racers=racers, races=races, restless=restless, seconds=seconds)
        finally:
            log.close()


async def _everybody(one: Play, *, racers: int, races: int, restless: int, seconds: float) -> None:
    """Whoever follows a list as it grows only ever waits, and is sent away when the others have finished."""
    live = [asyncio.create_task(waiting) for waiting in _live(one)]
    try:
        async with asyncio.TaskGroup() as tasks:
            for doing in (*_leads(one), *_visitors(one), *_readers(one)):
                tasks.create_task(doing)
            for somebody in one.ground.members[:restless]:
                tasks.create_task(acts_people.never_rest(one, one.rng(f"restless {somebody.sub}"), somebody))
            tasks.create_task(_races(one, racers=racers, races=races, seconds=seconds))
    finally:
        for waiting in live:
            waiting.cancel()
        await asyncio.gather(*live, return_exceptions=True)


def _leads(one: Play) -> list[Coroutine[Any, Any, None]]:
    rngs = {name: one.rng(name) for name in ("join", "guests", "move", "grants", "consent", "announce", "again")}
    numbers = rngs["join"].sample(range(NEWCOMERS), NEWCOMERS)
    people = [somebody.id for somebody in one.ground.members]
    movers, held = people[::5], list[str]()
    holding = [
        repeatedly(one, rng, 1.5, lambda rng=rng, holder=holder: acts_events.hold_another(one, rng, holder))
        for holder in acts_events.HOLDERS
        for rng in [one.rng(holder[0])]
    ]
    return [
        *holding,
        repeatedly(one, rngs["join"], 2.0, lambda: acts_people.join(one, rngs["join"], numbers)),
        repeatedly(one, rngs["guests"], 2.0, lambda: acts_people.register_person(one, rngs["guests"])),
        repeatedly(one, rngs["move"], 1.5, lambda: acts_people.move(one, rngs["move"], movers)),
        repeatedly(one, rngs["grants"], 2.0, lambda: acts_people.grant(one, rngs["grants"], people, held)),
        repeatedly(one, rngs["consent"], 1.0, lambda: acts_people.consent(one, rngs["consent"])),
        repeatedly(one, rngs["announce"], 6.0, lambda: acts_people.announce(one, rngs["announce"])),
        repeatedly(one, rngs["again"], 0.7, lambda: acts_events.ask_again(one, rngs["again"])),
    ]


def _visitors(one: Play) -> list[Coroutine[Any, Any, None]]:
    door = one.rng("door")
    visitors = []
    for number in range(VISITORS):
        rng, people = one.rng(f"visitor {number}"), one.ground.members[number::VISITORS]
        visitors.append(
            repeatedly(one, rng, 0.4, lambda rng=rng, people=people: acts_events.come_and_go(one, rng, people))
        )
    return [*visitors, repeatedly(one, door, 0.8, lambda: acts_events.at_the_door(one, door))]


def _readers(one: Play) -> list[Coroutine[Any, Any, None]]:
    walking = one.rng("walk")
    return [
        repeatedly(one, walking, 0.7, lambda: following.walk_own_list(one, walking)),
        following.follow_stream(one),
    ]


def _live(one: Play) -> list[Coroutine[Any, Any, None]]:
    followers = one.rng("follow").sample(list(one.ground.members), FOLLOWERS)
    return [following.follow_live(one, who, "national") for who in followers]


async def _races(one: Play, *, racers: int, races: int, seconds: float) -> None:
    """Each for an event of its own, all of them at the same time: a third of those who come find a place."""
    await one.rest(min(seconds / 5, RACED_AFTER))
    rng = one.rng("race")
    runners = rng.sample(list(one.ground.members), min(racers, len(one.ground.members)))

    async def one_race() -> None:
        capacity = max(len(runners) // 3, 1)
        event = await acts_events.hold(one, acts_events.HOLDERS[0], capacity=capacity)
        if event is not None:
            event.raced = True
            await acts_events.race(one, event, runners)
            one.events.append(event)

    if one.goes_on:
        await asyncio.gather(*(one_race() for _ in range(races)))


@asynccontextmanager
async def receiving(instance: Instance) -> AsyncIterator[None]:
    """The partner body's receiver of webhooks, for as long as the block."""
    child = children.start(
        [sys.executable, "-m", "guildhall_local.story.receiver"],
        environment=environment.of_stack(instance),
        folder=PROJECT,
        log=partner_folder(instance) / "receiver.log",
    )
    try:
        yield
    finally:
        await asyncio.to_thread(children.stop, child)


async def prepare(instance: Instance, *, people_count: int = 60) -> Ground:
    """What `play` needs, founded beforehand, while nothing breaks."""
    return await found(instance, people_count=people_count)
