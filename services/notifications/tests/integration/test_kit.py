"""The partners' kit follows a stream, and from its manifests finds and heals a gap by itself."""

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from notifications_house import House, a_registration, ended, published
from notifications_kit import close_days, healed, hear, pulled, served
from notifications_partner import made
from notifications_webhooks import running_receiver, send, subscribed

from events_contracts import RegistrationConfirmed
from guildhall_kit import Healed, NotGiven, Store, Webhooks
from membership_contracts import ConsentGiven, ConsentWithdrawn
from notifications_service.streams import store as streams
from servicekit import clock


async def test_the_kit_follows_a_stream_and_goes_on_where_it_stopped(house: House, tmp_path: Path) -> None:
    agreement = await made(house)
    await hear(house, 3)
    kept = Store(tmp_path / "partner.sqlite")
    async with served(house) as url:
        first = await pulled(house, url, agreement, kept)
        kept.close()
        kept = Store(tmp_path / "partner.sqlite")
        await hear(house, 2)
        second = await pulled(house, url, agreement, kept)
        third = await pulled(house, url, agreement, kept)

    assert (first, second, third) == (3, 2, 0)
    assert [signal.position for signal in kept.signals(str(agreement.agreement_id))] == [1, 2, 3, 4, 5]


async def test_the_kit_finds_a_gap_by_itself_and_heals_it(house: House, tmp_path: Path) -> None:
    agreement = await made(house)
    await hear(house, 5)
    await close_days(house)
    file = tmp_path / "partner.sqlite"
    kept = Store(file)
    async with served(house) as url:
        await pulled(house, url, agreement, kept)
        whole = list(kept.signals(str(agreement.agreement_id)))
        lose(file, "DELETE FROM signals WHERE position IN (2, 4)")
        found = await healed(house, url, agreement, kept)
        again = await healed(house, url, agreement, kept)

    assert (found.days, found.found, found.lost) == (1, [2, 4], [])
    assert list(kept.signals(str(agreement.agreement_id))) == whole
    assert again == Healed()


async def test_the_kit_mends_what_was_changed_in_its_store(house: House, tmp_path: Path) -> None:
    agreement = await made(house)
    await hear(house, 3)
    await close_days(house)
    file = tmp_path / "partner.sqlite"
    kept = Store(file)
    async with served(house) as url:
        await pulled(house, url, agreement, kept)
        lose(file, "UPDATE signals SET sha256 = 'another' WHERE position = 2")
        found = await healed(house, url, agreement, kept)

    assert found.found == [2]


async def test_the_kit_heals_what_a_filtered_and_broken_webhook_left_out(house: House) -> None:
    agreement = await made(house)
    kept = Store()
    async with running_receiver(house) as receiver, served(house) as url:
        subscription = await subscribed(house, agreement, receiver.url)
        await hear(house, 4)
        await send(house)
        webhooks = Webhooks([subscription["secret"]])
        for one in receiver.received[:2]:  # which two is chance: deliveries go out side by side
            webhooks.receive(one.headers, one.body, kept)
        arrived = {signal.position for signal in kept.signals(str(agreement.agreement_id))}
        await close_days(house)
        found = await healed(house, url, agreement, kept)

    assert len(arrived) == 2
    assert found.found == sorted({1, 2, 3, 4} - arrived)
    assert [signal.position for signal in kept.signals(str(agreement.agreement_id))] == [1, 2, 3, 4]


async def test_without_a_manifest_a_gap_is_not_noticed(house: House, tmp_path: Path) -> None:
    agreement = await made(house)
    await hear(house, 3)
    file = tmp_path / "partner.sqlite"
    kept = Store(file)
    async with served(house) as url:
        await pulled(house, url, agreement, kept)
        lose(file, "DELETE FROM signals WHERE position = 2")
        found = await healed(house, url, agreement, kept)
        await pulled(house, url, agreement, kept)

    assert found == Healed()
    assert [signal.position for signal in kept.signals(str(agreement.agreement_id))] == [1, 3]


def lose(file: Path, statement: str) -> None:
    with sqlite3.connect(file) as db:
        db.execute(statement)


async def test_what_was_taken_back_still_agrees_with_its_manifest_and_heals_to_nothing(house: House) -> None:
    fields = {RegistrationConfirmed.type: ["person_id", "event_id"]}
    agreement = await made(house, fields, consent_needed=[RegistrationConfirmed.type])
    person = await house.person()
    word = {"person_id": person, "agreement_id": agreement.agreement_id, "at": clock.now()}
    await house.hear(ConsentGiven(version=1, given=True, **word))
    await house.hear(a_registration(RegistrationConfirmed, published(), person))
    await close_days(house)
    await house.hear(ConsentWithdrawn(version=2, given=False, **word))
    kept = Store()
    async with served(house) as url:
        found = await healed(house, url, agreement, kept)

    (signal,) = kept.signals(str(agreement.agreement_id))
    assert (found.days, found.found) == (1, [1])
    assert (signal.data, signal.salt, signal.whole, signal.position) == ({}, "", False, 1)


async def test_days_whose_signals_are_no_longer_kept_are_said_to_be_lost(house: House) -> None:
    agreement = await made(house)
    await hear(house, 2)
    await close_days(house)
    async with house.worker.transaction() as conn:
        await streams.forget(conn, before=clock.now() + timedelta(seconds=1))
    kept = Store()
    async with served(house) as url:
        found = await healed(house, url, agreement, kept)

    assert (found.days, found.lost) == (0, [str(clock.today())])


async def test_a_refusal_reaches_the_kits_user_with_its_code(house: House) -> None:
    agreement = await made(house)
    await house.hear(ended(agreement, on=clock.today() - timedelta(days=1)))
    async with served(house) as url:
        with pytest.raises(NotGiven, match="This agreement ended on") as refusal:
            await pulled(house, url, agreement, Store())

    assert (refusal.value.status, refusal.value.code) == (410, "agreement-ended")
