"""Events: held, changed and cancelled by their leads; raced for, given up; people let in at the door."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from workload.acts import LONDON_LEAD, MIDLANDS_LEAD, NATIONAL_LEAD, STEWARD, Open, Play, said, some
from workload.asking import Answer
from workload.ground import Somebody

HOLDERS = (
    (NATIONAL_LEAD, "national", "national"),
    (MIDLANDS_LEAD, "midlands", "national.midlands"),
    (LONDON_LEAD, "london", "national.london"),
)
"""Who holds events, in which cell, at which network."""
MOST_OPEN = 12


async def hold(play: Play, holder: tuple[str, str, str], *, capacity: int) -> Open | None:
    """Drafted and published; the title names the wish, so that one that was drafted twice shows."""
    lead, cell, network = holder
    key = play.client.key()
    starts = datetime.now(ZoneInfo("Europe/London")) + timedelta(days=90)
    body = {
        "network_id": play.ground.networks[network],
        "kind": "webinar",
        "title": f"Gathering {key}",
        "venue": "Online",
        "starts": starts.replace(tzinfo=None, microsecond=0).isoformat(),
        "ends": (starts + timedelta(hours=2)).replace(tzinfo=None, microsecond=0).isoformat(),
        "capacity": capacity,
    }
    path = f"/api/v1/cells/{cell}/events"
    drafted = said(await play.client.post(lead, path, body, deed="draft-event", about=key, key=key))
    if drafted is None:
        return None
    opened = Open(id=drafted["id"], cell=cell, network=network, lead=lead, capacity=capacity)
    published = await play.client.post(lead, f"{opened.path}/publish", deed="publish-event", about=opened.id)
    return opened if said(published) else None


async def hold_another(play: Play, rng: random.Random, holder: tuple[str, str, str]) -> None:
    if sum(not event.over for event in play.events) >= MOST_OPEN:
        await change(play, rng, holder[0])
        return
    opened = await hold(play, holder, capacity=rng.randint(1, 6))
    if opened is not None:
        play.events.append(opened)


async def change(play: Play, rng: random.Random, lead: str) -> None:
    """Another venue or more places, by the version that was read; now and then it does not take place."""
    event = some(rng, [one for one in play.events if one.lead == lead and not one.over])
    if event is None:
        return
    if not event.raced and rng.random() < 0.15:
        event.over = True
        await play.client.post(lead, f"{event.path}/cancel", deed="cancel-event", about=event.id)
        return
    read = await play.client.get(lead, event.path, deed="read-event", about=event.id)
    if said(read) is None or read is None:
        return
    wanted: dict[str, Any] = {"venue": f"Room {play.client.key()}"}
    if rng.random() < 0.4:
        event.capacity += rng.randint(1, 2)
        wanted["capacity"] = max(event.capacity, read.body["capacity"])
    await play.client.ask(
        lead,
        "PATCH",
        event.path,
        wanted,
        deed="change-event",
        about=event.id,
        headers={"if-match": read.headers["etag"]},
    )


async def register(play: Play, who: Somebody, event: Open, *, key: str | None = None) -> Answer | None:
    path = f"{event.path}/registrations"
    answer = await play.client.post(who.sub, path, deed="register", about=event.id, key=key)
    told = said(answer)
    if told is not None and told["status"] == "confirmed":
        event.codes[told["id"]] = told["code"]
    return answer


async def register_with_a_twin(play: Play, who: Somebody, event: Open) -> Answer | None:
    """Two requests by one key at the same time, as an impatient client sends them."""
    key, path = play.client.key(), f"{event.path}/registrations"
    answer, _ = await asyncio.gather(
        register(play, who, event, key=key),
        play.client.post(who.sub, path, deed="ask-again", about="register", key=key),
    )
    return answer


async def race(play: Play, event: Open, racers: Sequence[Somebody]) -> None:
    """All at once."""
    await asyncio.gather(*(register(play, one, event) for one in racers))


async def come_and_go(play: Play, rng: random.Random, people: Sequence[Somebody]) -> None:
    """Somebody registers, and perhaps gives it up again; then perhaps asks once more by the same key."""
    who = some(rng, people)
    event = some(rng, [one for one in play.events if not one.over and who is not None and one.admits(who)])
    if who is None or event is None:
        return
    ask = register_with_a_twin if rng.random() < 0.2 else register
    told = said(await ask(play, who, event))
    if told is None or rng.random() < 0.4:
        return
    await play.rest(rng.uniform(0, 1))
    path = f"/api/v1/cells/{event.cell}/registrations/{told['id']}/cancel"
    event.codes.pop(told["id"], None)
    await play.client.post(who.sub, path, deed="cancel-registration", about=told["id"])


async def at_the_door(play: Play, rng: random.Random) -> None:
    event = some(rng, [one for one in play.events if one.codes and not one.over])
    if event is None:
        return
    registration = rng.choice(sorted(event.codes))
    body = {"code": event.codes.pop(registration)}
    await play.client.post(STEWARD, f"{event.path}/check-ins", body, deed="check-in", about=registration)


async def ask_again(play: Play, rng: random.Random) -> None:
    """The same key and body gives the same answer; the same key for something else is refused."""
    asked = some(rng, list(play.client.granted))
    if asked is None:
        return
    deed = "ask-again"
    if asked.deed == "draft-event" and rng.random() < 0.5:
        asked, deed = replace(asked, body=asked.body | {"title": "Something else"}), "ask-otherwise"
    await play.client.ask(asked.who, asked.method, asked.path, asked.body, deed=deed, about=asked.deed, key=asked.key)
