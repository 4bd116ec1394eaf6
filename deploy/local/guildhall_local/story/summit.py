"""The middle of the story: two events, a rush for places, second thoughts, a move, another room, and the door."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from guildhall_local.story import cast
from guildhall_local.story.asking import Answer
from guildhall_local.story.founding import link
from guildhall_local.story.inputs import (
    Person,
    attendees,
    cancellers,
    masterclass_comers,
    mover,
    racers,
)
from guildhall_local.story.plan import Gathering
from guildhall_local.story.stage import Booked, Stage, require, signals_of, together, until
from guildhall_local.story.telling import Chapter

CONFIRMED, WAITING = "confirmed", "waiting"
ONE_IN_BY_NAME = 5
TOLD_WITHIN = 60.0


async def publish(stage: Stage, chapter: Chapter) -> None:
    """The national lead opens the summit, the Midlands lead a masterclass; London's lead keeps a draft."""
    plan = stage.plan
    for gathering in (plan.summit, plan.masterclass, plan.london_draft):
        drafted = await draft(stage, gathering, starts=gathering.starts, ends=gathering.ends)
        stage.events[gathering.label] = drafted.body["id"]
        if gathering is plan.london_draft or gathering.label not in plan.gatherings:
            continue
        await stage.asker.post(
            gathering.lead, f"{stage.event(gathering)}/publish", deed="publish-event", about=gathering.label
        )
    chapter.result = (
        f"the summit on {plan.summit.starts:%-d %B %Y} with {plan.summit.capacity} places,"
        f" a masterclass with {plan.masterclass.capacity}"
    )


async def draft(stage: Stage, gathering: Gathering, *, starts: datetime, ends: datetime) -> Answer:
    body = {
        "network_id": stage.networks[gathering.held_by],
        "kind": gathering.kind,
        "title": gathering.title,
        "summary": gathering.summary,
        "venue": gathering.venue,
        "starts": starts.isoformat(),
        "ends": ends.isoformat(),
        "zone": "Europe/London",
        "capacity": gathering.capacity,
        "rule": {
            "networks": [stage.networks[path] for path in gathering.open_to],
            "sectors": list(gathering.sectors),
            "job_roles": list(gathering.job_roles),
        },
    }
    return await stage.asker.post(
        gathering.lead, stage.events_of(gathering), body, deed="draft-event", about=gathering.label
    )


async def sign_in(stage: Stage, chapter: Chapter) -> None:
    """Everybody who will ask for a place signs in for the first time; their address says who they are."""
    comers = {
        cast.sub_of(person): person
        for person in (
            *racers(stage.members, stage.plan.scale, seed=stage.plan.seed),
            *masterclass_comers(stage.members, stage.plan.scale, seed=stage.plan.seed),
        )
    }
    linked = await together(chapter, "signing in", list(comers), lambda sub: link(stage, sub))
    signals = [signal for signals in linked for signal in signals]
    await stage.asker.await_applied(stage.lead, stage.event(stage.plan.summit), signals, deed="await-links")
    chapter.result = f"{len(comers)} members signed in and linked by their address"


async def race(stage: Stage, chapter: Chapter) -> None:
    summit = stage.plan.summit
    runners = racers(stage.members, stage.plan.scale, seed=stage.plan.seed)
    booked = await _register(stage, chapter, summit, runners)
    confirmed = sum(one.status == CONFIRMED for one in booked)
    waiting = sum(one.status == WAITING for one in booked)
    chapter.result = f"{len(booked)} asked, {confirmed} confirmed, {waiting} waiting"


async def fill_the_masterclass(stage: Stage, chapter: Chapter) -> None:
    comers = masterclass_comers(stage.members, stage.plan.scale, seed=stage.plan.seed)
    booked = await _register(stage, chapter, stage.plan.masterclass, comers)
    confirmed = sum(one.status == CONFIRMED for one in booked)
    chapter.result = f"{len(booked)} asked, {confirmed} confirmed, {len(booked) - confirmed} waiting"


async def _register(stage: Stage, chapter: Chapter, gathering: Gathering, people: Sequence[Person]) -> list[Booked]:
    path = f"{stage.event(gathering)}/registrations"

    door = asyncio.Semaphore(stage.plan.scale.at_once)

    async def register(person: Person) -> Booked:
        async with door:
            answer = await stage.asker.post(
                cast.sub_of(person), path, deed="register", about=gathering.label, expect={201}
            )
        return Booked(
            person=person,
            id=answer.body["id"],
            code=answer.body["code"],
            status=answer.body["status"],
        )

    stage.booked[gathering.label] = await together(chapter, "asking for a place", people, register)
    return stage.booked[gathering.label]


async def cancel(stage: Stage, chapter: Chapter) -> None:
    """All at the same time: whoever's going comes first, the first in line has the place."""
    summit = stage.plan.summit
    held = {one.person.email: one for one in stage.booked[summit.label] if one.status == CONFIRMED}
    leaving = cancellers([one.person for one in held.values()], stage.plan.scale, seed=stage.plan.seed)

    async def leave(person: Person) -> None:
        path = f"/api/v1/cells/{summit.cell}/registrations/{held[person.email].id}/cancel"
        await stage.asker.post(cast.sub_of(person), path, deed="cancel-registration", about=summit.label)

    await together(chapter, "giving places up", leaving, leave)
    stage.left = [held[person.email] for person in leaving]
    counts = (await stage.asker.get(stage.lead, stage.event(summit), deed="read-event")).body
    chapter.result = (
        f"{len(leaving)} gave up their place, the first {len(leaving)} in line have one:"
        f" {counts['confirmed']} confirmed, {counts['waiting']} waiting"
    )


async def move(stage: Stage, chapter: Chapter) -> None:
    """A trust's lead goes to a trust of another region: the membership moves, and what was held there ends."""
    moving = mover(stage.members, seed=stage.plan.seed)
    sub, old = cast.sub_of(moving.person), stage.networks[moving.person.network]
    members = f"/api/v1/networks/{old}/members"
    await _await_announcements(stage, sub)
    await stage.asker.get(sub, members, deed="read-members-as-lead")
    held = await stage.asker.get(stage.lead, f"/api/v1/people/{stage.people[sub]}/memberships", deed="read-memberships")
    [membership] = held.body["items"]
    moved = await stage.asker.post(
        stage.lead,
        f"/api/v1/memberships/{membership['id']}/move",
        {"network_id": stage.networks[moving.to.network], "on": stage.plan.day.isoformat()},
        deed="move-membership",
        about=sub,
    )
    await stage.asker.get(sub, members, deed="trespass", about="former trust", after=moved.signals, expect={404})
    chapter.result = (
        f"the lead of {moving.person.organisation.name} is now at {moving.to.name} ({moving.to.cell});"
        " what was theirs to lead is 404 to them"
    )


async def _await_announcements(stage: Stage, sub: str) -> None:
    """Until somebody who may come to all of the events has been told of each: then everybody is being told."""
    for gathering in stage.plan.gatherings.values():

        async def told(gathering: Gathering = gathering) -> bool | None:
            path, event = f"/api/v1/cells/{gathering.cell}/notifications", stage.events[gathering.label]
            items = (await stage.asker.get(sub, path, deed="await-announcement")).body["items"]
            return any((item["kind"], item["event_id"]) == ("event-announced", event) for item in items) or None

        await until(f"the announcement of the {gathering.label}", told, within=TOLD_WITHIN)


async def change_the_room(stage: Stage, chapter: Chapter) -> None:
    """By the organiser, who names the version that was read; somebody with an older one is refused."""
    summit = stage.plan.summit
    read = await stage.asker.get(cast.ORGANISER, stage.event(summit), deed="read-event")
    wanted = {"venue": stage.plan.new_room}
    await stage.asker.ask(
        cast.ORGANISER,
        "PATCH",
        stage.event(summit),
        deed="change-event",
        about=summit.label,
        body=wanted,
        headers={"if-match": read.headers["etag"]},
    )
    await stage.asker.ask(
        cast.ORGANISER,
        "PATCH",
        stage.event(summit),
        deed="change-event-late",
        about=summit.label,
        body={"venue": summit.venue},
        headers={"if-match": read.headers["etag"]},
        expect={412},
    )
    chapter.result = f"it is in the {stage.plan.new_room}; an edit of the old version is refused"


async def check_in(stage: Stage, chapter: Chapter) -> None:
    """At the door by the code that people show, and now and then by name, from the door list."""
    summit = stage.plan.summit
    gone = {one.id for one in stage.left}
    door = f"{stage.event(summit)}/registrations?status={CONFIRMED}"
    listed = {entry["id"]: entry async for entry in stage.pages(cast.STEWARD, door, deed="read-door-list")}
    require(len(listed) == summit.capacity, f"the door list holds {len(listed)} people")
    there = [one for one in stage.booked[summit.label] if one.id in listed and one.id not in gone]
    coming = attendees([one.person for one in there], stage.plan.scale, seed=stage.plan.seed)
    by_email = {one.person.email: one for one in there}

    async def arrive(numbered: tuple[int, Person]) -> Answer:
        number, person = numbered
        one = by_email[person.email]
        body = {"code": one.code}
        if number % ONE_IN_BY_NAME == 0:
            body = {"registration_id": await _found_by_name(stage, person, one)}
        return await stage.asker.post(
            cast.STEWARD, f"{stage.event(summit)}/check-ins", body, deed="check-in", about=summit.label
        )

    answers = await together(chapter, "at the door", list(enumerate(coming)), arrive)
    by_name = len(range(0, len(coming), ONE_IN_BY_NAME))
    require(len(signals_of(answers)) >= len(coming), "a check-in named no signal")
    chapter.result = f"{len(coming)} checked in, {by_name} of them found by name"


async def _found_by_name(stage: Stage, person: Person, one: Booked) -> str:
    """The steward types the name as it is heard; namesakes are told apart by what they show."""
    path = f"{stage.event(stage.plan.summit)}/registrations"
    query = f"{path}?status={CONFIRMED}&name={person.given_name} {person.family_name}"
    found = (await stage.asker.get(cast.STEWARD, query, deed="search-door-list")).body["items"]
    namesakes = [
        entry
        for entry in found
        if (entry["given_name"], entry["family_name"]) == (person.given_name, person.family_name)
    ]
    require(
        any(entry["id"] == one.id for entry in namesakes),
        f"{person.given_name} {person.family_name} is not found on the door list",
    )
    return next(str(entry["id"]) for entry in namesakes if entry["code"] == one.code)
