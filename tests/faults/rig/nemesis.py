"""Whatever may happen to a stack, drawn by chance: each fault begins, lasts a while, is over, and is written down."""

import asyncio
import random
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from rig import console, full_disk
from rig.misbehaving import Ways
from rig.proxy import Fault
from rig.standing import Rig

from guildhall_local import pauses
from guildhall_local.instance import SERVICES

FROZEN_FOR = 8.0
"""Seconds: longer than a consumer's session, so that its partitions go to somebody else."""
MISBEHAVES_FOR = 5.0
QUIET_BETWEEN = 4.0
"""Seconds between the end of one fault and the next one, in which something must succeed."""
BACK_WITHIN = 120.0
"""Seconds in which a process must be back; a broker takes longest."""
SERVERS = [f"{service}-serve" for service in SERVICES]
WORKERS = [f"{service}-work" for service in SERVICES]


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """One fault. Instants by `time.monotonic`."""

    fault: str
    what: str
    """To whom, in words."""
    began: float
    healed: float


Deed = Callable[[Rig, random.Random], Awaitable[str]]
"""Lasts as long as the fault; says to whom it happened."""


async def play(rig: Rig, *, seed: int, faults: Sequence[str]) -> list[Happened]:
    """These faults, one after the other in an order that is drawn, each to somebody who is drawn."""
    rng = random.Random(f"{seed} nemesis")
    happened = []
    for fault in rng.sample(list(faults), len(faults)):
        happened.append(await happen(rig, fault, rng))
        await asyncio.sleep(QUIET_BETWEEN)
    return happened


async def happen(rig: Rig, fault: str, rng: random.Random) -> Happened:
    began = time.monotonic()
    what = await FAULTS[fault](rig, rng)
    return Happened(fault=fault, what=what, began=began, healed=time.monotonic())


async def _kill(rig: Rig, rng: random.Random) -> str:
    process = rng.choice(SERVERS + WORKERS)
    await _die(rig, process)
    return process


async def _kill_several(rig: Rig, rng: random.Random) -> str:
    processes = rng.sample(SERVERS + WORKERS, 3)
    await asyncio.gather(*(_die(rig, process) for process in processes))
    return ", ".join(processes)


async def _freeze(rig: Rig, rng: random.Random) -> str:
    """Taken for dead while another one of its kind goes on; then it wakes, with what it had in hand."""
    service = rng.choice(["events", "notifications", "analytics"])
    async with console.a_second_worker(rig, service):
        await asyncio.sleep(2.0)
        rig.send(f"{service}-work", signal.SIGSTOP)
        try:
            await asyncio.sleep(FROZEN_FOR)
        finally:
            rig.send(f"{service}-work", signal.SIGCONT)
        await asyncio.sleep(1.0)
    return f"{service}-work"


async def _roll(rig: Rig, rng: random.Random) -> str:
    """One process after the other is told to end and comes again, as at a release."""
    processes = rng.choice([SERVERS, WORKERS])
    for process in processes:
        pid = rig.send(process, signal.SIGTERM)
        await rig.ready(process, but=pid)
    return ", ".join(processes)


async def _restart_the_broker(rig: Rig, _rng: random.Random) -> str:
    await _die(rig, "kafka")
    return "kafka"


async def _restart_the_database_server(rig: Rig, _rng: random.Random) -> str:
    await _die(rig, "postgres")
    return "postgres"


async def _fill_a_disk(rig: Rig, rng: random.Random) -> str:
    """Until whoever needs it gives up, and finds room again when it is back."""
    process = rng.choice(["kafka", "postgres"])
    mark = rig.process(process).mark
    assert mark is not None
    full_disk.fill(mark.pid)
    await rig.ready(process, but=mark.pid, within=BACK_WITHIN)
    return process


def _misbehave(way: str, fault: Fault, *, reset: bool = False) -> Deed:
    async def misbehave(rig: Rig, _rng: random.Random) -> str:
        with Ways.of(rig.instance).broken(way, fault, reset=reset):
            await asyncio.sleep(MISBEHAVES_FOR)
        return way

    return misbehave


def _hold_one_way(way: str) -> Deed:
    async def hold(rig: Rig, rng: random.Random) -> str:
        there = rng.random() < 0.5
        with Ways.of(rig.instance).broken(way, Fault(hold_to_target=there, hold_to_client=not there)):
            await asyncio.sleep(MISBEHAVES_FOR)
        return f"{way}, {'there' if there else 'back'}"

    return hold


def _reset(way: str) -> Deed:
    async def reset(rig: Rig, _rng: random.Random) -> str:
        return f"{way}, {Ways.of(rig.instance).reset(way)} connections"

    return reset


async def _die(rig: Rig, process: str) -> None:
    pid = rig.send(process, signal.SIGKILL)
    await rig.ready(process, but=pid, within=BACK_WITHIN)


async def outage(rig: Rig, process: str, *, seconds: float) -> Happened:
    """Away for so long, and ready again when it is over."""
    began = time.monotonic()
    await asyncio.to_thread(pauses.pause, rig.instance, process)
    await asyncio.sleep(max(seconds - (time.monotonic() - began), 0))
    await asyncio.to_thread(pauses.resume, rig.instance, process)
    return Happened(fault=f"{process} away", what=process, began=began, healed=time.monotonic())


FAULTS: Mapping[str, Deed] = {
    "a process killed": _kill,
    "three processes killed": _kill_several,
    "a worker frozen": _freeze,
    "a rolling restart": _roll,
    "the broker killed": _restart_the_broker,
    "the database server killed": _restart_the_database_server,
    "a full disk": _fill_a_disk,
    "a slow database": _misbehave("postgres", Fault(delay=0.15)),
    "a thin line to the broker": _misbehave("kafka", Fault(bytes_per_second=40_000)),
    "a line to the broker that is cut": _misbehave("kafka", Fault(cut_after=20_000)),
    "a line to the database that is cut": _misbehave("postgres", Fault(cut_after=40_000)),
    "a database that is silent one way": _hold_one_way("postgres"),
    "a broker that is silent one way": _hold_one_way("kafka"),
    "connections to the database reset": _reset("postgres"),
    "connections to the broker reset": _reset("kafka"),
    "a mail server that breaks off": _misbehave("smtp", Fault(cut_after=150), reset=True),
    "a receiver of webhooks that is away": _misbehave("receiver", Fault(refuse=True), reset=True),
}
