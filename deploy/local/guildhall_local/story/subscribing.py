"""The partner body has its stream pushed: a receiver of its own on this machine, and a dead endpoint beside it."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from guildhall_kit import TEST
from guildhall_local import children, environment
from guildhall_local.instance import PROJECT, Instance
from guildhall_local.provider.client import client_token
from guildhall_local.story import arrivals
from guildhall_local.story.arrivals import DEAD, SIGNALS, Arrival
from guildhall_local.story.partner import CONTACT, SECRET, SUBSCRIPTIONS, partner_folder, read_key, stream
from guildhall_local.story.stage import Stage, require, until
from guildhall_local.story.telling import Chapter

HEARD_WITHIN = 60.0
NOT_PUBLIC = "http://169.254.169.254/latest/meta-data/"
REPLAYED = 3
"""So many of the first positions are asked for again."""


async def subscribe(stage: Stage, chapter: Chapter) -> None:
    """A receiver is started, tried out, and subscribed once; an address that is not public is refused."""
    await sign_in(stage)
    await _start_receiver(stage)
    client, instance = stage.plan.agreement.client_id, stage.instance
    body = {"agreement_id": stage.agreement, "url": instance.url("receiver", SIGNALS), "contact_email": CONTACT}
    made = await stage.asker.post(client, SUBSCRIPTIONS, body, deed="subscribe", about="receiver")
    stage.subscription = made.body["id"]
    secret = partner_folder(instance) / SECRET
    secret.touch(mode=0o600)
    secret.write_text(made.body["secret"])
    twin = await stage.asker.post(client, SUBSCRIPTIONS, body, deed="subscribe-again", expect={409})
    require(twin.body["subscription_id"] == stage.subscription, "an identical subscription did not name the first")
    dead = body | {"url": instance.url("receiver", DEAD)}
    await stage.asker.post(client, SUBSCRIPTIONS, dead, deed="subscribe", about="dead endpoint")
    inside = body | {"url": NOT_PUBLIC}
    await stage.asker.post(client, SUBSCRIPTIONS, inside, deed="subscribe-inside", expect={422})
    await stage.asker.post(client, f"{SUBSCRIPTIONS}/{stage.subscription}/test", deed="try-webhook")
    await _heard(stage, "the test of the webhook", lambda arrived: any(b'"' + TEST.encode() in a.body for a in arrived))
    chapter.result = (
        "a test arrived, signed; the same again is refused with the first one's id, an inside address with a reason;"
        " beside it stands an endpoint that never answers"
    )


async def sign_in(stage: Stage) -> None:
    """As a machine does: with an assertion that the partner body signs with its own key."""
    client = stage.plan.agreement.client_id
    token = await client_token(stage.asker.http, stage.instance.issuer, client, read_key(stage.instance))
    stage.asker.keep_token(client, token)


async def _start_receiver(stage: Stage) -> None:
    folder = partner_folder(stage.instance)
    child = children.start(
        [sys.executable, "-m", "guildhall_local.story.receiver"],
        environment=environment.of_stack(stage.instance),
        folder=PROJECT,
        log=folder / "receiver.log",
    )
    stage.closing.push_async_callback(asyncio.to_thread, children.stop, child)

    async def answers() -> bool | None:
        require(child.poll() is None, f"the partner body's receiver ended; {folder / 'receiver.log'} says why")
        try:
            await stage.asker.http.get(stage.instance.url("receiver"))
        except httpx.TransportError:
            return None
        return True

    await until("the partner body's receiver", answers, within=HEARD_WITHIN)


async def compare(stage: Stage, chapter: Chapter) -> None:
    """What was pushed is what can be read; forged and repeated ones add nothing."""
    items = [item async for item in _items(stage)]
    ids = {item["id"] for item in items}
    with chapter.bar("webhooks", len(ids)) as bar:

        def all_kept(arrived: list[Arrival]) -> bool:
            kept = ids & {one.webhook_id for one in arrived if one.outcome == "kept"}
            bar.reach(len(kept), total=len(ids))
            return kept == ids

        arrived = await _heard(stage, "the webhooks", all_kept)
    await _forge(stage, next(one for one in arrived if one.outcome == "kept"))
    client, path = stage.plan.agreement.client_id, f"{SUBSCRIPTIONS}/{stage.subscription}/replay"
    asked = await stage.asker.post(client, path, {"positions": [1, REPLAYED]}, deed="replay-webhooks")
    again = await _heard(stage, "what is sent again", lambda some: _count(some, "again") >= asked.body["queued"])
    waits = [one.at - _said_at(one) for one in again if one.outcome == "kept" and one.webhook_id in ids]
    chapter.result = (
        f"{len(ids)} signals were pushed, each once, the last {max(waits):.1f} s after it was told;"
        f" {_count(again, 'turned-away')} turned away came again under its id, {_count(again, 'again')} replayed were"
        f" known, one forged was refused; {_count(again, 'unanswered')} tries at the dead endpoint held nobody up"
    )


async def _forge(stage: Stage, one: Arrival) -> None:
    """Somebody who has seen a webhook changes it."""
    body = one.body.replace(b'"position":', b'"position": ')
    answer = await stage.asker.http.post(
        stage.instance.url("receiver", SIGNALS), content=body, headers=dict(one.headers)
    )
    require(body != one.body and answer.status_code == 401, f"a forged webhook was answered {answer.status_code}")


async def _items(stage: Stage) -> AsyncIterator[dict[str, Any]]:
    """The whole stream."""
    after, path = "", stream(stage.agreement)
    while True:
        page = await stage.asker.get(stage.plan.agreement.client_id, f"{path}?limit=200{after}", deed="compare-stream")
        for item in page.body["items"]:
            yield item
        if not page.body["items"]:
            return
        after = f"&after={page.body['next']}"


async def _heard(stage: Stage, what: str, enough: Callable[[list[Arrival]], bool]) -> list[Arrival]:
    """Until what has reached the receiver is enough; all of it."""
    file = arrivals_file(stage.instance)

    async def arrived() -> list[Arrival] | None:
        found = arrivals.read(file)
        return found if enough(found) else None

    return await until(what, arrived, within=HEARD_WITHIN)


def arrivals_file(instance: Instance) -> Path:
    return partner_folder(instance) / arrivals.FILE


def _said_at(one: Arrival) -> float:
    """When the signal was told, in seconds since 1970."""
    return datetime.fromisoformat(json.loads(one.body)["time"]).timestamp()


def _count(arrived: Sequence[Arrival], outcome: str) -> int:
    return sum(one.outcome == outcome for one in arrived)
