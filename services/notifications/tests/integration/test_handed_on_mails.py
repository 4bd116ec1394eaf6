"""What a region has handed on is mailed by the national deployment, once, and as it stands by then."""

from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest
from notifications_federation import REGION, Federation, an_event, hand_on, mails, registered, settle
from notifications_house import House, a_registration, address_of, cancelled, changed

from events_contracts import RegistrationPromoted
from notifications_contracts import TellingHandedOn
from servicekit import clock
from servicekit.ids import new_id


async def handed_on(federation: Federation, person: UUID, **given: object) -> TellingHandedOn:
    """As a region would say it, of an event that everybody knows."""
    event = await an_event(federation)
    state = {
        "version": 1,
        "notification_id": new_id(),
        "person_id": person,
        "cause": str(new_id()),
        "kind": "event-cancelled",
        "cell": "midlands",
        "event_id": event.event_id,
        "handed_on_at": clock.now(),
    }
    return TellingHandedOn.model_validate(state | given)


@pytest.mark.parametrize("ledger_stands", [True, False])
async def test_what_is_handed_on_twice_is_mailed_once(federation: Federation, ledger_stands: bool) -> None:
    """A region whose database is founded anew may hand on again, under ids of its own: the ledger knows the cause."""
    person = await federation.member("national.london")
    first = await handed_on(federation, person)
    again = first.model_copy(update={"notification_id": new_id()})
    if not ledger_stands:
        await _without_the_ledger(federation.nation)

    for signal in (first, again):
        await federation.hear(signal, "national")
        await federation.nation.send_all()

    assert len(federation.nation.mail.accepted) == (1 if ledger_stands else 2)


async def _without_the_ledger(house: House) -> None:
    owner = await asyncpg.connect(house.database.owner)
    await owner.execute("ALTER TABLE notifications DROP CONSTRAINT told_once")
    await owner.close()


async def test_no_region_mails_what_another_hands_on(federation: Federation) -> None:
    """All read the national cell, and one serves it."""
    person = await federation.member("national.london")

    await federation.hear(await handed_on(federation, person, cell="london"), "national")

    assert await federation.region.rows(channel="email") == []
    assert [row["state"] for row in await mails(federation.nation)] == ["queued"]


async def test_a_mail_waits_for_what_it_speaks_of(federation: Federation) -> None:
    """What is handed on travels on another topic than the event: it may be there first."""
    mover = await federation.member()
    event = await an_event(federation)
    place = await registered(federation, mover, event)
    await settle(federation)
    await federation.moves(mover)
    moved = changed(event, ["venue"], venue="Concert Hall, Birmingham")
    promoted = a_registration(
        RegistrationPromoted, event, mover, registration_id=place.registration_id, version=2, code="9PROMOTD"
    )
    ahead = Federation(federation.region, federation.region, federation.reads, federation.cells)
    for signal in (moved, promoted):
        await ahead.hear(signal, REGION)
    await hand_on(federation.region)
    await federation.carry()

    await federation.nation.send_all()
    too_early = len(federation.nation.mail.accepted)
    for signal in (moved, promoted):
        await federation.nation.hear(signal, REGION)
    await federation.nation.send_all()

    told = {mail.mail["X-Guildhall-Kind"]: mail.part("plain") for mail in federation.nation.mail.accepted}
    assert too_early == 0
    assert "Concert Hall, Birmingham" in told["event-changed"]
    assert "9PROMOTD" in told["registration-promoted"]


async def test_a_mail_in_doubt_goes_once_more_under_its_own_name(federation: Federation) -> None:
    """The region handed it over, no answer came, and then the person moved on."""
    mover = await federation.member()
    event = await an_event(federation)
    await registered(federation, mover, event)
    await settle(federation)
    federation.region.mail.refusals[address_of(mover)] = ["DATA drop"]
    await federation.hear(cancelled(event), REGION)
    await federation.region.postman().round()
    (doubtful,) = await federation.region.rows(channel="email", kind="event-cancelled")
    await federation.moves(mover)
    await federation.region.send_all()
    federation.nation.mail.refusals[address_of(mover)] = ["DATA drop"]

    await hand_on(federation.region)
    await federation.carry()
    await federation.nation.send_all()

    (row,) = await mails(federation.nation)
    assert (row["message_id"], row["state"]) == (doubtful["message_id"], "unknown")


async def test_what_they_do_not_want_any_more_is_mailed_by_nobody(federation: Federation) -> None:
    person = await federation.member("national.london")
    nation = federation.nation
    async with nation.worker.transaction() as conn:
        await conn.execute(
            """
            INSERT INTO preferences (person_id, kind, channel, network_id, version, wanted, changed_at)
            VALUES ($1, 'event-announced', 'email', NULL, 1, false, now())
            """,
            person,
        )

    await federation.hear(await handed_on(federation, person, kind="event-announced"), "national")
    await nation.send_all()

    assert [(row["state"], row["failure"]) for row in await mails(nation)] == [("suppressed", "switched off")]


async def test_a_new_national_database_mails_nothing_of_before(federation: Federation) -> None:
    person = await federation.member("national.london")
    nation = federation.nation
    nation.tell_from = clock.now() + timedelta(hours=1)

    await federation.hear(await handed_on(federation, person), "national")
    await nation.send_all()

    assert [row["state"] for row in await mails(nation)] == ["before-start"]


async def test_a_kind_of_a_later_release_waits_and_holds_nobody_up(federation: Federation) -> None:
    one, other = await federation.member("national.london"), await federation.member("national.london")

    strange = await handed_on(federation, one, kind="birthday")
    await federation.hear(strange, "national")
    await federation.hear(await handed_on(federation, other), "national")

    async with federation.nation.worker.reading() as conn:
        parked = await conn.fetch("SELECT subject, cause FROM servicekit.parked")
    assert [row["subject"] for row in parked] == [str(strange.notification_id)]
    assert "birthday" in parked[0]["cause"]
    assert [row["person_id"] for row in await mails(federation.nation)] == [other]
