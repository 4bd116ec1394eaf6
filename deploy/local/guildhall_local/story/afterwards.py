"""The last chapters: whom the walls keep out, what is counted, and what a partner body and a member get to read."""

from collections import Counter
from typing import Any

from guildhall_local.story import cast
from guildhall_local.story.partner import PAGE, stream
from guildhall_local.story.plan import SUMMIT
from guildhall_local.story.stage import Stage, require, until
from guildhall_local.story.subscribing import sign_in
from guildhall_local.story.summit import WAITING
from guildhall_local.story.telling import Chapter

COUNTED_WITHIN = 60.0
MOST = 200
"""Items on a page, at most: what the figures of two regions are fewer than."""
MEMBERS_COUNTED = "guildhall.analytics.members-counted.v1"


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
    for network in ("national.london", "national.london.rj1"):
        path = f"/api/v1/networks/{stage.networks[network]}/members"
        await stage.asker.get(cast.LONDON_LEAD, path, deed="read-own-region", about=network)
    chapter.result = f"{len(reads) + len(commands)} doors to London, all of them 404; London's own lead goes in"


async def count(stage: Stage, chapter: Chapter) -> None:
    """Each lead takes a snapshot; what others see of a region comes from it, through disclosure control."""
    snapshots = {"national": stage.lead, "national.midlands": cast.MIDLANDS_LEAD, "national.london": cast.LONDON_LEAD}
    asked = {path: await _ask_for_a_snapshot(stage, path, lead) for path, lead in snapshots.items()}
    for path, lead in snapshots.items():
        stage.counted[path] = (await _taken(stage, path, lead, asked[path]))["networks"]
    whole = await _members(stage, stage.lead, "national")
    london = await _members(stage, cast.MIDLANDS_LEAD, "national.london")
    hidden = sum(row["members"] is None for row in london["rows"])
    require(not london["exact"] and hidden > 0, "London's small figures are not hidden from the Midlands' lead")
    await stage.asker.get(cast.MEMBER, _report(stage, "national"), deed="trespass", about="reports", expect={403})
    total = whole["total"]
    chapter.result = (
        f"{total['members']} members in {total['trusts_with_members']} of {total['trusts']} trusts;"
        f" of London's figures the Midlands' lead sees {hidden} suppressed and the others rounded"
    )


async def _ask_for_a_snapshot(stage: Stage, path: str, lead: str) -> str:
    """Where it says what has become of it."""
    cell, network = path.rpartition(".")[2], stage.networks[path]
    body = {"network_id": network, "day": stage.plan.day.isoformat()}
    asked = await stage.asker.post(lead, f"/api/v1/cells/{cell}/reports/snapshots", body, deed="take-snapshot")
    return asked.headers["location"]


async def _taken(stage: Stage, path: str, lead: str, where: str) -> dict[str, Any]:
    async def taken() -> dict[str, Any] | None:
        view = (await stage.asker.get(lead, where, deed="await-snapshot")).body
        return dict(view) if view["state"] == "taken" else None

    return await until(f"the snapshot of {path}", taken, within=COUNTED_WITHIN)


def _report(stage: Stage, path: str) -> str:
    cell = path.rpartition(".")[2]
    return f"/api/v1/cells/{cell}/reports/members?network={stage.networks[path]}&on={stage.plan.day}"


async def _members(stage: Stage, who: str, path: str) -> dict[str, Any]:
    return dict((await stage.asker.get(who, _report(stage, path), deed="read-report", about=path)).body)


async def read_the_stream(stage: Stage, chapter: Chapter) -> None:
    """The partner body reads page by page, each from the cursor of the one before, until there is no more."""
    agreed = stage.plan.agreement
    await sign_in(stage)
    path, after, types = stream(stage.agreement), "", Counter[str]()
    await _await_figures(stage, path)
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


async def _await_figures(stage: Stage, path: str) -> None:
    """Until what the snapshots published of the agreed regions has arrived in the stream."""
    wanted = sum(1 + stage.counted[network] for network in stage.plan.agreement.networks)

    async def arrived() -> bool | None:
        page = await stage.asker.get(stage.plan.agreement.client_id, f"{path}?limit={MOST}", deed="await-stream")
        return sum(item["type"] == MEMBERS_COUNTED for item in page.body["items"]) >= wanted or None

    await until("the figures in the partner's stream", arrived, within=COUNTED_WITHIN)


async def read_the_list(stage: Stage, chapter: Chapter) -> None:
    """Somebody who was promoted, and somebody who asked for nothing, read their own lists, in each cell."""
    promoted = next(one for one in stage.booked[SUMMIT] if one.status == WAITING)
    readers = [cast.sub_of(promoted.person), cast.MEMBER]
    seen = 0
    for reader in readers:
        for cell in dict.fromkeys(gathering.cell for gathering in stage.plan.gatherings.values()):
            path = f"/api/v1/cells/{cell}/notifications"
            answer = await stage.asker.get(reader, path, deed="read-notifications", about=cell)
            seen += len(answer.body["items"])
    chapter.result = f"{seen} items in the lists of {len(readers)} members"
