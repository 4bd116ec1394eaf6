"""The attendance list as a CSV file: names stand in it as people typed them."""

from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from events_service.attendance.listing import Attendee
from servicekit import csv_files

MEDIA_TYPE = "text/csv; charset=utf-8"


def written(attendees: Iterable[Attendee], *, zone: str) -> bytes:
    """zone: the event's, in whose wall time the instants are written."""
    clock = ZoneInfo(zone)
    names = ["family name", "given name", "network", "status", f"registered ({zone})", f"checked in ({zone})"]
    rows = (
        [
            one.family_name or "",
            one.given_name or "",
            one.network or "",
            one.status.value,
            _wall(one.registered_at, clock),
            _wall(one.attended_at, clock),
        ]
        for one in attendees
    )
    return csv_files.as_csv([names, *rows])


def _wall(instant: datetime | None, zone: ZoneInfo) -> str:
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M}" if instant else ""
