"""A person's own list: newest first, page by page, read marks, nobody else's, and no hole in its positions."""

import asyncio
from uuid import UUID, uuid4

import httpx
import pytest
from notifications_house import House, a_registration, changed, published

from access.testing import Somebody
from events_contracts import RegistrationConfirmed, RegistrationWaitlisted
from notifications_service.tellings.actions import tell
from notifications_service.tellings.model import Kind, Telling
from servicekit.database.pool import WORKER, enter
from servicekit.testing import eventually

HERE = "/api/v1/cells/national/notifications"


async def somebody(house: House) -> Somebody:
    return await house.directory.person("national.midlands.rwp")


async def get(house: House, who: Somebody, path: str = HERE) -> httpx.Response:
    return await house.http.get(path, headers=who.bearer)


async def test_the_newest_comes_first_with_its_text(house: House) -> None:
    asha = await somebody(house)
    event = published()
    await house.hear(event)
    await house.hear(a_registration(RegistrationConfirmed, event, asha.person_id))
    await house.hear(changed(event, ["venue"], venue="Room 2"))

    answer = await get(house, asha)

    assert answer.status_code == 200
    newest, older = answer.json()["items"]
    assert (newest["kind"], newest["title"]) == ("event-changed", "Changed: Summit of operational managers")
    assert newest["text"] == (
        "Something you need to know about Summit of operational managers has changed.\n"
        "It takes place somewhere else.\n"
        "Where: Room 2 (was: Leeds Civic Hall, Room 1)\n"
        "When: Thursday 14 January 2027, 10:00 to 16:00, Europe/London time\n"
        "Held by: National\n"
        "Your registration code: 7KXQ4TPM"
    )
    assert older["text"].startswith("You have a place at Summit of operational managers.\n")
    assert "Leeds Civic Hall, Room 1" in older["text"]
    assert newest["event_url"] == f"https://guildhall.example/api/v1/cells/national/events/{event.event_id}"
    assert (newest["read"], newest["event_id"]) == (False, str(event.event_id))
    assert answer.json()["next"] is None


async def test_a_place_in_line_is_told_as_it_was(house: House) -> None:
    asha = await somebody(house)
    event = published()
    await house.hear(event)
    await house.hear(a_registration(RegistrationWaitlisted, event, asha.person_id, place_in_line=12))

    (item,) = (await get(house, asha)).json()["items"]

    assert "you are on the waiting list, number 12 in line." in item["text"]
    assert "7KXQ4TPM" not in item["text"]


async def test_an_item_whose_event_has_not_arrived_says_what_is_known(house: House) -> None:
    asha = await somebody(house)
    await house.hear(a_registration(RegistrationConfirmed, published(), asha.person_id))

    (item,) = (await get(house, asha)).json()["items"]

    assert item["title"] == "You have a place: an event"
    assert item["text"] == "You have a place at an event.\nYour registration code: 7KXQ4TPM"


async def test_pages_follow_each_other_without_gap_or_repeat_though_more_arrives(house: House) -> None:
    asha = await somebody(house)
    causes = [await confirmed(house, asha) for _ in range(5)]

    first = (await get(house, asha, f"{HERE}?limit=2")).json()
    await confirmed(house, asha)
    second = (await get(house, asha, f"{HERE}?limit=2&cursor={first['next']}")).json()
    third = (await get(house, asha, f"{HERE}?limit=2&cursor={second['next']}")).json()

    seen = [item["event_id"] for page in (first, second, third) for item in page["items"]]
    assert seen == [str(event_id) for event_id in reversed(causes)]
    assert third["next"] is None


async def confirmed(house: House, who: Somebody) -> UUID:
    event = published()
    await house.hear(event)
    await house.hear(a_registration(RegistrationConfirmed, event, who.person_id))
    return event.event_id


async def test_reading_is_noted_once_and_shown(house: House) -> None:
    asha = await somebody(house)
    await confirmed(house, asha)
    (item,) = (await get(house, asha)).json()["items"]

    first = await house.http.post(f"{item['url']}/read", headers=asha.bearer)
    (row,) = await house.rows(channel="in-app")
    again = await house.http.post(f"{item['url']}/read", headers=asha.bearer)

    assert (first.status_code, first.json()["read"]) == (200, True)
    assert again.json() == first.json()
    assert [r["read_at"] for r in await house.rows(channel="in-app")] == [row["read_at"]]
    assert (await get(house, asha)).json()["items"][0]["read"] is True


async def test_the_same_key_gives_the_same_answer_and_another_path_is_another_command(house: House) -> None:
    asha = await somebody(house)
    await confirmed(house, asha)
    (item,) = (await get(house, asha)).json()["items"]
    headers = asha.bearer | {"Idempotency-Key": "read-it"}

    first = await house.http.post(f"{item['url']}/read", headers=headers)
    again = await house.http.post(f"{item['url']}/read", headers=headers)

    assert again.headers["idempotent-replayed"] == "true"
    assert again.json() == first.json()


async def test_nobody_sees_or_marks_anothers_list_whatever_they_hold(house: House) -> None:
    asha = await somebody(house)
    lead = await house.directory.lead("national")
    await confirmed(house, asha)
    (item,) = (await get(house, asha)).json()["items"]

    seen = (await get(house, lead)).json()
    marked = await house.http.post(f"{item['url']}/read", headers=lead.bearer)

    assert seen == {"items": [], "next": None}
    assert marked.status_code == 404
    assert [row["read_at"] for row in await house.rows(channel="in-app")] == [None]


async def test_a_mail_is_no_item_of_the_list(house: House) -> None:
    asha = await somebody(house)
    await confirmed(house, asha)
    (mail,) = await house.rows(channel="email")

    marked = await house.http.post(f"{HERE}/{mail['id']}/read", headers=asha.bearer)

    assert marked.status_code == 404
    assert marked.json()["detail"] == "There is no such notification in your list."


async def test_each_cell_has_a_list_of_its_own(house: House) -> None:
    asha = await somebody(house)
    event = published(at="national.midlands")
    await house.hear(event, "national.midlands")
    await house.hear(a_registration(RegistrationConfirmed, event, asha.person_id), "national.midlands")
    (item,) = (await get(house, asha, "/api/v1/cells/midlands/notifications")).json()["items"]

    elsewhere = (await get(house, asha)).json()["items"]
    marked = await house.http.post(f"{HERE}/{item['id']}/read", headers=asha.bearer)

    assert elsewhere == []
    assert marked.status_code == 404


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/api/v1/cells/atlantis/notifications", 404, "There is nothing here"),
        (f"{HERE}?cursor=tampered", 422, "The cursor is damaged"),
        (f"{HERE}?colour=red", 422, 'unknown field "colour"'),
        (f"{HERE}?limit=0", 422, "limit: expected 1 or more"),
    ],
)
async def test_what_cannot_be_asked_is_refused_in_words(house: House, path: str, status: int, words: str) -> None:
    asha = await somebody(house)

    answer = await get(house, asha, path)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert words in answer.json()["detail"]


async def test_a_cursor_of_another_list_is_refused(house: House) -> None:
    asha = await somebody(house)
    for _ in range(2):
        await confirmed(house, asha)
    cursor = (await get(house, asha, f"{HERE}?limit=1")).json()["next"]

    answer = await get(house, asha, f"/api/v1/cells/midlands/notifications?cursor={cursor}")

    assert (answer.status_code, answer.json()["code"]) == (422, "bad-cursor")


async def test_who_is_not_signed_in_or_not_linked_has_no_list(house: House) -> None:
    stranger = house.directory.issuer.bearer("a-stranger")

    missing = await house.http.get(HERE)
    forged = await house.http.get(HERE, headers={"Authorization": stranger["Authorization"][:-8] + "AAAAAAAA"})
    not_linked = await house.http.get(HERE, headers=stranger)

    assert (missing.status_code, missing.json()["code"]) == (401, "token-missing")
    assert (forged.status_code, forged.json()["code"]) == (401, "token-damaged")
    assert (not_linked.status_code, not_linked.json()["code"]) == (403, "not-linked")


async def test_positions_have_no_gap_for_a_reader_whatever_order_transactions_commit_in(house: House) -> None:
    asha = await somebody(house)
    released = asyncio.Event()

    async def tell_and_wait(wait: bool) -> None:
        async with house.worker.transaction() as conn:
            await tell(conn, [a_telling(asha.person_id)])
            if wait:
                first_told.set()
                await released.wait()

    first_told = asyncio.Event()
    slow = asyncio.create_task(tell_and_wait(True))
    await first_told.wait()
    quick = [asyncio.create_task(tell_and_wait(False)) for _ in range(4)]
    await eventually(lambda: four_wait(house))
    nothing_yet = await house.rows(channel="in-app")
    released.set()
    await asyncio.gather(slow, *quick)

    assert nothing_yet == []
    assert sorted(row["position"] for row in await house.rows(channel="in-app")) == [1, 2, 3, 4, 5]


async def four_wait(house: House) -> bool:
    return await house.waiting_for_a_turn() == 4


async def test_a_rollback_takes_its_positions_back(house: House) -> None:
    asha = await somebody(house)
    async with house.worker.pool.acquire() as conn:
        transaction = conn.transaction()
        await transaction.start()
        await enter(conn, WORKER)
        await tell(conn, [a_telling(asha.person_id), a_telling(asha.person_id)])
        await transaction.rollback()

    async with house.worker.transaction() as conn:
        await tell(conn, [a_telling(asha.person_id), a_telling(asha.person_id)])

    assert sorted(row["position"] for row in await house.rows(channel="in-app")) == [1, 2]


async def test_people_told_in_any_order_by_many_at_once_do_not_lock_each_other_out(house: House) -> None:
    people = [uuid4() for _ in range(30)]

    async def tell_in(order: list[UUID]) -> None:
        async with house.worker.transaction() as conn:
            for start in range(0, len(order), 10):
                await tell(conn, [a_telling(person) for person in order[start : start + 10]])

    await asyncio.gather(*(tell_in(people[turn:] + people[:turn]) for turn in range(0, 30, 5)))

    rows = await house.rows(channel="in-app")
    assert {person: sorted(r["position"] for r in rows if r["person_id"] == person) for person in people} == {
        person: [1, 2, 3, 4, 5, 6] for person in people
    }


def a_telling(person_id: UUID) -> Telling:
    return Telling(
        cause=str(uuid4()),
        person_id=person_id,
        kind=Kind.REGISTRATION_CONFIRMED,
        event_id=UUID(int=1),
        cell="national",
        network="national",
    )
