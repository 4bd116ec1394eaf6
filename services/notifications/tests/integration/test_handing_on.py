"""Whoever has moved on is handed on to the national deployment; whoever has not is told where they belong."""

from datetime import timedelta
from uuid import UUID

import pytest
from notifications_federation import MIDLANDS, REGION, Federation, an_event, hand_on, mails, registered, settle
from notifications_house import address_of, cancelled

from notifications_contracts import TellingHandedOn
from notifications_service.handing_on.model import UNKNOWN_HERE_AFTER
from notifications_service.handing_on.store import Waiting
from notifications_service.tellings.model import Kind, Notice
from servicekit import clock
from servicekit.database import Conn
from servicekit.ids import new_id

HANDED_ON = TellingHandedOn.type


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
