"""A stack in use that is about to be broken: who asks, what was written down of it, and what was going on when."""

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from rig.progress import Progress, watching
from rig.standing import Rig
from workload import history
from workload.asking import Answer, Client, new_http
from workload.ground import Ground, found
from workload.history import History, Log
from workload.play import play

LEAD = "nadia"
EVENTS = "/api/v1/cells/national/events"
APART = 10_000_000
"""Between the numbers of the workload's wishes and those of the rig's."""
SECONDS = 900.0
"""For which the workload would go on, were it not stopped."""


@dataclass(slots=True, kw_only=True)
class Scene:
    rig: Rig
    ground: Ground
    client: Client
    """Of the rig's own acts, which are written down apart from those of the workload."""
    progress: Progress
    seed: int
    written: Path
    """What the workload asked and was told."""
    own: Path
    playing: "asyncio.Task[None]"
    """The workload, which goes on."""
    rng: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.rng = random.Random(f"{self.seed} rig")

    def history(self) -> History:
        return history.read(self.written)

    async def draft(self, *, starts_in: timedelta = timedelta(days=60), summary: str = "") -> str:
        """An event of the nation's that nobody else knows of; its address."""
        key, starts = self.client.key(), datetime.now(ZoneInfo("Europe/London")) + starts_in
        body = {
            "network_id": self.ground.networks["national"],
            "kind": "webinar",
            "title": f"Gathering {key}",
            "venue": "Online",
            "summary": summary,
            "starts": starts.replace(tzinfo=None, microsecond=0).isoformat(),
            "ends": (starts + timedelta(hours=2)).replace(tzinfo=None, microsecond=0).isoformat(),
            "capacity": 5,
        }
        drafted = await self.post(EVENTS, body, deed="draft-event", about=key)
        return f"{EVENTS}/{drafted.body['id']}"

    async def first_yes(self, service: str) -> float:
        """Seconds until the service carries out a command of somebody who has not waited before."""
        begun = time.monotonic()
        if service == "events":
            await self.draft()
        else:
            names = {"given_name": "Some", "family_name": "Body", "email": f"{self.client.key()}@rwp.example"}
            await self.post("/api/v1/people", names, deed="register-person")
        return time.monotonic() - begun

    async def publish(self, event: str) -> None:
        await self.post(f"{event}/publish", deed="publish-event")

    async def change(self, event: str, **wanted: Any) -> None:
        read = await self.client.get(LEAD, event, deed="read-event")
        assert read is not None
        assert read.yes, read
        seen = {"if-match": read.headers["etag"]}
        answer = await self.client.ask(LEAD, "PATCH", event, wanted, deed="change-event", headers=seen)
        assert answer is not None
        assert answer.yes, answer

    async def post(self, path: str, body: Any = None, *, deed: str, about: str = "") -> Answer:
        answer = await self.client.post(LEAD, path, body, deed=deed, about=about)
        assert answer is not None, f"{deed} has had no answer"
        assert answer.yes, f"{deed}: {answer}"
        return answer

    async def send_file(self, path: str, content: bytes) -> httpx.Response:
        headers = {
            "authorization": f"Bearer {await self.client.token(LEAD)}",
            "content-type": "text/csv; charset=utf-8",
            "idempotency-key": self.client.key(),
        }
        return await self.client.http.post(
            self.rig.instance.url("gateway", path), content=content, headers=headers, timeout=20
        )


def in_flight(at: float, told: History) -> int:
    """Commands that had been sent at that instant (`time.monotonic`) and were not answered yet."""
    return sum(
        one.sent <= at and (one.ended is None or one.ended >= at)
        for wish in told.wishes
        if wish.method != "GET"
        for one in wish.tries
    )


@asynccontextmanager
async def in_use(
    rig: Rig, *, seed: int, people_count: int = 60, racers: int = 24, restless: int = 0
) -> AsyncIterator[Scene]:
    """The ground is founded and the workload goes on for as long as the block; then it comes to its end."""
    ground = await found(rig.instance, people_count=people_count)
    written, own = rig.instance.state / "history.jsonl", rig.instance.state / "own.jsonl"
    stop = asyncio.Event()
    async with watching(rig.instance) as progress, new_http() as http:
        client = Client(instance=rig.instance, log=Log(own), http=http, rng=random.Random(f"{seed} own keys"))
        playing = asyncio.create_task(
            play(rig.instance, seed=seed, seconds=SECONDS, history=written, stop=stop, racers=racers, restless=restless)
        )
        scene = Scene(
            rig=rig,
            ground=ground,
            client=client,
            progress=progress,
            seed=seed,
            written=written,
            own=own,
            playing=playing,
        )
        try:
            await _begun(playing, written)
            yield scene
        finally:
            stop.set()
            await playing
            client.log.close()
            as_one(written, own)


async def _begun(playing: "asyncio.Task[None]", written: Path, *, within: float = 60.0) -> None:
    """Once something was answered with a yes."""
    deadline = time.monotonic() + within
    while not _has_begun(written):
        if playing.done():
            playing.result()
        assert time.monotonic() < deadline, "the workload does not begin"
        await asyncio.sleep(0.1)


def _has_begun(written: Path) -> bool:
    return written.exists() and bool(history.read(written).done("draft-event"))


def as_one(written: Path, own: Path) -> None:
    """Let the rig's own acts be judged with those of the workload."""
    told = [replace(line, op=line.op + APART if line.op else 0) for line in history.lines(own)]
    log = Log(written)
    try:
        for line in told:
            log.write(line)
    finally:
        log.close()
