"""A feed as iCalendar (RFC 5545): content that is public anyway; no names of people, and no joining link."""

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, vText

from events_service.calendars.model import Entry, Feed, State
from events_service.gatherings.plan import Plan, Session

MEDIA_TYPE = "text/calendar; charset=utf-8"
ASK_AGAIN_AFTER = timedelta(minutes=30)
LONGEST_DESCRIPTION = 2_000

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

NOTES = {
    State.TENTATIVE: "You are on the waiting list: there is no place for you yet.",
    State.CANCELLED: "Cancelled.",
}


def rendered(feed: Feed) -> bytes:
    """The same bytes for the same feed: what has not changed is not sent again."""
    calendar = Calendar()
    calendar.add("prodid", "-//Guildhall//Events//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    # The library escapes text only where it knows a property for one.
    calendar.add("name", vText(_line(feed.name)), encode=False)
    calendar.add("x-wr-calname", vText(_line(feed.name)), encode=False)
    calendar.add("refresh-interval", ASK_AGAIN_AFTER, parameters={"value": "DURATION"})
    calendar.add("x-published-ttl", "PT30M")
    for zone in _zones(feed.entries):
        calendar.add_component(zone)
    for entry in feed.entries:
        calendar.add_component(_event(entry))
    return bytes(calendar.to_ical(sorted=False))


def _event(entry: Entry) -> Event:
    """Times stand on the wall of their zone: they mean what was agreed, even where a zone's rules change."""
    plan, zone = entry.plan, ZoneInfo(entry.plan.when.zone)
    event = Event()
    event.add("uid", str(entry.event_id))
    event.add("sequence", entry.sequence)
    event.add("dtstamp", _second(entry.changed_at))
    event.add("last-modified", _second(entry.changed_at))
    event.add("dtstart", plan.when.starts.replace(tzinfo=zone))
    event.add("dtend", plan.when.ends.replace(tzinfo=zone))
    event.add("summary", _line(plan.title))
    if plan.venue:
        event.add("location", _line(plan.venue))
    event.add("description", _description(entry))
    event.add("categories", [plan.kind])
    event.add("status", entry.state.value)
    event.add("transp", "OPAQUE" if entry.takes_time else "TRANSPARENT")
    return event


def _description(entry: Entry) -> str:
    """The sessions stand here and not as entries of their own: one place is one line in somebody's day."""
    plan = entry.plan
    paragraphs = [
        NOTES.get(entry.state, ""),
        "\n".join(_session(session, plan) for session in plan.sessions),
        f"With {', '.join(plan.partners)}." if plan.partners else "",
        plan.summary,
    ]
    text = "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
    return _clean(text if len(text) <= LONGEST_DESCRIPTION else text[: LONGEST_DESCRIPTION - 1] + "…")


def _session(session: Session, plan: Plan) -> str:
    day = "" if plan.when.starts.date() == plan.when.ends.date() else f"{session.starts:%Y-%m-%d} "
    room = f" ({session.room})" if session.room else ""
    return f"{day}{session.starts:%H:%M} to {session.ends:%H:%M} {session.title}{room}"


def _zones(entries: Iterable[Entry]) -> Iterable[Timezone]:
    """The rules of each zone for the years in which it is used; UTC needs none."""
    years: dict[str, list[int]] = {}
    for entry in entries:
        when = entry.plan.when
        if when.zone != "UTC":
            years.setdefault(when.zone, []).extend((when.starts.year, when.ends.year))
    return [_zone(zone, min(used), max(used)) for zone, used in sorted(years.items())]


@lru_cache(maxsize=256)
def _zone(name: str, first: int, last: int) -> Timezone:
    return Timezone.from_tzinfo(ZoneInfo(name), name, first_date=date(first - 1, 1, 1), last_date=date(last + 2, 1, 1))


def _second(instant: datetime) -> datetime:
    """iCalendar knows no parts of a second."""
    return instant.replace(microsecond=0)


def _line(text: str) -> str:
    return " ".join(_clean(text).split())


def _clean(text: str) -> str:
    """Without the control characters that the format has no room for; lines end as they do there."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
