"""What has ended sends nothing more, whatever was queued before."""

from datetime import timedelta

from notifications_house import House, ended, published
from notifications_partner import COUNTED, counted, made
from notifications_webhooks import (
    later,
    path,
    request,
    running_receiver,
    send,
    states,
    subscribe,
    subscribed,
)

from membership_contracts import AgreementMade
from notifications_service.webhooks.loop import look
from servicekit import clock


async def test_nothing_goes_out_after_its_own_end(house: House) -> None:
    agreement = await made(house)
    async with running_receiver(house) as receiver:
        subscription = await subscribed(house, agreement, receiver.url, ends_on=str(clock.today()))
        await house.hear(counted("national"))
        async with later(timedelta(days=1)):
            await send(house)
            await look(house.work())
            await house.hear(counted("national"))
            await send(house)
        shown = (await request(house, "GET", path(subscription))).json()
        test = await request(house, "POST", path(subscription, "/test"))

    assert receiver.received == []
    assert shown["state"] == "ended"
    assert await states(house, subscription) == ["withheld"]
    assert (test.status_code, test.json()["code"]) == (409, "subscription-ended")


async def test_nothing_goes_out_after_the_agreements_end_though_it_was_queued_before(house: House) -> None:
    agreement = await made(house)
    async with running_receiver(house) as receiver:
        subscription = await subscribed(house, agreement, receiver.url)
        await house.hear(counted("national"))
        await house.hear(ended(agreement, on=clock.today() - timedelta(days=1)))
        await send(house)
        await look(house.work())
        replay = await request(house, "POST", path(subscription, "/replay"), json={"missed": True})
        more = await subscribe(house, agreement, f"{receiver.url}2")

    assert receiver.received == []
    assert (await request(house, "GET", path(subscription))).json()["state"] == "ended"
    for answer in (replay, more):
        assert (answer.status_code, answer.json()["code"]) == (410, "agreement-ended")


async def test_what_is_agreed_no_longer_is_not_sent_any_more(house: House) -> None:
    agreement = await made(house)
    async with running_receiver(house) as receiver:
        await subscribed(house, agreement, receiver.url)
        await house.hear(published())
        await house.hear(counted("national"))
        narrower = agreement.model_dump() | {"version": 2, "fields": {COUNTED: ["members"]}}
        await house.hear(AgreementMade.model_validate(narrower))
        await send(house)
        (received,) = receiver.received

    assert b'"data":{"members":40}' in received.body
    assert b'"whole":false' in received.body
