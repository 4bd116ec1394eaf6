"""Who reads on and on: lists by cursor, a partner's stream, and one's own list as events that are pushed."""

import random
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx
from workload.acts import Play, said
from workload.asking import Client
from workload.ground import Somebody

from guildhall_local.provider.client import SignInFailed
from guildhall_local.story.partner import stream

PAGE = 7
"""Small, so that cursors are needed."""
BEGINS = "begins"
SILENCE = 20.0
"""Seconds without a word, though something is said every 15, after which a stream is taken for cut."""


async def walk_own_list(play: Play, rng: random.Random) -> None:
    """From the newest back to the first, page by page, while more is added in front."""
    who = rng.choice(play.ground.members)
    cell = rng.choice(["national", who.cell])
    path, cursor, seen = f"/api/v1/cells/{cell}/notifications?limit={PAGE}", "", []
    while True:
        page = said(await play.client.get(who.sub, path + cursor, deed="read-notifications", about=cell))
        if page is None:
            return
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    play.client.log.seen(who.id, "walked-own-list", cell, seen)


async def follow_stream(play: Play) -> None:
    """The partner body: each page goes on where the one before ended, whatever happens in between."""
    path, after = f"{stream(play.ground.agreement)}?limit={PAGE}", ""
    play.client.log.seen(play.ground.client_id, "followed-stream", play.ground.agreement, BEGINS)
    while True:
        page = said(await play.client.get(play.ground.client_id, path + after, deed="read-stream"))
        if page is not None:
            seen = [(item["position"], item["id"]) for item in page["items"]]
            if seen:
                play.client.log.seen(play.ground.client_id, "followed-stream", play.ground.agreement, seen)
            after = f"&after={page['next']}"
        if not play.goes_on:
            return
        if page is None or not page["items"]:
            await play.rest(0.5)


async def follow_live(play: Play, who: Somebody, cell: str) -> None:
    """Somebody's own list as it grows; after a cut from the last one that was seen."""
    last: str | None = None
    play.client.log.seen(who.id, "followed-live", cell, BEGINS)
    while play.goes_on:
        with suppress(httpx.HTTPError, SignInFailed, ValueError):
            async for number in _pushed(play.client, who.sub, cell, last):
                play.client.log.seen(who.id, "followed-live", cell, int(number))
                last = number
                if not play.goes_on:
                    return
        await play.rest(0.5)


async def _pushed(client: Client, sub: str, cell: str, last: str | None) -> AsyncIterator[str]:
    headers = {"authorization": f"Bearer {await client.token(sub)}", "accept": "text/event-stream"}
    headers |= {"last-event-id": last} if last is not None else {}
    url = client.instance.url("gateway", f"/api/v1/cells/{cell}/notifications/stream")
    timeout = httpx.Timeout(10.0, read=SILENCE)
    async with client.http.stream("GET", url, headers=headers, timeout=timeout) as answer:
        answer.raise_for_status()
        async for line in answer.aiter_lines():
            if line.startswith("id:"):
                yield line.removeprefix("id:").strip()
