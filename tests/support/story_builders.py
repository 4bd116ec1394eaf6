"""Parts of a small story for the checker's own tests: what was told, what stands on topics and in databases."""

import base64
import json
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID, uuid5

from guildhall_local.checker.case import Case
from guildhall_local.checker.evidence import Evidence
from guildhall_local.checker.feed import Reading
from guildhall_local.checker.people import everybody
from guildhall_local.checker.records import Record
from guildhall_local.checker.reports import Reports, Shown
from guildhall_local.checker.told import Told
from guildhall_local.story.inputs import Scale
from guildhall_local.story.journal import Attempt, Wish
from guildhall_local.story.plan import SUMMIT, Plan, planned

NAMES = UUID("0a3c7b52-54a1-4a0e-9a53-3d6a2f5f7a10")
TINY = Scale(
    people=60,
    places=2,
    racers=4,
    cancellations=1,
    checked_in=1,
    masterclass_places=1,
    masterclass_comers=1,
    at_once=1,
)
DAY = date(2026, 11, 23)
SECRET = "whsec_" + base64.b64encode(b"a secret that nobody else knows").decode()
NOTHING = Shown(members={}, funnels={})
NO_REPORTS = Reports(national=NOTHING, regional=NOTHING, coverage={"rows": []}, member=403)


def id_of(name: str) -> str:
    """The same id for the same name."""
    return str(uuid5(NAMES, name))


def attempt(deed: str, who: str, **given: Any) -> Attempt:
    usual: dict[str, Any] = {
        "ask": 1,
        "about": "",
        "method": "POST",
        "path": "/",
        "key": None,
        "body": None,
        "sent": 0.0,
        "answered": 1.0,
        "outcome": "done",
        "status": 201,
    }
    return Attempt(deed=deed, who=who, **usual | given)


def wish(deed: str, who: str, **given: Any) -> Wish:
    one = attempt(deed, who, **given)
    return Wish(first=one, last=one, tries=1)


def published(label: str = SUMMIT) -> Wish:
    return wish("publish-event", "nadia", about=label, answer={"id": id_of(label)})


def booked(sub: str, *, line: int | None = None, label: str = SUMMIT, **given: Any) -> Wish:
    """Somebody asked for a place and was told that they have one, or where in line they are."""
    answer = {
        "id": id_of(f"{label} {sub}"),
        "person_id": id_of(sub),
        "status": "confirmed" if line is None else "waiting",
        "place_in_line": line,
    }
    return wish("register", sub, about=label, answer=answer, **given)


def gave_up(sub: str, label: str = SUMMIT) -> Wish:
    answer = {"id": id_of(f"{label} {sub}")}
    return wish("cancel-registration", sub, about=label, answer=answer)


def announced(label: str, at: float) -> Wish:
    """A lead says something to their network."""
    return wish("announce", "nadia", about=label, answer={"id": id_of(label)}, sent=at, answered=at + 0.5)


def clicked(sub: str, at: float) -> Wish:
    """Somebody's mail program unsubscribes them."""
    return wish("unsubscribe", "", about=sub, answer="<p>", sent=at, answered=at + 0.5)


def signal(type_: str, *, topic: str = "national.events", key: str = "", offset: int = 0, **data: Any) -> Record:
    """type_: without house and version, as checks name it."""
    whole = f"guildhall.{type_}.v1"
    id_ = id_of(f"{topic} {offset} {type_} {sorted(data.items())}")
    document = {"id": id_, "type": whole, "network": "national", "data": data}
    return Record(
        topic=topic,
        partition=0,
        offset=offset,
        key=key.encode() or None,
        value=json.dumps(document).encode(),
        headers={"id": id_.encode(), "type": whole.encode(), "version": b"1"},
    )


def history(*steps: tuple[str, str], label: str = SUMMIT) -> list[Record]:
    """An event's topic: what became of whose registration, in this order; `confirmed`, `waitlisted` and so on."""
    return [
        signal(
            f"events.registration-{what}",
            key=id_of(label),
            offset=offset,
            registration_id=id_of(f"{label} {sub}"),
            person_id=id_of(sub),
        )
        for offset, (what, sub) in enumerate(steps)
    ]


def rows(label: str = SUMMIT, **statuses: str) -> list[dict[str, Any]]:
    """Registrations as the database holds them: whose, and in what state."""
    return [{"id": id_of(f"{label} {sub}"), "status": status} for sub, status in statuses.items()]


def a_plan() -> Plan:
    return planned(TINY, DAY)


def a_case(
    wishes: Iterable[Wish] = (),
    records: Iterable[Record] = (),
    registrations: Mapping[str, list[dict[str, Any]]] | None = None,
    **evidence: Any,
) -> Case:
    """A story with the summit and the masterclass published, and whatever is given."""
    plan = a_plan()
    told = Told([*(published(label) for label in plan.gatherings), *wishes])
    usual: dict[str, Any] = {
        "records": list(records),
        "mails": [],
        "registrations": dict.fromkeys(plan.gatherings, ()) | dict(registrations or {}),
        "ledger": [],
        "outboxes": {},
        "inboxes": {},
        "parked": {},
        "readers": {},
        "feed": Reading(items=[], strangers={}),
        "pushed": [],
        "webhook_secret": SECRET,
        "revoked_calendar": 404,
        "reports": NO_REPORTS,
        "logs": [],
    }
    return Case(plan, everybody(plan), told, Evidence(**usual | evidence))
