"""python -m events_service serve | work | migrate | rebuild | parked | replay | status"""

from events_service.app import create_app
from events_service.consumers import CONSUMERS
from events_service.erasures.loops import cancel_what_came_late
from events_service.held import HELD
from events_service.registrations.loops import fill_free_places
from events_service.schema import SCHEMA
from events_service.settings import EventsSettings
from servicekit.process import Service, command_line
from servicekit.subjects.again import forgets_again

SERVICE = Service(
    name="events",
    settings=EventsSettings,
    schema=SCHEMA,
    consumers=CONSUMERS,
    create_app=create_app,
    loops=[fill_free_places, cancel_what_came_late, forgets_again(HELD)],
)

app = command_line(SERVICE)

if __name__ == "__main__":
    app()
