"""The last chapters: whom the walls keep out, what is counted, and what a partner body and a member get to read."""

from typing import Any

from guildhall_local.provider.client import client_token
from guildhall_local.story import cast
from guildhall_local.story.partner import read_key
from guildhall_local.story.stage import Stage, require, until
from guildhall_local.story.telling import Chapter

COUNTED_WITHIN = 30.0
STREAM_WITHIN = 30.0
PAGE = 100


async def trespass(stage: Stage, chapter: Chapter) -> None:
    """The Midlands' lead looks into London by every door: nothing is there, whatever is asked for."""
    london, rj1 = stage.networks["national.london"], stage.networks["national.london.rj1"]
    londoner = stage.people[cast.LONDON_MEMBER]
    draft = stage.event(stage.plan.london_draft)
    reads = [
        f"/api/v1/networks/{london}/members",
        f"/api/v1/networks/{rj1}/members",
        f"/api/v1/people/{londoner}",
        f"/api/v1/people/{londoner}/memberships",
        f"/api/v1/networks/{london}/grants",
        draft,
        f"{draft}/registrations",
    ]
    for path in reads:
        await stage.asker.get(cast.MIDLANDS_LEAD, path, deed="trespass", about="london", expect={404})
    commands: list[tuple[str, Any]] = [
        (f"{draft}/publish", None),
        ("/api/v1/grants", {"person_id": londoner, "role": "steward", "network_id": london}),
        (f"/api/v1/grants/{stage.grants[cast.LONDON_LEAD]}/end", None),
    ]
    for path, body in commands:
        await stage.asker.post(
            cast.MIDLANDS_LEAD, path, body, deed="trespass", about="london", expect={404}
        )
    for path in reads[:2]:
        await stage.asker.get(cast.LONDON_LEAD, path, deed="read-own-region", about="london")
    chapter.result = f"{len(reads) + len(commands)} doors to London, all of them 404; London's own lead goes in"


async def count(stage: Stage, chapter: Chapter) -> None:
    """A snapshot is taken: figures that leave their scope come from it, through disclosure control."""
    raise NotImplementedError


async def read_the_stream(stage: Stage, chapter: Chapter) -> None:
    """The partner body reads page by page, each from the cursor of the one before, until there is no more."""
    agreed = stage.plan.agreement
    token = await client_token(
        stage.asker.http, stage.instance.issuer, agreed.client_id, read_key(stage.instance)
    )
    stage.asker.keep_token(agreed.client_id, token)
    raise NotImplementedError


async def read_the_list(stage: Stage, chapter: Chapter) -> None:
    """Somebody who was promoted reads their own list, in each cell where there is one."""
    raise NotImplementedError
