"""The last chapters: whom the walls keep out, what is counted, and what a partner body and a member get to read."""

from collections import Counter
from typing import Any

from guildhall_local.provider.client import client_token
from guildhall_local.story import cast
from guildhall_local.story.partner import PAGE, read_key, stream
from guildhall_local.story.plan import SUMMIT
from guildhall_local.story.stage import Stage
from guildhall_local.story.summit import WAITING
from guildhall_local.story.telling import Chapter


async def trespass(stage: Stage, chapter: Chapter) -> None:
    """The Midlands' lead looks into London by every door: nothing is there, whatever is asked for."""
    london, rj1 = stage.networks["national.london"], stage.networks["national.london.rj1"]
    londoner = stage.people[cast.LONDON_MEMBER]
    draft = stage.event(stage.plan.london_draft)
    held = await stage.asker.get(stage.lead, f"/api/v1/people/{londoner}/memberships", deed="read-memberships")
    [membership] = [one["id"] for one in held.body["items"]]
    reads = [
        f"/api/v1/memberships/{membership}",
        f"/api/v1/networks/{london}/members",
        f"/api/v1/networks/{rj1}/members",
        f"/api/v1/people/{londoner}",
        f"/api/v1/people/{londoner}/memberships",
        f"/api/v1/grants?network={london}",
        f"/api/v1/agreements?network={london}",
        draft,
        f"{draft}/registrations",
    ]
    for path in reads:
        await stage.asker.get(cast.MIDLANDS_LEAD, path, deed="trespass", about="london", expect={404})
    commands: list[tuple[str, Any]] = [
        (f"{draft}/publish", None),
        (f"/api/v1/memberships/{membership}/end", {"on": stage.plan.day.isoformat()}),
        ("/api/v1/grants", {"person_id": londoner, "role": "steward", "network_id": london}),
        (f"/api/v1/grants/{stage.grants[cast.LONDON_LEAD]}/end", {}),
    ]
    for path, body in commands:
        await stage.asker.post(cast.MIDLANDS_LEAD, path, body, deed="trespass", about="london", expect={404})
    for path in reads[:2]:
        await stage.asker.get(cast.LONDON_LEAD, path, deed="read-own-region", about="london")
    chapter.result = f"{len(reads) + len(commands)} doors to London, all of them 404; London's own lead goes in"


async def count(stage: Stage, chapter: Chapter) -> None:
    """A snapshot is taken: figures that leave their scope come from it, through disclosure control."""
    raise NotImplementedError


async def read_the_stream(stage: Stage, chapter: Chapter) -> None:
    """The partner body reads page by page, each from the cursor of the one before, until there is no more."""
    agreed = stage.plan.agreement
    token = await client_token(stage.asker.http, stage.instance.issuer, agreed.client_id, read_key(stage.instance))
    stage.asker.keep_token(agreed.client_id, token)
    path, after, types = stream(stage.agreement), "", Counter[str]()
    while True:
        query = f"{path}?limit={PAGE}{after}"
        page = (await stage.asker.get(agreed.client_id, query, deed="read-stream")).body
        if not page["items"]:
            break
        types.update(item["type"] for item in page["items"])
        after = f"&after={page['next']}"
    await stage.asker.get(cast.MEMBER, path, deed="trespass", about="stream", expect={403})
    kinds = ", ".join(f"{count} {name.split('.')[2]}" for name, count in sorted(types.items()))
    chapter.result = f"{agreed.body} has {kinds}; a member is not let in"


async def read_the_list(stage: Stage, chapter: Chapter) -> None:
    """Somebody who was promoted, and somebody who asked for nothing, read their own lists, in each cell."""
    promoted = next(one for one in stage.booked[SUMMIT] if one.status == WAITING)
    readers = [cast.sub_of(promoted.person), cast.MEMBER]
    seen = 0
    for reader in readers:
        for gathering in stage.plan.gatherings.values():
            path = f"/api/v1/cells/{gathering.cell}/notifications"
            answer = await stage.asker.get(reader, path, deed="read-notifications", about=gathering.cell)
            seen += len(answer.body["items"])
    chapter.result = f"{seen} items in the lists of {len(readers)} members"
