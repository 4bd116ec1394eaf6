"""Which rule decides about each route; docs/rights.md is where the rules are told."""

from events_house import House

from events_service.app import create_app
from servicekit.testing.routes import rules_by_route

CELL = "/api/v1/cells/{cell}"


def test_every_route_is_decided_by_its_own_action(house: House) -> None:
    assert rules_by_route(create_app(house.settings)) == {
        f"POST {CELL}/events": "may(draft-event)",
        f"GET {CELL}/events": "may(read-events)",
        f"GET {CELL}/drafts": "may(read-draft)",
        f"GET {CELL}/events/{{event_id}}": "may(read-events)",
        f"PATCH {CELL}/events/{{event_id}}": "may(change-event)",
        f"POST {CELL}/events/{{event_id}}/publish": "may(publish-event)",
        f"POST {CELL}/events/{{event_id}}/cancel": "may(cancel-event)",
        f"POST {CELL}/events/{{event_id}}/registrations": "may(register)",
        f"GET {CELL}/events/{{event_id}}/registrations": "may(read-registrations)",
        f"GET {CELL}/registrations": "may(read-registration)",
        f"GET {CELL}/registrations/held": "may(read-held)",
        f"GET {CELL}/registrations/held/{{person_id}}": "may(read-held)",
        f"GET {CELL}/registrations/{{registration_id}}": "may(read-registration)",
        f"POST {CELL}/registrations/{{registration_id}}/cancel": "may(cancel-registration)",
        f"POST {CELL}/events/{{event_id}}/check-ins": "may(check-in)",
        f"POST {CELL}/events/{{event_id}}/check-ins/{{registration_id}}/undo": "may(check-in)",
        f"GET {CELL}/events/{{event_id}}/check-in-keys": "may(check-in)",
        f"GET {CELL}/registrations/{{registration_id}}/ticket": "may(read-ticket)",
        f"GET {CELL}/registrations/{{registration_id}}/ticket.svg": "may(read-ticket)",
        f"POST {CELL}/registrations/{{registration_id}}/ticket/renew": "may(renew-ticket)",
        f"GET {CELL}/events/{{event_id}}/attendance": "may(read-attendance)",
        f"GET {CELL}/events/{{event_id}}/attendance.csv": "may(read-attendance)",
        f"GET {CELL}/meetings/attendance": "may(read-meeting-attendance)",
        f"GET {CELL}/meetings/attendance/mine": "may(read-meeting-attendance)",
        f"PUT {CELL}/events/{{event_id}}/joining-link": "may(change-event)",
        f"GET {CELL}/events/{{event_id}}/joining-link": "may(read-joining-link)",
        f"POST {CELL}/calendars": "may(make-calendar)",
        f"GET {CELL}/calendars": "may(read-calendars)",
        f"DELETE {CELL}/calendars/{{calendar_id}}": "may(end-calendar)",
        f"GET {CELL}/calendars/{{secret}}.ics": "anyone()",
    }
