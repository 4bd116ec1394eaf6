"""A row of `events` and the event that it means, mapped once for every statement."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from events_service.gatherings.model import Event, Status
from events_service.gatherings.plan import AdmissionRule, Mode, Plan, Session, When, Window
from servicekit.problem import Conflict, NothingHere


class NetworkNotYetKnown(Conflict):
    code = "not-yet-known"
    title = "This has not arrived here yet"


def path(row: Any) -> str:
    """The path of the network that holds the event. Raises NotFound, or NetworkNotYetKnown."""
    if row is None:
        raise NothingHere
    found: str | None = row["network_path"]
    if found is None:
        raise NetworkNotYetKnown(
            "The network that holds this event is not known here yet; ask again shortly.", retry_after=1
        )
    return found


def event(row: Any) -> Event:
    network_path = path(row)
    return Event(
        id=row["id"],
        cell=row["cell"],
        network_id=row["network_id"],
        network_path=network_path,
        plan=plan(row),
        status=Status(row["status"]),
        published_at=row["published_at"],
        revision=row["revision"],
        version=row["version"],
        confirmed=row["confirmed"],
        waiting=row["waiting"],
        changed_at=row["changed_at"],
    )


def plan(row: Any) -> Plan:
    return Plan(
        kind=row["kind"],
        title=row["title"],
        summary=row["summary"],
        venue=row["venue"],
        when=When(
            starts=row["starts"],
            ends=row["ends"],
            zone=row["zone"],
            starts_at=row["starts_at"],
            ends_at=row["ends_at"],
        ),
        capacity=row["capacity"],
        rule=AdmissionRule(
            networks=tuple(row["open_to"]),
            sectors=tuple(row["sectors"]),
            job_roles=tuple(row["job_roles"]),
        ),
        mode=Mode(row["mode"]),
        sessions=tuple(_session(one) for one in orjson.loads(row["sessions"])),
        co_hosts=tuple(row["co_hosts"]),
        partners=tuple(row["partners"]),
        window=Window(
            opens=row["opens"],
            closes=row["closes"],
            opens_at=row["opens_at"],
            closes_at=row["closes_at"],
        ),
    )


def written(sessions: Sequence[Session]) -> str:
    """Sessions as the column holds them."""
    return orjson.dumps(
        [
            {
                "title": session.title,
                "starts": session.starts,
                "ends": session.ends,
                "room": session.room,
                "starts_at": session.starts_at,
                "ends_at": session.ends_at,
            }
            for session in sessions
        ]
    ).decode()


def _session(one: dict[str, str]) -> Session:
    return Session(
        title=one["title"],
        starts=datetime.fromisoformat(one["starts"]),
        ends=datetime.fromisoformat(one["ends"]),
        room=one["room"],
        starts_at=datetime.fromisoformat(one["starts_at"]),
        ends_at=datetime.fromisoformat(one["ends_at"]),
    )
