"""A partner's stream is read from where it was left: no gap, no repeat, and a clear word where that cannot be."""

import asyncio
from datetime import timedelta

import pytest
from notifications_house import House
from notifications_partner import COUNTED, PUBLISHED, ask, counted, items, made

from analytics_contracts import MembersCounted
from events_contracts import EventPublished
from notifications_service.streams import actions, store
from notifications_service.streams.loop import let_go_of_old_items
from notifications_service.streams.store import Sent
from servicekit import clock
from servicekit.contract import Signal
from servicekit.ids import new_id
from servicekit.process import Work
from servicekit.testing import eventually


async def test_a_reader_goes_on_where_it_stopped(house: House) -> None:
    agreement = await made(house)
    sent = [str(await house.hear(counted("national"))) for _ in range(5)]

    seen, after = [], None
    for _ in range(4):
        answer = (await ask(house, agreement, limit=2, **({"after": after} if after else {}))).json()
        seen.append([item["id"] for item in answer["items"]])
        after = answer["next"]
    sent.append(str(await house.hear(counted("national"))))
    last = (await ask(house, agreement, after=after)).json()

    assert seen == [sent[0:2], sent[2:4], sent[4:5], []]
    assert [item["id"] for item in last["items"]] == sent[5:]


async def test_a_cursor_from_before_the_first_item_is_good_later(house: House) -> None:
    agreement = await made(house)
    empty = (await ask(house, agreement)).json()

    sent = str(await house.hear(counted("national")))

    assert empty["items"] == []
    assert [item["id"] for item in await items(house, agreement, after=empty["next"])] == [sent]


async def test_a_cursor_that_was_tampered_with_or_is_anothers_is_refused(house: House) -> None:
    agreement, other = await made(house), await made(house)
    await house.hear(counted("national"))
    cursor = (await ask(house, agreement)).json()["next"]
    tampered = cursor[:-4] + ("AAAA" if not cursor.endswith("AAAA") else "BBBB")

    answers = [
        await ask(house, agreement, after=tampered),
        await ask(house, other, after=cursor),
        await ask(house, agreement, after="17"),
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(422, "bad-cursor")] * 3
    assert "start again without it" in answers[0].json()["detail"]


async def test_a_cursor_older_than_what_is_kept_says_so(house: House) -> None:
    agreement = await made(house)
    await house.hear(counted("national"))
    old = (await ask(house, agreement, limit=1)).json()["next"]
    await house.hear(counted("national"))
    newer = (await ask(house, agreement)).json()["next"]
    async with house.worker.transaction() as conn:
        await store.forget(conn, before=clock.now() + timedelta(seconds=1))
    left = str(await house.hear(counted("national")))

    gone = await ask(house, agreement, after=old)
    good = await ask(house, agreement, after=newer)
    anew = await ask(house, agreement)

    assert (gone.status_code, gone.json()["code"]) == (410, "gone")
    assert "no longer kept" in gone.json()["detail"]
    assert [item["id"] for item in good.json()["items"]] == [left]
    assert [item["id"] for item in anew.json()["items"]] == [left]


async def test_a_stream_has_no_gap_though_transactions_of_other_cells_commit_in_any_order(house: House) -> None:
    agreement = await made(house)
    first_appended, released = asyncio.Event(), asyncio.Event()

    async def append(cell: str, path: str, *, wait: bool) -> None:
        async with house.worker.transaction() as conn:
            sent = [Sent(signal_id=new_id(), time=clock.now(), day=clock.today(), network=path)]
            await actions.append(conn, cell, MembersCounted, sent, [{"members": 8}])
            if wait:
                first_appended.set()
                await released.wait()

    slow = asyncio.create_task(append("midlands", "national.midlands", wait=True))
    await first_appended.wait()
    quick = [asyncio.create_task(append("london", "national.london", wait=False)) for _ in range(3)]
    await eventually(lambda: so_many_wait(house, 3))
    seen_meanwhile = await items(house, agreement)
    released.set()
    await asyncio.gather(slow, *quick)

    assert seen_meanwhile == []
    assert [item["network"] for item in await items(house, agreement)] == [
        "national.midlands",
        *["national.london"] * 3,
    ]


async def test_transactions_that_append_to_streams_in_any_order_do_not_lock_each_other_out(house: House) -> None:
    counts = await made(house, {COUNTED: ["members"]})
    events = await made(house, {PUBLISHED: ["title"]})
    half_done: list[str] = []

    async def other_is_half_done_or_waits() -> bool:
        return len(half_done) > 1 or await so_many_wait(house, 1)

    async def append(cell: str, path: str, *signals: type[Signal]) -> None:
        async with house.worker.transaction() as conn:
            for signal in signals:
                sent = [Sent(signal_id=new_id(), time=clock.now(), day=clock.today(), network=path)]
                await actions.append(conn, cell, signal, sent, [{}])
                half_done.append(cell)
                await eventually(other_is_half_done_or_waits)

    await asyncio.gather(
        append("midlands", "national.midlands", MembersCounted, EventPublished),
        append("london", "national.london", EventPublished, MembersCounted),
    )

    assert (len(await items(house, counts)), len(await items(house, events))) == (2, 2)


async def so_many_wait(house: House, count: int) -> bool:
    return await house.waiting_for_a_turn() == count


async def test_what_was_kept_long_enough_is_let_go(house: House) -> None:
    agreement = await made(house)
    await house.hear(counted("national"))
    work = Work(settings=house.settings, cells=house.directory.cells, db=house.worker, stopping=asyncio.Event())
    before = await items(house, agreement)

    clock.move(timedelta(days=91))
    loop = asyncio.create_task(let_go_of_old_items(work))
    try:
        await eventually(lambda: nothing_is_kept(house))
    finally:
        clock.move(-timedelta(days=91))
        work.stopping.set()
        await loop

    assert (len(before), await items(house, agreement)) == (1, [])


async def nothing_is_kept(house: House) -> bool:
    async with house.worker.reading() as conn:
        return bool(await conn.fetchval("SELECT count(*) = 0 FROM stream_items"))


@pytest.mark.parametrize("limit", ["0", "201", "many"])
async def test_a_limit_out_of_bounds_is_refused(house: House, limit: str) -> None:
    agreement = await made(house)

    answer = await ask(house, agreement, limit=limit)

    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("limit: expected")
