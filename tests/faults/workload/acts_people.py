"""People: newcomers join, members move between trusts, roles are given and ended, consents given and taken back."""

import random
from typing import Any

from workload.acts import MIDLANDS_LEAD, NATIONAL_LEAD, Play, said
from workload.ground import Somebody, newcomer
from workload.history import IN_ANY_CASE

from guildhall_local.story.founding import today
from guildhall_local.story.plan import cell_of

JOB_ROLE, SECTOR, JOINED = "service-manager", "acute", "national.midlands.rwp"
AGREED = ("midlands", "london")
"""The partner body's agreement is of these."""


async def join(play: Play, rng: random.Random, numbers: list[int]) -> None:
    """Somebody who is nobody yet asks to belong to a trust, and a lead lets them in."""
    if not numbers:
        return
    somebody = newcomer(numbers.pop())
    given, _, family = somebody.name.partition(" ")
    wish = {"given_name": given, "family_name": family, "job_role": JOB_ROLE, "sector": SECTOR}
    requests = f"/api/v1/networks/{play.ground.networks[JOINED]}/join-requests"
    asked = said(await play.client.post(somebody.sub, requests, wish, deed="ask-to-join", about=somebody.sub))
    if asked is not None:
        path = f"{requests}/{asked['id']}/approve"
        await play.client.post(NATIONAL_LEAD, path, {"reason": "Welcome."}, deed="approve-joining", about=asked["id"])


async def register_person(play: Play, rng: random.Random) -> None:
    """A guest, whose address names the wish; then a member."""
    key = play.client.key()
    body = {"given_name": "Guest", "family_name": "Of Many", "email": f"guest.{key}@elsewhere.example"}
    path = "/api/v1/people"
    made = said(await play.client.post(NATIONAL_LEAD, path, body, deed="register-person", about=key, key=key))
    if made is None:
        return
    begins = {
        "person_id": made["id"],
        "network_id": play.ground.networks[rng.choice(play.ground.trusts)],
        "since": today().replace(month=1, day=1).isoformat(),
        "job_role": JOB_ROLE,
        "sector": SECTOR,
    }
    path = "/api/v1/memberships"
    await play.client.post(NATIONAL_LEAD, path, begins, deed="begin-membership", about=made["id"])


async def move(play: Play, rng: random.Random, movers: list[str]) -> None:
    """A membership ends the day before another begins, as often as not in another region; once each on one day."""
    if not movers:
        return
    person = movers.pop(rng.randrange(len(movers)))
    held = said(await play.client.get(NATIONAL_LEAD, f"/api/v1/people/{person}/memberships", deed="read-memberships"))
    here = [one for one in _whole(held) if one["until"] is None]
    target = rng.choice(play.ground.trusts)
    if not here or here[0]["path"] == target:
        return
    await play.client.post(
        NATIONAL_LEAD,
        f"/api/v1/memberships/{here[0]['id']}/move",
        {"network_id": play.ground.networks[target], "on": today().isoformat()},
        deed="move-membership",
        about=person,
    )


def _whole(held: dict[str, Any] | None) -> list[dict[str, Any]]:
    return held["items"] if held is not None else []


async def grant(play: Play, rng: random.Random, people: list[str], held: list[str]) -> None:
    """A steward's role in the Midlands: given, or one that was given is ended."""
    if held and rng.random() < 0.5:
        given = held.pop()
        await play.client.post(MIDLANDS_LEAD, f"/api/v1/grants/{given}/end", {}, deed="end-grant", about=given)
        return
    body = {
        "person_id": rng.choice(people),
        "role": "steward",
        "network_id": play.ground.networks["national.midlands"],
    }
    made = said(
        await play.client.post(MIDLANDS_LEAD, "/api/v1/grants", body, deed="give-grant", about=body["person_id"])
    )
    if made is not None:
        held.append(made["id"])


async def consent(play: Play, rng: random.Random) -> None:
    """Given or taken back: each is the whole of somebody's word, so asking again says the same."""
    who = rng.choice([one for one in play.ground.members if one.cell in AGREED])
    method = rng.choice(["PUT", "PUT", "DELETE"])
    path = f"/api/v1/me/consents/{play.ground.agreement}"
    deed = "give-consent" if method == "PUT" else "take-consent-back"
    await play.client.ask(who.sub, method, path, deed=deed, about=who.id)


async def announce(play: Play, rng: random.Random) -> None:
    """A word to all members of one trust, seldom to everybody; its title names the wish."""
    key, network = play.client.key(), rng.choice(play.ground.trusts)
    body = {"network_id": play.ground.networks[network], "title": f"Word {key}", "text": "As we said."}
    path = f"/api/v1/cells/{cell_of(network)}/announcements"
    await play.client.post(NATIONAL_LEAD, path, body, deed="announce", about=key, key=key)


async def never_rest(play: Play, rng: random.Random, who: Somebody) -> None:
    """One command after the other, over a bad line: somebody always waits for an answer, and little is done."""
    path = "/api/v1/cells/national/preferences"
    seen = ""
    while play.goes_on:
        if not seen:
            read = await play.client.get(who.sub, path, deed="read-preferences")
            seen = read.headers["etag"] if read is not None and read.yes else ""
            continue
        answer = await play.client.ask(
            who.sub,
            "PUT",
            f"{path}/event-announced/email",
            {"wanted": True},
            deed=IN_ANY_CASE,
            headers={"if-match": seen},
            slowly=rng.uniform(0.3, 0.6),
        )
        seen = answer.headers["etag"] if answer is not None and answer.yes else ""
