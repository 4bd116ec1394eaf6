"""The attendance list as a CSV file, in which no spreadsheet finds a formula: names are what people typed."""

import csv
import io
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from events_service.attendance.listing import Attendee

BEGINS_A_FORMULA = frozenset("=+-@\t\r")
BYTE_ORDER_MARK = "\ufeff"
"""Without it, spreadsheets on most desks read names with accents wrongly."""
MEDIA_TYPE = "text/csv; charset=utf-8"


def written(attendees: Iterable[Attendee], *, zone: str) -> bytes:
    """zone: the event's, in whose wall time the instants are written."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(["family name", "given name", "network", "status", f"registered ({zone})", f"checked in ({zone})"])
    clock = ZoneInfo(zone)
    writer.writerows(
        [
            harmless(one.family_name or ""),
            harmless(one.given_name or ""),
            harmless(one.network or ""),
            one.status.value,
            _wall(one.registered_at, clock),
            _wall(one.attended_at, clock),
        ]
        for one in attendees
    )
    return (BYTE_ORDER_MARK + out.getvalue()).encode()


def harmless(cell: str) -> str:
    """The cell so that no spreadsheet takes it for a formula, also where its first sign is written in full width."""
    first = unicodedata.normalize("NFKC", cell.lstrip(" \u3000\n")[:1])
    return f"'{cell}" if first and first[0] in BEGINS_A_FORMULA else cell


def _wall(instant: datetime | None, zone: ZoneInfo) -> str:
    return f"{instant.astimezone(zone):%Y-%m-%d %H:%M}" if instant else ""
