"""Whatever is bad about a request to events is refused in words, by every route, and leaves nothing behind."""

from events_house import MIDLANDS, House, in_days, network_id, thing

from events_service.app import create_app
from servicekit.testing.bad_input import Walk, contents
from servicekit.web import Cursors, read_keys


async def test_every_route_refuses_whatever_is_bad_about_a_request(house: House) -> None:
    lead = await house.organiser(role="lead")
    event = await house.published(lead, mode="online")
    registration = await house.registered(event, lead)
    calendar = thing(await house.post("/api/v1/cells/midlands/calendars", lead))
    walk = Walk(
        app=create_app(house.settings),
        http=house.http,
        caller=lambda operation: {} if operation.public else lead.bearer,
        known={
            "cell": "midlands",
            "network": str(network_id(MIDLANDS)),
            "network_id": str(network_id(MIDLANDS)),
            "event_id": event["id"],
            "registration_id": registration["id"],
            "calendar_id": calendar["id"],
            "starts": in_days(30),
            "ends": in_days(31),
        },
        cursors=Cursors(read_keys(house.settings.secrets_dir, "cursor")),
    )
    before = await contents(house.database.admin)

    assert await walk.faults() == []
    assert await contents(house.database.admin) == before
