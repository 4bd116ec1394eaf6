"""What a partner's stream holds is pushed to it, signed, and tried again for days under the same id."""

import json

from notifications_house import House, published
from notifications_partner import PUBLISHED, items, made
from notifications_webhooks import running_receiver, send, states, subscribed

from guildhall_kit import Webhooks


async def test_a_signal_is_pushed_signed_as_the_kit_verifies_it(house: House) -> None:
    agreement = await made(house)
    async with running_receiver(house) as receiver:
        subscription = await subscribed(house, agreement, receiver.url)
        event = published()
        published_id = await house.hear(event)

        await send(house)

    (received,) = receiver.received
    signal = Webhooks([subscription["secret"]]).verify(received.headers, received.body)
    (pulled,) = await items(house, agreement)
    assert (received.path, received.headers["host"]) == ("/hook", receiver.address)
    assert (signal.id, signal.type, signal.position) == (str(published_id), PUBLISHED, 1)
    assert signal.data == {"event_id": str(event.event_id), "title": event.title, "starts_at": "2027-01-14T10:00:00Z"}
    assert {name: json.loads(received.body)[name] for name in pulled} == pulled
    assert await states(house, subscription) == ["delivered"]
