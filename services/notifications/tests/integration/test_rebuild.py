"""A rebuild fills the other side of the copies with the same, and tells nobody."""

from typing import Any

from notifications_house import House, a_registration, an_agreement, changed, published

from events_contracts import RegistrationCancelled, RegistrationConfirmed
from notifications_service.consumers import NOTIFICATIONS
from servicekit.consumers.apply import Applier
from servicekit.contract import FACTS
from servicekit.testing import signals_published

TABLES = ("gatherings", "registrations", "people", "agreements")


async def test_a_rebuild_gives_the_same_copies_and_tells_nobody(house: House) -> None:
    stays, leaves = await house.person(), await house.person()
    event = published()
    await house.hear(an_agreement({event.type: ["title"]}))
    await house.hear(event)
    await house.hear(a_registration(RegistrationConfirmed, event, stays))
    left = a_registration(RegistrationConfirmed, event, leaves)
    await house.hear(left)
    await house.hear(
        a_registration(RegistrationCancelled, event, leaves, registration_id=left.registration_id, version=2)
    )
    await house.hear(changed(event, ["venue"], venue="Room 2"))
    await house.profile_gone(leaves)
    await house.announce_all()
    told = await everything_told(house)

    idle = "access_a, grants_a, projection_b, public"
    applier = Applier(consumer=NOTIFICATIONS, db=house.worker, epoch=2, schemas=idle, rebuilding=True)
    for record in house.log:
        publisher, stream = [*record.topic.split(".")[1:], FACTS][:2]
        if (publisher, stream) in NOTIFICATIONS.streams:
            await applier.apply([record])

    async with house.worker.reading() as conn:
        for table in TABLES:
            sides = [
                sorted(repr(tuple(row)) for row in await conn.fetch(f"SELECT * FROM projection_{side}.{table}"))
                for side in "ab"
            ]
            assert sides[0] == sides[1], table
            assert sides[0], table
    assert await everything_told(house) == told


async def everything_told(house: House) -> Any:
    async with house.worker.reading() as conn:
        items = await conn.fetch("SELECT agreement_id, position, signal_id FROM stream_items ORDER BY position")
        announced = await conn.fetch("SELECT cause, state, told FROM announcements")
        return await house.rows(), [tuple(row) for row in items], announced, await signals_published(conn)
