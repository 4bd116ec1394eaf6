"""Where each route of events stands in the matrix, as docs/rights.md and the route's own sentence say."""

from collections.abc import Mapping

from places import Place

CELL = "/api/v1/cells/{cell}"
EVENT, REGISTRATION = f"{CELL}/events/{{event_id}}", f"{CELL}/registrations/{{registration_id}}"
ETAG, NO_ETAG = {"If-Match": "{etag}"}, {"If-Match": '"1"'}
NETWORK = {"network": "{network_id}"}
NOT_FOR_YOU = frozenset({"not-eligible", "already-registered"})

PLAN = {
    "network_id": "{network_id}",
    "kind": "meeting",
    "title": "A meeting",
    "venue": "Room 1",
    "starts": "{starts}",
    "ends": "{ends}",
    "capacity": 9,
}
GATHERINGS = {
    f"POST {CELL}/events": Place(
        "draft-event",
        "network",
        body=PLAN,
    ),
    f"GET {CELL}/events": Place("read-events"),
    f"GET {CELL}/drafts": Place("read-draft", "network", query=NETWORK),
    f"GET {EVENT}": Place("read-events", "gathering"),
    f"PATCH {EVENT}": Place("change-event", "event", body={"title": "Another title"}, headers=ETAG),
    f"POST {EVENT}/publish": Place("publish-event", "draft"),
    f"POST {EVENT}/cancel": Place("cancel-event", "event"),
    f"PUT {EVENT}/joining-link": Place(
        "change-event", "event", body={"link": "https://meet.example.org/b"}, headers=NO_ETAG
    ),
    f"GET {EVENT}/joining-link": Place("read-joining-link", "link"),
}
REGISTRATIONS = {
    f"GET {CELL}/registrations/held": Place("read-held"),
    f"GET {CELL}/registrations/held/{{person_id}}": Place("read-held", "person"),
    f"POST {EVENT}/registrations": Place("register", "any event", anywhere=True, refusals=NOT_FOR_YOU),
    f"GET {EVENT}/registrations": Place("read-registrations", "event", personal=True),
    f"GET {CELL}/registrations": Place("read-registration"),
    f"GET {REGISTRATION}": Place("read-registration", "registration", personal=True),
    f"POST {REGISTRATION}/cancel": Place("cancel-registration", "registration", personal=True),
    f"GET {REGISTRATION}/ticket": Place("read-ticket", "registration", personal=True),
    f"GET {REGISTRATION}/ticket.svg": Place("read-ticket", "registration", personal=True),
    f"POST {REGISTRATION}/ticket/renew": Place("renew-ticket", "registration", personal=True),
}
# Those who stand at a door, and meetings, are admitted to the event or network that is asked about, once the API has
# decided: there the first wall stands alone.
ATTENDANCE = {
    f"POST {EVENT}/check-ins": Place("check-in", "arrival", body={"registration_id": "{registration_id}"}),
    f"POST {EVENT}/check-ins/{{registration_id}}/undo": Place(
        "check-in", "attended", refusals=frozenset({"too-late-to-undo"})
    ),
    f"GET {EVENT}/check-in-keys": Place("check-in", "event"),
    f"GET {EVENT}/attendance": Place("read-attendance", "event", personal=True),
    f"GET {EVENT}/attendance.csv": Place("read-attendance", "event", personal=True),
    f"GET {CELL}/meetings/attendance": Place("read-meeting-attendance", "network", query=NETWORK),
    f"GET {CELL}/meetings/attendance/mine": Place("read-meeting-attendance", "own regularity", query=NETWORK),
}
CALENDARS = {
    f"POST {CELL}/calendars": Place("make-calendar", "calendars", body={"network_id": "{network_id}"}),
    f"GET {CELL}/calendars": Place("read-calendars", "calendars", query=NETWORK),
    f"DELETE {CELL}/calendars/{{calendar_id}}": Place("end-calendar", "calendar"),
    f"GET {CELL}/calendars/{{secret}}.ics": Place("read-calendar-feed", "feed"),
}
PLACES: Mapping[str, Place] = GATHERINGS | REGISTRATIONS | ATTENDANCE | CALENDARS
