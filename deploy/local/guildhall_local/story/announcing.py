"""What leads say to their networks, and how somebody stops the mails of it with one click."""

import asyncio
from typing import Any

from guildhall_local.story import cast
from guildhall_local.story.asking import NOBODY
from guildhall_local.story.mailbox import newest
from guildhall_local.story.plan import TO_EVERYBODY, TO_THE_MIDLANDS
from guildhall_local.story.stage import Stage, require, until
from guildhall_local.story.telling import Chapter

SAID_WITHIN = 90.0
LONG_ENOUGH = 1.0
"""Seconds after which something more would have been told, if it were not paused."""
UNSUBSCRIBES, LOOKS = cast.MEMBER, cast.TRUST_LEAD
"""Whose mail program unsubscribes with one click, and whose mail is only looked through by a scanner."""
PREFERENCES = "/api/v1/cells/national/preferences"
ONE_CLICK = {"content-type": "application/x-www-form-urlencoded"}
FORM = b"List-Unsubscribe=One-Click"


async def say_to_everybody(stage: Stage, chapter: Chapter) -> None:
    """The national lead to every member: paused as it goes, and resumed where it stopped."""
    path = await _announce(stage, TO_EVERYBODY)
    lead = stage.plan.words[TO_EVERYBODY].lead
    await stage.asker.post(lead, f"{path}/pause", deed="pause-announcement", about=TO_EVERYBODY)
    at = (await _progress(stage, TO_EVERYBODY, deed="read-paused-announcement"))["told"]
    await asyncio.sleep(LONG_ENOUGH)
    later = await _progress(stage, TO_EVERYBODY, deed="read-paused-announcement")
    require((later["told"], later["state"]) == (at, "paused"), "somebody was told while the announcement was paused")
    await stage.asker.post(lead, f"{path}/resume", deed="resume-announcement", about=TO_EVERYBODY)
    done = await _follow(stage, chapter, TO_EVERYBODY)
    chapter.result = f"paused at {at}, where it stayed; resumed, and {done['told']} of {done['total']} were told"


async def unsubscribe(stage: Stage, chapter: Chapter) -> None:
    """Two links are fetched, as scanners do; one is posted to, as mail programs do; then there is more to say."""
    ask, links = stage.asker, {}
    for sub in (UNSUBSCRIBES, LOOKS):
        link = await _link(stage, sub)
        links[sub] = link
        await ask.get(NOBODY, link, deed="look-at-unsubscribe", about=sub)
        await ask.get(sub, PREFERENCES, deed="read-preferences", about="after a look")
    await ask.ask(
        NOBODY,
        "POST",
        links[UNSUBSCRIBES],
        deed="unsubscribe",
        about=UNSUBSCRIBES,
        content=FORM,
        headers=ONE_CLICK,
    )
    await ask.get(UNSUBSCRIBES, PREFERENCES, deed="read-preferences", about="after a click")
    await _announce(stage, TO_THE_MIDLANDS)
    done = await _follow(stage, chapter, TO_THE_MIDLANDS)
    chapter.result = (
        f"a look at the link changes nothing, one click does; of {done['told']} in the Midlands who are told more,"
        " whoever clicked gets no mail of it"
    )


async def _announce(stage: Stage, label: str) -> str:
    """Say it; its path."""
    word = stage.plan.words[label]
    body = {"network_id": stage.networks[word.network], "title": word.title, "text": word.text}
    answer = await stage.asker.post(
        word.lead, f"/api/v1/cells/{word.cell}/announcements", body, deed="announce", about=label
    )
    stage.announcements[label] = answer.body["url"]
    return stage.announcements[label]


async def _progress(stage: Stage, label: str, *, deed: str) -> dict[str, Any]:
    lead = stage.plan.words[label].lead
    return dict((await stage.asker.get(lead, stage.announcements[label], deed=deed, about=label)).body)


async def _follow(stage: Stage, chapter: Chapter, label: str) -> dict[str, Any]:
    """Until everybody who is meant has been told; it goes through them once more later, for whoever came late."""
    with chapter.bar("telling", 1) as bar:

        async def everybody() -> dict[str, Any] | None:
            view = await _progress(stage, label, deed="follow-announcement")
            bar.reach(view["told"], total=view["total"])
            return view if view["total"] is not None and view["told"] >= view["total"] else None

        return await until(f"the {label}", everybody, within=SAID_WITHIN)


async def _link(stage: Stage, sub: str) -> str:
    """The link in the header of the mail, as a path at the gateway."""
    address = cast.personas()[sub].email
    mail = await newest(stage.asker.http, stage.instance.url("mail"), to=address, kind="announcement")
    require(mail["list-unsubscribe-post"] == "List-Unsubscribe=One-Click", "the mail offers no one-click unsubscribe")
    link = mail["list-unsubscribe"].strip("<>")
    require(link.startswith(f"{stage.asker.gateway}/"), f"the link leads elsewhere: {link}")
    return link.removeprefix(stage.asker.gateway)
