"""The rules of joining links: kept apart from the event, shown late and to few. Pure: no I/O, no clock."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from events_service.gatherings.model import Event
from events_service.gatherings.plan import Mode
from events_service.gatherings.wall_time import shown_at
from servicekit.problem import Conflict, Invalid, PreconditionFailed


class NotALink(Invalid):
    code = "not-a-link"


class NotOnline(Conflict):
    code = "not-online"
    title = "Nobody joins this event online"


class NoLinkYet(Conflict):
    code = "no-link-yet"
    title = "There is no joining link yet"


class LinkNotShownYet(Conflict):
    code = "link-not-shown-yet"
    title = "It is too early for the joining link"


@dataclass(frozen=True, slots=True, kw_only=True)
class JoiningLink:
    event_id: UUID
    link: str | None
    """None until the organisers have given one."""
    version: int
    """0 as long as there was none."""

    def another(self, link: str, *, seen: int) -> "JoiningLink":
        """With this link, by somebody who has seen that version."""
        if seen != self.version:
            raise PreconditionFailed(
                f"You have changed version {seen}, but version {self.version} is there by now: read it again.",
                version=self.version,
            )
        return replace(self, link=link, version=self.version + 1)


def checked(link: str) -> str:
    """The link where a browser can follow it safely. Raises NotALink."""
    try:
        parts = urlsplit(link)
        well_formed = parts.scheme == "https" and bool(parts.hostname) and parts.username is None and parts.port != 0
    except ValueError:
        well_formed = False
    if not well_formed or not link.isprintable() or " " in link:
        raise NotALink("A joining link begins with https:// and names a host, such as https://meet.example.org/flow.")
    return link


def refuse_unless_online(event: Event) -> None:
    if event.plan.mode is Mode.OFFLINE:
        raise NotOnline(f'"{event.plan.title}" takes place at its venue only: make it online or mixed first.')


def shown_from(event: Event, *, shown_before: timedelta) -> datetime:
    return event.plan.when.starts_at - shown_before


def refuse_to_show(event: Event, *, at: datetime, shown_before: timedelta) -> None:
    """Raise where somebody with a place is not shown the link now."""
    event.refuse_if_cancelled()
    event.refuse_if_over(at)
    refuse_unless_online(event)
    first = shown_from(event, shown_before=shown_before)
    if at < first:
        raise LinkNotShownYet(
            f"The joining link is shown from {shown_at(first, event.plan.when.zone)}.", shown_from=first
        )
