"""Somebody joins by herself and a lead lets her in; a partner body learns of her only once she consents."""

from guildhall_local.story import cast
from guildhall_local.story.plan import HUDDLE
from guildhall_local.story.stage import Stage, require
from guildhall_local.story.telling import Chapter

WHY = "I run the surgical wards and would like to compare notes."


async def join(stage: Stage, chapter: Chapter) -> None:
    """By approval, which is how a network is joined that has said nothing else."""
    nell, ask = cast.NEWCOMER.sub, stage.asker
    network = stage.networks[cast.NEWCOMER_JOINS]
    await ask.sign_in(nell)
    await ask.get(nell, "/api/v1/networks", deed="trespass", about="nobody yet", expect={403})
    found = (await ask.get(nell, "/api/v1/me/joinable-networks?q=RWP", deed="read-joinable")).body["items"]
    require([one["policy"] for one in found] == ["by-approval"], "the trust is not joined by approval")
    given, _, family = cast.NEWCOMER.name.partition(" ")
    wish = {
        "given_name": given,
        "family_name": family,
        "job_role": cast.NEWCOMER_JOB_ROLE,
        "sector": cast.NEWCOMER_SECTOR,
        "reason": WHY,
    }
    requests = f"/api/v1/networks/{network}/join-requests"
    asked = await ask.post(nell, requests, wish, deed="ask-to-join", about=cast.NEWCOMER_JOINS)
    require(asked.body["state"] == "pending", f"the request is {asked.body['state']}")
    stage.people[nell] = asked.body["person_id"]
    waiting = (await ask.get(cast.TRUST_LEAD, f"{requests}?state=pending", deed="read-join-requests")).body["items"]
    require([one["id"] for one in waiting] == [asked.body["id"]], "the lead does not see the request")
    decided = await ask.post(
        cast.TRUST_LEAD,
        f"{requests}/{asked.body['id']}/approve",
        {"reason": "Welcome."},
        deed="approve-joining",
        about=nell,
    )
    for path in (stage.events_of(stage.plan.huddle), "/api/v1/cells/midlands/notifications"):
        await ask.await_applied(stage.lead, path, [*asked.signals, *decided.signals], deed="await-joining")
    chapter.result = f"{cast.NEWCOMER.name} asked to join {found[0]['name']}, and its lead let her in"


async def consent(stage: Stage, chapter: Chapter) -> None:
    """She lets the partner body know of her; then she and a colleague, who was not asked, come to the huddle."""
    nell, ask = cast.NEWCOMER.sub, stage.asker
    asked = (await ask.get(nell, "/api/v1/me/consents", deed="read-consents")).body["items"]
    require([one["agreement_id"] for one in asked] == [stage.agreement], "the partner body does not ask for consent")
    given = await ask.ask(nell, "PUT", f"/api/v1/me/consents/{stage.agreement}", deed="consent", about=nell)
    await ask.await_applied(stage.lead, "/api/v1/cells/national/notifications", given.signals, deed="await-consent")
    colleague, newcomer = stage.huddlers[0], stage.huddlers[-1]
    door = f"{stage.event(stage.plan.huddle)}/check-ins"
    own = f"/api/v1/cells/{stage.plan.huddle.cell}/registrations/{newcomer.registration}/ticket"
    ticket: str = (await ask.get(nell, own, deed="read-ticket")).body["ticket"]
    forged = {"ticket": ticket[:-20] + ticket[-20:][::-1]}
    await ask.post(cast.STEWARD, door, forged, deed="check-in-forged", about=HUDDLE, expect={422})
    await ask.post(cast.STEWARD, door, {"ticket": ticket}, deed="check-in", about=HUDDLE)
    await ask.post(cast.STEWARD, door, {"ticket": ticket}, deed="check-in-again", about=HUDDLE, expect={409})
    await ask.post(cast.STEWARD, door, {"code": colleague.code}, deed="check-in", about=HUDDLE)
    chapter.result = (
        f"{asked[0]['body']} may know that she comes to events, from now on; her ticket lets her in, once, a forged"
        " one nobody; a colleague comes too, unknown to it"
    )
