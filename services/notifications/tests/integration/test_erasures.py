"""Somebody is erased: nothing is sent to them any more, nothing of theirs is kept, and nothing brings them back."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

import pytest
from notifications_house import House, a_registration, published
from notifications_links import ONE_CLICK, announced, unsubscribe_path
from notifications_streams import Served

from events_contracts import EventPublished, RegistrationConfirmed, RegistrationPromoted
from membership_contracts import PersonErased
from notifications_contracts import ErasureCarriedOut
from notifications_service.consumers import NOTIFICATIONS
from notifications_service.held import HELD
from notifications_service.people import handlers as people
from notifications_service.tellings import actions as tellings
from servicekit import clock
from servicekit.consumers.apply import Applier
from servicekit.consumers.delivery import Record
from servicekit.contract import FACTS
from servicekit.ids import new_id
from servicekit.subjects.again import look_again
from servicekit.testing import eventually, signals_published
from servicekit.testing.canaries import found_in_tables

ADDRESS, GIVEN, FAMILY = "canarina@kanarienvogel.example", "Canarina", "Kanarienvogel"
PATHS = ("national", "national.midlands", "national.london")


async def erase(house: House, person_id: UUID, *paths: str, version: int = 1, erasure_id: UUID | None = None) -> UUID:
    """As membership tells it, on the cells of these networks; on all where none is named."""
    erasure_id = erasure_id or new_id()
    for path in paths or PATHS:
        await house.hear(
            PersonErased(version=version, erasure_id=erasure_id, person_id=person_id, at=clock.now()), path
        )
    return erasure_id


async def canary(house: House) -> UUID:
    """Somebody whose name and address are known from two cells."""
    person_id = await house.person("national.midlands.rwp", address="")
    for path in ("national.midlands", "national.london"):
        await house.profile(person_id, ADDRESS, at=path, given_name=GIVEN, family_name=FAMILY)
    return person_id


async def found(house: House) -> list[str]:
    return await found_in_tables(house.database.admin, ADDRESS, GIVEN, FAMILY)


async def test_names_addresses_and_letters_are_in_no_table_any_more(house: House, event: EventPublished) -> None:
    person_id = await canary(house)
    await house.hear(a_registration(RegistrationConfirmed, event, person_id))
    await house.send_all()
    assert {"projection_a.people", "public.letters"} <= set(await found(house))

    await erase(house, person_id)

    assert await found(house) == []
    assert await house.rows(channel="in-app") == []
    (mail,) = await house.rows(channel="email")
    assert (mail["state"], mail["registration_id"], mail["message_id"]) == ("sent", None, None)


async def test_a_queued_mail_ends_as_suppressed_and_is_never_sent(house: House, event: EventPublished) -> None:
    person_id = await canary(house)
    await house.hear(a_registration(RegistrationConfirmed, event, person_id))

    await erase(house, person_id)
    await house.send_all()
    await house.look()

    (mail,) = await house.rows(channel="email")
    assert (mail["state"], mail["failure"]) == ("suppressed", "erased")
    assert house.mail.accepted == []


async def test_each_cell_is_answered_by_the_deployment_that_serves_it(house: House) -> None:
    house.serves = lambda cell: cell == "midlands"
    person_id = await canary(house)

    erasure_id = await erase(house, person_id)
    await erase(house, person_id, version=2, erasure_id=erasure_id)

    async with house.worker.reading() as conn:
        receipts = await signals_published(conn, ErasureCarriedOut.type)
        topics = await conn.fetch("SELECT topic FROM servicekit.outbox WHERE type = $1", ErasureCarriedOut.type)
    assert [(one["erasure_id"], one["version"]) for one in receipts] == [(str(erasure_id), 1), (str(erasure_id), 2)]
    assert {row["topic"] for row in topics} == {"midlands.notifications"}
    assert await found(house) == []


async def test_what_is_told_late_is_told_and_kept_of_nobody(house: House, event: EventPublished) -> None:
    person_id = await canary(house)
    await erase(house, person_id, "national.midlands")

    await house.profile(person_id, ADDRESS, at="national.london", version=9, given_name=GIVEN, family_name=FAMILY)
    await house.hear(a_registration(RegistrationPromoted, event, person_id))

    assert await found(house) == []
    assert await house.rows() == []
    async with house.worker.reading() as conn:
        assert await conn.fetchval("SELECT count(*) FROM registrations") == 0


async def test_without_the_list_of_who_is_erased_a_late_profile_is_found(
    house: House, event: EventPublished, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the one before."""

    async def nobody(_conn: Any, _people: Any) -> set[UUID]:
        return set()

    person_id = await canary(house)
    await erase(house, person_id, "national.midlands")
    for room in (people, tellings):
        monkeypatch.setattr(room, "erased", nobody)

    await house.profile(person_id, ADDRESS, at="national.london", version=9, given_name=GIVEN, family_name=FAMILY)
    await house.hear(a_registration(RegistrationPromoted, event, person_id))

    assert await found(house) == ["projection_a.people"]
    assert len(await house.rows()) == 2


async def test_what_people_want_and_what_came_back_is_forgotten_and_old_links_do_nothing(house: House) -> None:
    person_id = await house.person("national", address=ADDRESS, given_name=GIVEN, family_name=FAMILY)
    await house.hear(published())
    mail = await announced(house, ADDRESS)
    link = unsubscribe_path(mail)
    assert (await house.http.post(link, data=ONE_CLICK)).status_code == 200
    async with house.worker.reading() as conn:
        assert await conn.fetchval("SELECT count(*) FROM preferences") == 1

    await erase(house, person_id)
    again = await house.http.post(link, data=ONE_CLICK)

    assert again.status_code == 404
    async with house.worker.reading() as conn:
        for table in ("preferences", "addresses", "bounces", "consents", "reports", "letters", "people"):
            assert await conn.fetchval(f"SELECT count(*) FROM {table}") == 0, table
        assert await conn.fetchval("SELECT count(*) FROM servicekit.idempotency_keys") == 0


async def test_an_open_stream_ends(house: House, live: Served, event: EventPublished) -> None:
    somebody = await house.directory.person("national.midlands.rwp")
    live.app.state.live.links_seconds = 0.05
    async with live.stream(somebody.bearer) as reader:
        await erase(house, somebody.person_id)
        await eventually(reader.is_over)


async def test_a_mail_that_a_sender_had_in_hand_is_written_down_no_longer_than_a_moment(
    house: House, event: EventPublished
) -> None:
    person_id = await canary(house)
    await house.hear(a_registration(RegistrationConfirmed, event, person_id))
    postman = house.postman()
    ready = await postman.claim()

    await erase(house, person_id)
    await postman.settle(await postman.hand_over(ready))
    await postman.carrier.close()
    await look_again(house.worker, HELD, now=clock.now())

    assert await found(house) == []
    (mail,) = await house.rows(channel="email")
    assert (mail["state"], mail["message_id"]) == ("sent", None)


async def test_everything_that_is_held_is_shown_to_the_person_and_to_privacy_officers(
    house: House, event: EventPublished
) -> None:
    somebody = await house.directory.person("national.midlands.rwp")
    await house.profile(somebody.person_id, ADDRESS, at="national.midlands", given_name=GIVEN, family_name=FAMILY)
    await house.hear(a_registration(RegistrationConfirmed, event, somebody.person_id))
    await house.send_all()
    officer = await house.directory.lead("national", role="privacy-officer")
    lead = await house.directory.lead("national.london")
    address = "/api/v1/cells/midlands/notifications/held"

    own = await house.http.get(address, headers=somebody.bearer, params={"limit": 200})
    by_officer = await house.http.get(f"{address}/{somebody.person_id}", headers=officer.bearer, params={"limit": 200})
    by_lead = await house.http.get(f"{address}/{somebody.person_id}", headers=lead.bearer)

    assert own.status_code == by_officer.status_code == 200, own.text
    assert own.json() == by_officer.json()
    assert by_lead.status_code == 404
    tables = {row["table"] for row in own.json()["items"]}
    assert {"people", "letters", "notifications", "registrations", "access_memberships"} <= tables
    assert {GIVEN, FAMILY, ADDRESS} <= {
        value["value"] for row in own.json()["items"] for value in row["columns"].values() if value["tag"] == "personal"
    }


@pytest.mark.parametrize("order", [list, reversed])
async def test_a_rebuild_from_the_first_offset_shows_nothing_in_whichever_order_topics_are_read(
    house: House, event: EventPublished, order: Callable[[list[Record]], Iterable[Record]]
) -> None:
    """Into a database that knows of no erasure yet, as after a loss."""
    person_id = await canary(house)
    await house.hear(a_registration(RegistrationConfirmed, event, person_id))
    await erase(house, person_id)
    async with house.worker.transaction() as conn:
        await conn.execute("DELETE FROM servicekit.erased_people")

    idle = "access_a, grants_a, projection_b, public"
    applier = Applier(consumer=NOTIFICATIONS, db=house.worker, epoch=2, schemas=idle, rebuilding=True)
    for record in order(house.log):
        publisher, stream = [*record.topic.split(".")[1:], FACTS][:2]
        if (publisher, stream) in NOTIFICATIONS.streams:
            await applier.apply([record])

    assert await found(house) == []
    async with house.worker.reading() as conn:
        assert await conn.fetchval("SELECT count(*) FROM projection_b.gatherings") == 1
        assert await conn.fetchval("SELECT count(*) FROM projection_b.registrations") == 0
