"""Partners that were given something about somebody are told that they are erased, and say that they have heard it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import orjson
import pytest
from notifications_house import House, a_registration, published
from notifications_partner import ask, items, made
from notifications_webhooks import deliveries, running_receiver, send, states, subscribed

from events_contracts import EventPublished, RegistrationConfirmed
from membership_contracts import AgreementMade, ConsentGiven, PersonErased
from notifications_service.erasures import store
from servicekit import clock
from servicekit.ids import new_id

REGISTERED, ERASED = RegistrationConfirmed.type, PersonErased.type
BY_NAME, BY_ITEMS = ["person_id", "event_id", "status"], ["event_id", "status"]


async def agreed(house: House, fields: Sequence[str] = BY_NAME) -> AgreementMade:
    return await made(house, {REGISTERED: fields, EventPublished.type: ["title"]}, consent_needed=[REGISTERED])


async def consent(house: House, agreement: AgreementMade, person_id: UUID, *, version: int = 1) -> None:
    given = ConsentGiven(
        version=version, person_id=person_id, agreement_id=agreement.agreement_id, given=True, at=clock.now()
    )
    await house.hear(given)


async def registered(house: House, person_id: UUID) -> UUID:
    return await house.hear(a_registration(RegistrationConfirmed, published(), person_id))


async def known_to(house: House, agreement: AgreementMade) -> tuple[UUID, UUID]:
    """Somebody about whom this partner was given one item; their id, and the item's."""
    person_id = await house.person()
    await consent(house, agreement, person_id)
    return person_id, await registered(house, person_id)


async def erase(house: House, person_id: UUID, *, version: int = 1, erasure_id: UUID | None = None) -> UUID:
    """On two cells, as membership tells it on all."""
    erasure_id = erasure_id or new_id()
    for network in ("national", "national.midlands"):
        erased = PersonErased(version=version, erasure_id=erasure_id, person_id=person_id, at=clock.now())
        await house.hear(erased, network)
    return erasure_id


async def receipts(house: House, role: str = "privacy-officer", at: str = "national", **query: Any) -> Any:
    officer = await house.directory.lead(at, role=role)
    answer = await house.http.get("/api/v1/cells/national/disclosures", params=query, headers=officer.bearer)
    return answer.json()["items"] if answer.status_code == 200 else answer.status_code


async def test_a_partner_finds_it_in_its_feed_and_nothing_of_what_came_before(house: House) -> None:
    agreement = await agreed(house)
    person_id, _ = await known_to(house, agreement)

    erasure_id = await erase(house, person_id)
    await erase(house, person_id, version=2, erasure_id=erasure_id)

    before, told = await items(house, agreement)
    assert (before["position"], before["data"], before["whole"]) == (1, {}, False)
    assert (told["position"], told["type"], told["data"]) == (2, ERASED, {"person_id": str(person_id)})
    assert told["whole"]


async def test_who_never_learnt_the_persons_id_is_told_by_the_items_own(house: House) -> None:
    agreement = await agreed(house, BY_ITEMS)
    person_id, item_id = await known_to(house, agreement)

    await erase(house, person_id)

    _, told = await items(house, agreement)
    assert told["data"] == {"ids": [str(item_id)]}


async def test_a_partner_that_was_given_nothing_about_them_is_told_nothing(house: House) -> None:
    agreement, other = await agreed(house), await agreed(house)
    person_id, _ = await known_to(house, agreement)

    await erase(house, person_id)

    assert await items(house, other) == []


async def test_without_a_note_of_what_was_given_no_partner_is_told(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the others."""

    async def note_nothing(*_args: Any, **_named: Any) -> None: ...

    monkeypatch.setattr(store, "note_disclosed", note_nothing)
    agreement = await agreed(house)
    person_id, _ = await known_to(house, agreement)

    await erase(house, person_id)

    assert [item["type"] for item in await items(house, agreement)] == [REGISTERED]


async def test_a_webhook_tells_it_whatever_is_filtered_and_its_2xx_is_the_receipt(house: House) -> None:
    agreement = await agreed(house)
    person_id, _ = await known_to(house, agreement)
    async with running_receiver(house) as receiver:
        subscription = await subscribed(house, agreement, receiver.url, types=[EventPublished.type])
        erasure_id = await erase(house, person_id)
        (waiting,) = await receipts(house, erasure=str(erasure_id))
        receiver.answers.append("500")
        await send(house)
        (failed,) = await receipts(house, erasure=str(erasure_id))
        async with house.worker.transaction() as conn:
            await conn.execute("UPDATE webhook_deliveries SET next_attempt_at = now() - interval '1 second'")
        await send(house)
        (received,) = await receipts(house, erasure=str(erasure_id))

    assert (waiting["acknowledged_at"], failed["acknowledged_at"]) == (None, None)
    assert received["acknowledged_by"] == "webhook"
    assert (received["agreement_id"], received["body"]) == (str(agreement.agreement_id), "NHS Providers")
    body = orjson.loads(receiver.received[-1].body)
    assert (body["type"], body["data"]) == (ERASED, {"person_id": str(person_id)})
    assert await states(house, subscription) == ["delivered"]


async def test_reading_on_from_behind_it_is_the_receipt_of_a_feed(house: House) -> None:
    agreement = await agreed(house)
    person_id, _ = await known_to(house, agreement)
    await erase(house, person_id)

    first = (await ask(house, agreement)).json()
    (shown,) = await receipts(house)
    assert shown["acknowledged_at"] is None, "it may have been lost on the way"
    await ask(house, agreement, after=first["next"])

    (acknowledged,) = await receipts(house)
    assert acknowledged["acknowledged_by"] == "feed"


async def test_only_privacy_officers_in_scope_read_who_was_told(house: House) -> None:
    agreement = await agreed(house)
    person_id, _ = await known_to(house, agreement)
    await erase(house, person_id)

    assert len(await receipts(house)) == 1
    assert await receipts(house, role="lead") == 403
    assert await receipts(house, at="national.midlands") == 404
    assert await receipts(house, erasure=str(new_id())) == []


async def test_what_a_partners_server_answered_about_them_is_gone_from_the_log(house: House) -> None:
    agreement = await agreed(house)
    person_id = await house.person()
    await consent(house, agreement, person_id)
    async with running_receiver(house) as receiver:
        subscription = await subscribed(house, agreement, receiver.url)
        await registered(house, person_id)
        receiver.answers.append("200 body: Canarina Kanarienvogel was here")
        await send(house)
        (logged,) = await deliveries(house, subscription)
        assert "Kanarienvogel" in str(logged["attempts"])
        await erase(house, person_id)

    assert "Kanarienvogel" not in str(await deliveries(house, subscription))


async def test_nothing_that_is_told_or_consented_to_later_reaches_a_partner(house: House) -> None:
    agreement = await agreed(house)
    person_id, _ = await known_to(house, agreement)
    await erase(house, person_id)

    await consent(house, agreement, person_id, version=9)
    await registered(house, person_id)

    assert [item["position"] for item in await items(house, agreement)] == [1, 2]
