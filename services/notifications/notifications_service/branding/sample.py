"""A mail that could be, for whoever tries a template out: an invented event and nobody's name."""

from datetime import datetime
from uuid import UUID

from access.directory import Network
from notifications_service.branding.model import Version
from notifications_service.gatherings.model import Gathering
from notifications_service.gatherings.store import Known
from notifications_service.mail.letters import Letter
from notifications_service.tellings.model import Kind

NOBODY = UUID(int=0)


def a_letter(template: Version, cell: str) -> Letter:
    return Letter(
        notification_id=NOBODY,
        message_id=f"<{NOBODY}@preview>",
        cause="preview",
        kind=Kind.EVENT_ANNOUNCED,
        cell=cell,
        event_id=NOBODY,
        person_id=NOBODY,
        network_id=template.network_id,
        address="sample.person@example.org",
        name="Sample Person",
        code=None,
        place=None,
        template=template,
    )


def a_known_event(network: Network) -> Known:
    event = Gathering(
        event_id=NOBODY,
        version=1,
        cell=network.cell,
        title="Masterclass: theatres that run on time",
        venue="Town Hall, Room 2",
        starts=datetime.fromisoformat("2027-01-14T10:00"),
        ends=datetime.fromisoformat("2027-01-14T12:30"),
        zone="Europe/London",
        revision=1,
        held_by=network.name,
    )
    return Known(event, None)
