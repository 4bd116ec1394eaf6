"""Whoever has moved on is told by the national deployment, once; whoever has not is told where they belong."""

from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest
from notifications_federation import MIDLANDS, Federation, mails
from notifications_house import House, a_registration, address_of, cancelled, changed, published

from events_contracts import EventPublished, RegistrationConfirmed, RegistrationPromoted
from events_contracts.registrations import RegistrationState
from notifications_contracts import TellingHandedOn
from notifications_service.handing_on import actions
from notifications_service.handing_on.model import UNKNOWN_HERE_AFTER
from notifications_service.handing_on.store import Waiting
from notifications_service.tellings.model import Kind, Notice
from servicekit import clock
from servicekit.database import Conn
from servicekit.ids import new_id

REGION = "national.midlands"
HANDED_ON = TellingHandedOn.type


async def hand_on(house: House, *, later: timedelta = timedelta(0), moved_on: actions.MovedOn | None = None) -> int:
    """What the region's loop does every second."""
    async with house.worker.transaction() as conn:
        if moved_on is None:
            return await actions.hand_on(conn, now=clock.now() + later)
        return await actions.hand_on(conn, now=clock.now() + later, moved_on=moved_on)


async def an_event(federation: Federation) -> EventPublished:
    event = published(at=REGION)
    await federation.hear(event, REGION)
    return event


async def registered(federation: Federation, person: UUID, event: EventPublished) -> RegistrationState:
    registration = a_registration(RegistrationConfirmed, event, person)
    await federation.hear(registration, REGION)
    return registration


async def settle(federation: Federation) -> None:
    """Everything that is due goes, and everything that was published arrives."""
    for house in (federation.region, federation.nation):
        await house.look()
        await house.send_all()
    await federation.carry()


async def test_whoever_moved_on_is_mailed_by_the_national_deployment_alone(federation: Federation) -> None:
    event = await an_event(federation)
    stays, mover = await federation.member(), await federation.member()
    for person in (stays, mover):
        await registered(federation, person, event)
    await settle(federation)
    before = len(federation.region.mail.accepted)
    await federation.moves(mover)

    cause = await federation.hear(cancelled(event), REGION)
    await settle(federation)
    left = await hand_on(federation.region)
    sent = await federation.carry()
    await settle(federation)

    here = {row["person_id"]: row for row in await mails(federation.region) if row["cause"] == str(cause)}
    there = {row["person_id"]: row for row in await mails(federation.nation)}
    assert (before, left, sent.count(HANDED_ON)) == (2, 1, 1)
    assert {person: row["state"] for person, row in here.items()} == {stays: "sent", mover: "handed-on"}
    assert {person: row["state"] for person, row in there.items()} == {mover: "sent"}
    assert (there[mover]["id"], there[mover]["cell"]) == (here[mover]["id"], "midlands")
    assert [mail.to for mail in federation.nation.mail.accepted] == [address_of(mover)]
    assert [mail.to for mail in federation.region.mail.accepted[before:]] == [address_of(stays)]


async def test_the_entry_in_the_list_stays_in_the_cell_of_the_cause(federation: Federation) -> None:
    event = await an_event(federation)
    mover = await federation.member()
    await registered(federation, mover, event)
    await federation.moves(mover)

    await federation.hear(cancelled(event), REGION)
    await hand_on(federation.region)
    await federation.carry()

    assert [row["kind"] for row in await federation.region.rows(channel="in-app", person_id=mover)] == [
        "registration-confirmed",
        "event-cancelled",
    ]
    assert await federation.nation.rows(channel="in-app") == []


async def test_that_they_were_told_is_said_on_the_cause_s_cell(federation: Federation) -> None:
    event = await an_event(federation)
    mover = await federation.member()
    await federation.moves(mover)
    await registered(federation, mover, event)
    await hand_on(federation.region)
    await federation.carry()

    await federation.nation.send_all()

    async with federation.nation.worker.reading() as conn:
        rows = await conn.fetch("SELECT topic, type FROM servicekit.outbox ORDER BY position")
    assert [(row["topic"], row["type"]) for row in rows] == [
        ("midlands.notifications", "guildhall.notifications.notification-told.v1")
    ]


async def whoever_has_no_address(conn: Conn, **_when: object) -> list[Waiting]:
    """The wrong rule: it does not look where they belong."""
    rows = await conn.fetch("SELECT id, cell FROM notifications WHERE state = 'waiting-for-address'")
    return [Waiting(**row) for row in rows]


@pytest.mark.parametrize("looks_where_they_belong", [True, False])
async def test_whose_profile_is_on_its_way_is_told_by_the_region(
    federation: Federation, looks_where_they_belong: bool
) -> None:
    """Without the look, a region that stands alone would tell its own newcomers only once the rest is back."""
    event = await an_event(federation)
    newcomer = await federation.member(profile=False)
    await registered(federation, newcomer, event)
    a_day = timedelta(days=1)

    left = await hand_on(
        federation.region, later=a_day, moved_on=None if looks_where_they_belong else whoever_has_no_address
    )
    await federation.region.profile(newcomer, address_of(newcomer), at=MIDLANDS)
    await federation.region.look()
    await federation.region.send_all()

    told = [mail.to for mail in federation.region.mail.accepted]
    assert (left, told) == ((0, [address_of(newcomer)]) if looks_where_they_belong else (1, []))


async def test_whoever_is_forgotten_first_is_handed_on_once_their_membership_ends(federation: Federation) -> None:
    """The tombstone and the end of the membership travel on two topics: either may come first."""
    event = await an_event(federation)
    mover = await federation.member()
    await federation.is_forgotten(mover, MIDLANDS)
    await registered(federation, mover, event)

    at_first = await hand_on(federation.region)
    await federation.leaves(mover)
    then = await hand_on(federation.region)

    assert (at_first, then) == (0, 1)


async def test_whoever_belongs_to_nothing_here_is_handed_on_after_a_while(federation: Federation) -> None:
    """Such as a lead of all regions who belongs to another: their profile never comes here."""
    event = await an_event(federation)
    londoner = await federation.member("national.london")
    await registered(federation, londoner, event)

    at_first = await hand_on(federation.region, later=UNKNOWN_HERE_AFTER - timedelta(minutes=1))
    then = await hand_on(federation.region, later=UNKNOWN_HERE_AFTER + timedelta(minutes=1))
    await federation.carry()
    await federation.nation.send_all()

    assert (at_first, then) == (0, 1)
    assert [mail.to for mail in federation.nation.mail.accepted] == [address_of(londoner)]


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


async def test_what_a_lead_said_to_members_does_not_follow_them(federation: Federation) -> None:
    """No signal holds its words; whoever left before the mail did reads it in that cell's list."""
    mover = await federation.member()
    await federation.moves(mover)
    async with federation.region.worker.transaction() as conn:
        notice = Notice(
            cause="announcement:1", kind=Kind.ANNOUNCEMENT, event_id=None, cell="midlands", network=MIDLANDS
        )
        await _queued(conn, notice, mover)

    left = await hand_on(federation.region)

    (row,) = await mails(federation.region)
    assert (left, row["state"], row["failure"]) == (0, "suppressed", "no longer a member")
    assert await federation.carry() == []


async def _queued(conn: Conn, notice: Notice, person: UUID) -> None:
    await conn.execute(
        """
        INSERT INTO notifications (id, cause, person_id, channel, kind, cell, network, state, priority, created_at)
        VALUES ($1, $2, $3, 'email', $4, $5, $6, 'waiting-for-address', 9, $7)
        """,
        new_id(),
        notice.cause,
        person,
        notice.kind.value,
        notice.cell,
        notice.network,
        clock.now(),
    )


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
