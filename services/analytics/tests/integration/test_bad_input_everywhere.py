"""Whatever is bad about a request to analytics is refused in words, by every route, and leaves nothing behind."""

from analytics_house import MIDLANDS, House, an_event, arrive, event_id, members, network_id

from analytics_service.app import create_app
from servicekit.testing.bad_input import Walk, contents
from servicekit.web import Cursors, read_keys


async def test_every_route_refuses_whatever_is_bad_about_a_request(house: House) -> None:
    lead = await house.lead(MIDLANDS)
    await arrive(house.worker, members(MIDLANDS, 3), an_event(MIDLANDS))
    here = "/api/v1/cells/midlands/reports"
    asked = {"network": str(network_id(MIDLANDS))}
    export = await house.http.post(
        f"{here}/exports", json={"report": "members", "parameters": asked, "format": "csv"}, headers=lead.bearer
    )
    schedule = await house.http.post(
        f"{here}/schedules",
        json={"report": "members", "parameters": asked, "every": "week", "on": 1},
        headers=lead.bearer,
    )
    walk = Walk(
        app=create_app(house.settings),
        http=house.http,
        caller=lambda operation: {} if operation.public else lead.bearer,
        known={
            "cell": "midlands",
            "network": asked["network"],
            "network_id": asked["network"],
            "event": str(event_id(MIDLANDS)),
            "event_id": str(event_id(MIDLANDS)),
            "day": "2026-11-20",
            "export_id": export.json()["id"],
            "schedule_id": schedule.json()["id"],
        },
        cursors=Cursors(read_keys(house.settings.secrets_dir, "cursor")),
    )
    before = await contents(house.database.admin)

    assert await walk.faults() == []
    assert await contents(house.database.admin) == before
