"""An event of tomorrow: it moves, calendars follow, its reminder comes once, and then it does not take place."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from guildhall_local.story import cast
from guildhall_local.story.asking import NOBODY
from guildhall_local.story.inputs import masterclass_comers
from guildhall_local.story.plan import HUDDLE, ZONE
from guildhall_local.story.stage import Huddler, Stage, require, until
from guildhall_local.story.summit import draft
from guildhall_local.story.telling import Chapter

COMERS = 5
LEAD = timedelta(seconds=15)
"""From an event's being fixed for tomorrow to its reminder: time enough to register, and to move it once."""
MOVED_BY = timedelta(seconds=5)
"""At least: both times are told to the second."""
LASTS = timedelta(hours=1)
REMINDED_WITHIN = 90.0


def tomorrow(now: datetime) -> datetime:
    """A start on the wall of the story's zone whose reminder comes due shortly."""
    soon: datetime = (now + timedelta(hours=24) + LEAD).replace(microsecond=0, tzinfo=None)
    return soon


async def prepare(stage: Stage, chapter: Chapter) -> None:
    """Published, registered for, put into a calendar, and moved before the first reminder is due."""
    huddle, ask = stage.plan.huddle, stage.asker
    drafted = await draft(stage, huddle, starts=(first := tomorrow(_now())), ends=first + LASTS)
    stage.events[HUDDLE] = drafted.body["id"]
    await ask.post(huddle.lead, f"{stage.event(huddle)}/publish", deed="publish-event", about=HUDDLE)
    comers = masterclass_comers(stage.members, stage.plan.scale, seed=stage.plan.seed)[:COMERS]
    for sub in [*map(cast.sub_of, comers), cast.NEWCOMER.sub]:
        path = f"{stage.event(huddle)}/registrations"
        booked = await ask.post(sub, path, deed="register", about=HUDDLE, expect={201})
        stage.huddlers.append(Huddler(sub=sub, registration=booked.body["id"], code=booked.body["code"]))
    owner = stage.huddlers[0].sub
    calendars = f"/api/v1/cells/{huddle.cell}/calendars"
    made = await ask.post(owner, calendars, deed="make-calendar")
    stage.calendar = made.body["address"].removeprefix(ask.gateway)
    await _read_calendar(stage, "before the move")
    read = await ask.get(huddle.lead, stage.event(huddle), deed="read-event")
    second = max(tomorrow(_now()), first + MOVED_BY)
    require(_now().replace(tzinfo=None) < first - timedelta(hours=24), "the huddle's first reminder was due too soon")
    await ask.ask(
        huddle.lead,
        "PATCH",
        stage.event(huddle),
        deed="move-event",
        about=HUDDLE,
        body={"starts": second.isoformat(), "ends": (second + LASTS).isoformat()},
        headers={"if-match": read.headers["etag"]},
    )
    await _read_calendar(stage, "after the move")
    chapter.result = (
        f"{len(stage.huddlers)} have a place tomorrow at {first:%H:%M:%S}, now {second:%H:%M:%S};"
        " a calendar that one of them keeps follows"
    )


async def remind(stage: Stage, chapter: Chapter) -> None:
    """A day before it starts, to the second, those with a place are reminded; then it is cancelled."""
    huddle, ask, owner = stage.plan.huddle, stage.asker, stage.huddlers[0].sub
    path = f"/api/v1/cells/{huddle.cell}/notifications"
    for one in stage.huddlers:

        async def reminded(sub: str = one.sub) -> bool | None:
            items = (await ask.get(sub, path, deed="await-reminder")).body["items"]
            return any(item["kind"] == "event-reminder" for item in items) or None

        await until("the huddle's reminder", reminded, within=REMINDED_WITHIN)
    await ask.post(huddle.lead, f"{stage.event(huddle)}/cancel", deed="cancel-event", about=HUDDLE)
    await _read_calendar(stage, "when it is cancelled")
    calendars = f"/api/v1/cells/{huddle.cell}/calendars"
    [kept] = (await ask.get(owner, calendars, deed="read-calendars")).body["items"]
    await ask.ask(owner, "DELETE", f"{calendars}/{kept['id']}", deed="revoke-calendar")
    await ask.get(NOBODY, stage.calendar, deed="read-revoked-calendar", expect={404})
    chapter.result = (
        f"{len(stage.huddlers)} were reminded, of the new time alone; cancelled, it stays in the calendar as such,"
        " whose address is then taken back"
    )


async def _read_calendar(stage: Stage, when: str) -> None:
    """As a calendar program does: without a token, by the secret in the address."""
    await stage.asker.get(NOBODY, stage.calendar, deed="read-calendar", about=when)


def _now() -> datetime:
    return datetime.now(ZoneInfo(ZONE))
