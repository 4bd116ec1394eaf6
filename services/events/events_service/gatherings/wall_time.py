"""A time on the wall of a zone, and the instant that it means by today's rules of that zone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from servicekit.problem import Invalid

YEARS = range(2000, 2200)


class UnknownZone(Invalid):
    code = "unknown-zone"


class UnlikelyYear(Invalid):
    code = "unlikely-year"


class NoSuchTime(Invalid):
    code = "no-such-time"
    title = "The clocks skip that time"


def instant(wall: datetime, zone: str) -> datetime:
    """The instant, in UTC. Where the clocks show a time twice, the first; where they skip it, NoSuchTime."""
    if wall.year not in YEARS:
        raise UnlikelyYear(f"{wall.year} is not a year in which an event is held: expected 2000 to 2199.")
    local = wall.replace(tzinfo=_zone(zone), fold=0)
    meant = local.astimezone(UTC)
    shown = meant.astimezone(local.tzinfo).replace(tzinfo=None)
    if shown != wall:
        raise NoSuchTime(
            f"{wall:%H:%M} on {wall:%Y-%m-%d} does not exist in {zone}: the clocks go forward past it."
            f" The same moment is shown as {shown:%H:%M}."
        )
    return meant


def shown_at(moment: datetime, zone: str) -> str:
    """The instant as people there read it, such as `09:00 on 2027-02-01 (Europe/London)`."""
    local = moment.astimezone(_zone(zone))
    return f"{local:%H:%M} on {local:%Y-%m-%d} ({zone})"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise UnknownZone(f'"{name[:80]}" is not a time zone: expected a name such as Europe/London.') from None
