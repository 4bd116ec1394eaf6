"""A feed as RFC 5545 wants it, byte by byte, and as another's parser understands it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import process_time
from typing import Any
from uuid import uuid4

import pytest
from event_builders import NOW, a_draft, wall
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar, Timezone

from events_service.calendars.feed import LONGEST_DESCRIPTION, rendered
from events_service.calendars.model import MOST_ENTRIES, Entry, Feed, State, state
from events_service.gatherings.plan import Mode, Plan, Slot, When, agreed_sessions

HOSTILE = 'Beds; flow, "winter" \\n\r\nATTENDEE:mailto:a@example.org\rSTATUS:X\x07\x00\x85 é 🚑'


def an_entry(**given: Any) -> Entry:
    entry = Entry(
        event_id=uuid4(),
        plan=a_draft().plan,
        state=State.CONFIRMED,
        sequence=0,
        changed_at=NOW,
        takes_time=True,
    )
    return replace(entry, **given)


def held(starts: str, ends: str, zone: str = "Europe/London", **given: Any) -> Plan:
    return replace(a_draft().plan, when=When.agreed(starts=wall(starts), ends=wall(ends), zone=zone), **given)


def parsed(*entries: Entry, name: str = "My events") -> Any:
    return Calendar.from_ical(rendered(Feed(name=name, entries=entries)))


def told(entry: Entry) -> Any:
    (event,) = parsed(entry).walk("VEVENT")
    return event


def own_rules(calendar: Any) -> dict[str, Any]:
    """The zones as the feed itself explains them, whatever a program knows by itself."""
    return {
        str(zone["tzid"]): Timezone.from_ical(zone.to_ical()).to_tz(lookup_tzid=False)
        for zone in calendar.walk("VTIMEZONE")
    }


def lines(body: bytes) -> list[bytes]:
    assert body.endswith(b"\r\n")
    return body.removesuffix(b"\r\n").split(b"\r\n")


@given(st.text(max_size=300), st.text(max_size=300))
def test_whatever_is_written_lines_are_short_and_nothing_breaks_out(title: str, summary: str) -> None:
    body = rendered(Feed(name=title, entries=(an_entry(plan=replace(a_draft().plan, title=title, summary=summary)),)))

    for line in lines(body):
        assert len(line) <= 75, "octets, not letters"
        line.decode()
        assert not any((byte < 32 and byte != 9) or byte == 127 for byte in line)
    calendar: Any = Calendar.from_ical(body)
    assert len(calendar.walk("VEVENT")) == 1
    assert not any(component.errors for component in calendar.walk())


def test_text_is_escaped_and_control_characters_are_dropped() -> None:
    event = told(an_entry(plan=replace(a_draft().plan, title=HOSTILE, venue=HOSTILE, summary=HOSTILE)))

    clean = 'Beds; flow, "winter" \\n\nATTENDEE:mailto:a@example.org\nSTATUS:X é 🚑'
    line = clean.replace("\n", " ")
    assert (event["summary"], event["location"], event["description"]) == (line, line, clean)
    assert (event["status"], "attendee" in event) == ("CONFIRMED", False)


def test_the_calendar_says_what_it_is_and_when_to_ask_again() -> None:
    body = rendered(Feed(name="Midlands", entries=()))

    assert lines(body) == [
        b"BEGIN:VCALENDAR",
        b"PRODID:-//Guildhall//Events//EN",
        b"VERSION:2.0",
        b"CALSCALE:GREGORIAN",
        b"NAME:Midlands",
        b"X-WR-CALNAME:Midlands",
        b"REFRESH-INTERVAL;VALUE=DURATION:PT30M",
        b"X-PUBLISHED-TTL:PT30M",
        b"END:VCALENDAR",
    ]


def test_an_entry_line_by_line() -> None:
    entry = an_entry(sequence=4, changed_at=datetime(2026, 12, 1, 14, 2, 7, 999, tzinfo=UTC))

    body = rendered(Feed(name="x", entries=(entry,)))

    start = lines(body).index(b"BEGIN:VEVENT")
    assert [line.decode() for line in lines(body)[start:-1]] == [
        "BEGIN:VEVENT",
        f"UID:{entry.event_id}",
        "SEQUENCE:4",
        "DTSTAMP:20261201T140207Z",
        "LAST-MODIFIED:20261201T140207Z",
        "DTSTART;TZID=Europe/London:20270120T090000",
        "DTEND;TZID=Europe/London:20270120T160000",
        "SUMMARY:Winter summit",
        "LOCATION:Room 4",
        "DESCRIPTION:",
        "CATEGORIES:summit",
        "STATUS:CONFIRMED",
        "TRANSP:OPAQUE",
        "END:VEVENT",
    ]


@pytest.mark.parametrize(
    ("starts", "ends", "zone"),
    [
        ("2027-03-27T09:00", "2027-03-27T10:00", "Europe/London"),
        ("2027-03-28T00:30", "2027-03-28T02:30", "Europe/London"),
        ("2027-03-28T09:00", "2027-03-28T10:00", "Europe/London"),
        ("2027-10-31T00:30", "2027-10-31T01:30", "Europe/London"),
        ("2027-10-31T01:30", "2027-10-31T02:30", "Europe/London"),
        ("2027-11-01T09:00", "2027-11-01T10:00", "Europe/London"),
        ("2026-12-31T23:00", "2027-01-01T01:00", "Europe/London"),
        ("2027-03-14T03:30", "2027-11-07T01:30", "America/New_York"),
        ("2027-04-04T01:45", "2027-04-04T02:45", "Australia/Lord_Howe"),
        ("2027-06-01T09:00", "2027-06-01T10:00", "Asia/Kolkata"),
        ("2027-06-01T09:00", "2027-06-01T10:00", "UTC"),
        ("2190-07-01T09:00", "2190-07-01T10:00", "Europe/London"),
    ],
)
def test_wall_times_are_kept_and_the_feeds_own_rules_mean_the_same_instant(starts: str, ends: str, zone: str) -> None:
    """Where the clocks show a time twice, both we and RFC 5545 mean the first."""
    plan = held(starts, ends, zone)

    calendar = parsed(an_entry(plan=plan))
    (event,) = calendar.walk("VEVENT")
    rules = own_rules(calendar) | {"UTC": UTC}

    for name, was, instant in (("dtstart", starts, plan.when.starts_at), ("dtend", ends, plan.when.ends_at)):
        shown = event[name].dt.replace(tzinfo=None)
        assert shown == wall(was)
        assert shown.replace(tzinfo=rules[zone]).astimezone(UTC) == instant


def test_an_event_is_on_the_same_wall_time_before_and_after_the_clocks_change() -> None:
    winter, summer = held("2027-03-21T09:00", "2027-03-21T10:00"), held("2027-04-04T09:00", "2027-04-04T10:00")

    calendar = parsed(an_entry(plan=winter), an_entry(plan=summer))

    shown = [event["dtstart"].dt for event in calendar.walk("VEVENT")]
    assert [one.strftime("%H:%M") for one in shown] == ["09:00", "09:00"]
    assert shown[1] - shown[0] == timedelta(days=14)
    assert shown[1].astimezone(UTC) - shown[0].astimezone(UTC) == timedelta(days=14, hours=-1)
    assert len(calendar.walk("VTIMEZONE")) == 1


def test_without_its_zone_a_time_would_mean_another_instant() -> None:
    """The mechanism taken away: the same bytes without TZID are off by the summer hour."""
    plan = held("2027-06-01T09:00", "2027-06-01T10:00")
    body = rendered(Feed(name="x", entries=(an_entry(plan=plan),)))

    bare: Any = Calendar.from_ical(body.replace(b";TZID=Europe/London:20270601T090000", b":20270601T090000Z"))

    assert bare.walk("VEVENT")[0]["dtstart"].dt - plan.when.starts_at == timedelta(hours=1)


def test_sessions_of_several_days_name_their_day() -> None:
    plan = held("2027-06-01T09:00", "2027-06-02T16:00", mode=Mode.MIXED)
    slots = [
        Slot(title="Beds", starts=wall("2027-06-02T10:00"), ends=wall("2027-06-02T11:00")),
        Slot(title="Flow", starts=wall("2027-06-01T10:00"), ends=wall("2027-06-01T11:00"), room="A"),
    ]

    event = told(an_entry(plan=replace(plan, sessions=agreed_sessions(slots, "Europe/London"))))

    assert event["description"] == "2027-06-01 10:00 to 11:00 Flow (A)\n2027-06-02 10:00 to 11:00 Beds"


@pytest.mark.parametrize(
    ("event", "registration", "expected"),
    [
        ("published", "confirmed", State.CONFIRMED),
        ("published", "waiting", State.TENTATIVE),
        ("published", "cancelled", State.CANCELLED),
        ("cancelled", "confirmed", State.CANCELLED),
        ("cancelled", "waiting", State.CANCELLED),
    ],
)
def test_what_a_calendar_is_told_of_event_and_registration(event: str, registration: str, expected: State) -> None:
    assert state(event=event, registration=registration) is expected


def test_a_cancelled_entry_says_so_in_words_too() -> None:
    event = told(an_entry(state=State.CANCELLED, takes_time=False))

    assert (event["description"], event["status"], event["transp"]) == ("Cancelled.", "CANCELLED", "TRANSPARENT")


def test_the_same_feed_is_the_same_bytes() -> None:
    feed = Feed(name="x", entries=(an_entry(), an_entry(plan=held("2027-06-01T09:00", "2027-06-01T10:00", "GB"))))

    assert rendered(feed) == rendered(feed)


def test_the_fullest_feed_is_cheap_enough_to_be_asked_for() -> None:
    """No request may cost more than 0.2 s of a processor; the text of an entry is bounded for that."""
    full = replace(a_draft().plan, title="Winter " * 28, venue="Hall " * 100, summary="Beds, flow; winter.\n" * 500)
    feed = Feed(name="x", entries=tuple(an_entry(plan=full) for _ in range(MOST_ENTRIES)))

    began = process_time()
    body = rendered(feed)
    spent = process_time() - began

    (event, *_) = Calendar.from_ical(body).walk("VEVENT")[:1]
    assert len(event["description"]) == LONGEST_DESCRIPTION
    assert spent < 0.5, spent
    print(f"{spent=:.3f} s, {len(body):,} bytes")
