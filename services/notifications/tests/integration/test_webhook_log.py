"""A partner tries its endpoint out, sees what was sent and answered, and has sent again what it missed."""

from datetime import timedelta
from uuid import UUID

import pytest
from notifications_house import House
from notifications_partner import counted, items, made
from notifications_webhooks import deliveries, later, path, request, running_receiver, send, states, subscribed

from guildhall_kit import TEST, AlreadyReceived, Store, Webhooks
from notifications_service.webhooks import log
from notifications_service.webhooks.loop import look
from servicekit import clock
from servicekit.ids import new_id


async def test_a_test_is_sent_once_signed_and_told_from_a_signal(house: House) -> None:
    agreement = await made(house)
    async with running_receiver(house, answers=["500"]) as receiver:
        subscription = await subscribed(house, agreement, receiver.url)
        answer = await request(house, "POST", path(subscription, "/test"), headers={"idempotency-key": "t"})
        again = await request(house, "POST", path(subscription, "/test"), headers={"idempotency-key": "t"})
        await send(house)
        async with later(timedelta(days=2)):
            await send(house)

    (received,) = receiver.received
    signal = Webhooks([subscription["secret"]]).verify(received.headers, received.body)
    found = await request(house, "GET", path(subscription, f"/deliveries/{answer.json()['delivery_id']}"))
    shown = (await request(house, "GET", path(subscription))).json()
    assert (answer.status_code, again.json()) == (202, answer.json())
    assert (signal.type, signal.position, signal.id) == (TEST, None, answer.json()["webhook_id"])
    assert [one["status"] for one in found.json()["attempts"]] == [500]
    assert (found.json()["state"], shown["failing_since"]) == ("missed", None)
    assert await items(house, agreement) == []


async def test_a_test_goes_out_while_it_is_switched_off_and_signals_do_not(house: House) -> None:
    agreement = await made(house)
    async with running_receiver(house, answers=["410"]) as receiver:
        subscription = await subscribed(house, agreement, receiver.url)
        await house.hear(counted("national"))
        await send(house)
        await house.hear(counted("national"))
        await request(house, "POST", path(subscription, "/test"))
        await send(house)

    assert [one.headers["webhook-id"] for one in receiver.received][1:] != []
    assert [one["type"] for one in await deliveries(house, subscription, state="delivered")] == [TEST]


async def test_the_log_shows_what_was_sent_and_what_was_answered_page_by_page(house: House) -> None:
    agreement = await made(house)
    async with running_receiver(house, answers=["200 body: thank you", "422 body: what is this?"]) as receiver:
        subscription = await subscribed(house, agreement, receiver.url)
        for _ in range(3):
            await house.hear(counted("national"))
            await send(house)
    pulled = await items(house, agreement)

    newest = (await request(house, "GET", path(subscription, "/deliveries"), params={"limit": 2})).json()
    oldest = (
        await request(house, "GET", path(subscription, "/deliveries"), params={"limit": 2, "cursor": newest["next"]})
    ).json()
    found = [*newest["items"], *oldest["items"]]
    assert [one["position"] for one in found] == [3, 2, 1]
    assert [one["signal"] for one in found] == pulled[::-1]
    assert [(one["state"], one["attempts"][0]["status"], one["attempts"][0]["answer"]) for one in found] == [
        ("delivered", 204, None),
        ("queued", 422, "what is this?"),
        ("delivered", 200, "thank you"),
    ]
    assert all(one["attempts"][0]["milliseconds"] >= 0 for one in found)
    assert [one["position"] for one in await deliveries(house, subscription, state="queued")] == [2]


@pytest.mark.parametrize(("days", "queued", "log_after"), [(29, 1, ["queued"]), (31, 0, [])])
async def test_for_thirty_days_it_is_logged_and_replayed_then_it_is_let_go(
    house: House, days: int, queued: int, log_after: list[str]
) -> None:
    agreement = await made(house)
    async with running_receiver(house, answers=["410"]) as receiver:
        subscription = await subscribed(house, agreement, receiver.url)
        await house.hear(counted("national"))
        await send(house)
        await switch_on(house, subscription)
    before = await states(house, subscription)

    async with house.worker.transaction() as conn:
        await conn.execute("UPDATE webhook_deliveries SET created_at = $1", clock.now() - timedelta(days=days))
    replayed = await request(house, "POST", path(subscription, "/replay"), json={"missed": True})
    await look(house.work())

    async with house.worker.reading() as conn:
        attempts = await conn.fetchval("SELECT count(*) FROM webhook_attempts")
    assert (before, replayed.json()["queued"]) == (["missed"], queued)
    assert (await states(house, subscription), attempts) == (log_after, len(log_after))


async def switch_on(house: House, subscription: dict[str, object]) -> None:
    version = (await request(house, "GET", path(subscription))).headers["etag"]
    await request(house, "PATCH", path(subscription), json={"active": True}, headers={"if-match": version})


async def test_what_was_missed_is_replayed_under_the_ids_it_had(house: House) -> None:
    agreement = await made(house)
    async with running_receiver(house, answers=["204", "410"]) as receiver:
        subscription = await subscribed(house, agreement, receiver.url)
        sent = [str(await house.hear(counted("national")))]
        await send(house)
        for _ in range(3):
            sent.append(str(await house.hear(counted("national"))))
            await send(house)
        off = await request(house, "POST", path(subscription, "/replay"), json={"missed": True})
        await switch_on(house, subscription)
        replayed = await request(house, "POST", path(subscription, "/replay"), json={"missed": True})
        await send(house)
        again = await request(house, "POST", path(subscription, "/replay"), json={"missed": True})

    assert (off.status_code, off.json()["code"]) == (409, "subscription-not-active")
    assert (replayed.status_code, replayed.json(), again.json()["queued"]) == (202, {"queued": 3, "more": False}, 0)
    assert receiver.ids[:2] == sent[:2]
    assert sorted(receiver.ids[2:]) == sent[1:]
    assert await states(house, subscription) == ["delivered"] * 4


async def test_some_are_replayed_by_id_or_by_position_and_a_receiver_that_has_them_knows(house: House) -> None:
    agreement = await made(house)
    kept = Store()
    async with running_receiver(house) as receiver:
        subscription = await subscribed(house, agreement, receiver.url)
        for _ in range(5):
            await house.hear(counted("national"))
        await send(house)
        webhooks = Webhooks([subscription["secret"]])
        for one in receiver.received:
            webhooks.receive(one.headers, one.body, kept)
        receiver.received.clear()
        ids = [one["id"] for one in await deliveries(house, subscription) if one["position"] in (1, 5)]
        by_id = await request(house, "POST", path(subscription, "/replay"), json={"deliveries": ids})
        await send(house)
        by_position = await request(house, "POST", path(subscription, "/replay"), json={"positions": [2, 3]})
        await send(house)

    assert (by_id.json()["queued"], by_position.json()["queued"]) == (2, 2)
    assert len(receiver.received) == 4
    for one in receiver.received:
        with pytest.raises(AlreadyReceived):
            webhooks.receive(one.headers, one.body, kept)
    assert [len(one["attempts"]) for one in await deliveries(house, subscription)] == [2, 1, 2, 2, 2]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "say which"),
        ({"missed": True, "positions": [1, 2]}, "only one of them"),
        ({"positions": [3, 2]}, "the first lies behind the last"),
        ({"positions": [0, 2]}, "expected 1 or more"),
        ({"deliveries": []}, "expected at least 1"),
        ({"missed": False}, "expected one of"),
        ({"deliveries": ["00000000-0000-7000-8000-000000000000"]}, "no delivery 00000000"),
    ],
)
async def test_a_replay_that_says_too_little_or_too_much_is_refused(
    house: House, body: dict[str, object], words: str
) -> None:
    agreement = await made(house)
    async with running_receiver(house) as receiver:
        subscription = await subscribed(house, agreement, receiver.url)
        await house.hear(counted("national"))
        await send(house)
        answer = await request(house, "POST", path(subscription, "/replay"), json=body)

    assert (answer.status_code, words in answer.json()["detail"]) == (422, True), answer.json()["detail"]
    assert await states(house, subscription) == ["delivered"]


async def test_somebody_elses_delivery_and_one_that_is_not_there_are_not_found(house: House) -> None:
    one, other = await made(house), await made(house, client_id="other-partner")
    async with running_receiver(house) as receiver:
        mine = await subscribed(house, one, receiver.url)
        theirs = await subscribed(house, other, receiver.url, client="other-partner")
        await house.hear(counted("national"))
        await send(house)
        listed = await request(house, "GET", path(theirs, "/deliveries"), client="other-partner")
        (delivery,) = listed.json()["items"]
        answers = [
            await request(house, "GET", path(mine, f"/deliveries/{delivery['id']}")),
            await request(house, "GET", path(theirs, f"/deliveries/{delivery['id']}")),
            await request(house, "GET", path(mine, f"/deliveries/{new_id()}")),
        ]
        replay = await request(house, "POST", path(mine, "/replay"), json={"deliveries": [delivery["id"]]})

    assert [answer.status_code for answer in answers] == [404] * 3
    assert replay.status_code == 422


async def test_one_request_replays_a_bounded_number_and_says_that_there_are_more(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "AT_ONCE", 2)
    agreement = await made(house)
    async with running_receiver(house) as receiver:
        subscription = await subscribed(house, agreement, receiver.url)
        for _ in range(3):
            await house.hear(counted("national"))
        await send(house)
        async with house.worker.transaction() as conn:
            since = clock.now() - timedelta(days=1)
            first = await log.replay(conn, _id(subscription), first=1, last=3, since=since, now=clock.now())
            second = await log.replay(conn, _id(subscription), first=1, last=3, since=since, now=clock.now())

    assert (first, second) == (2, 1)


def _id(subscription: dict[str, object]) -> UUID:
    return UUID(str(subscription["id"]))
