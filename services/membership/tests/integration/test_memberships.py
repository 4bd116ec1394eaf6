"""Memberships begun, ended, moved and described: what stands, what is said where, and what is refused."""

import asyncio
from datetime import date, timedelta

import pytest
from membership_house import LONG_AGO, House

from membership_service.grants import store as grants
from membership_service.memberships import actions, store
from membership_service.memberships.model import AlreadyMember, AlreadyThere, DatesOutOfOrder, MembershipEnded
from membership_service.networks.model import NetworkNotOpen, network_id
from servicekit import clock
from servicekit.ids import new_id

TODAY = clock.today()
TOMORROW = TODAY + timedelta(days=1)


async def test_the_first_membership_is_main_and_told_on_its_cell(house: House) -> None:
    person, membership = await house.member("RWP")

    [told] = await house.published("membership-started")
    assert (told["topic"], told["key"]) == ("midlands.membership", str(person.id))
    assert told["data"] == {
        "version": 1,
        "membership_id": str(membership.id),
        "person_id": str(person.id),
        "network_id": str(network_id("RWP")),
        "main": True,
        "since": "2020-01-01",
        "until": None,
        "job_role": "service-manager",
        "sector": "acute",
        "organisation": "RWP",
        "described_from": "2020-01-01",
    }


async def test_a_second_membership_is_not_main(house: House) -> None:
    person, _ = await house.member("RWP")

    second = await house.begin(person, "RJ1")

    assert second.main is False
    assert (await house.published("membership-started"))[-1]["topic"] == "london.membership"


async def test_the_second_can_be_made_main_and_the_first_gives_way(house: House) -> None:
    person, first = await house.member("RWP")
    second = await house.begin(person, "RJ1")

    async with house.worker.transaction() as conn:
        await actions.make_main(conn, second.id, now=clock.now())

    told = await house.published("membership-changed")
    assert [(s["topic"], s["data"]["main"]) for s in told] == [
        ("midlands.membership", False),
        ("london.membership", True),
    ]
    async with house.worker.reading() as conn:
        assert [m.main for m in await store.of_person(conn, person.id)] == [False, True]
        assert (await store.get(conn, first.id)).version == 2


async def test_a_membership_can_begin_as_main_in_place_of_another(house: House) -> None:
    person, first = await house.member("RWP")

    second = await house.begin(person, "RJ1", main=True)

    async with house.worker.reading() as conn:
        assert [(await store.get(conn, m.id)).main for m in (first, second)] == [False, True]


async def test_nobody_is_a_member_of_one_network_twice(house: House) -> None:
    person, _ = await house.member("RWP")

    with pytest.raises(AlreadyMember, match="since 2020-01-01"):
        await house.begin(person, "RWP", since=date(2024, 1, 1))


async def test_a_member_who_left_may_come_back(house: House) -> None:
    person, membership = await house.member("RWP")
    async with house.worker.transaction() as conn:
        await actions.end(conn, membership.id, on=date(2023, 12, 31), now=clock.now())

    again = await house.begin(person, "RWP", since=date(2024, 1, 1))

    assert again.main


async def test_days_out_of_order_are_refused(house: House) -> None:
    person, membership = await house.member("RWP")

    with pytest.raises(DatesOutOfOrder, match="before it begins"):
        await house.begin(person, "RJ1", since=date(2024, 1, 2), until=date(2024, 1, 1))
    with pytest.raises(DatesOutOfOrder, match="It began on 2020-01-01"):
        async with house.worker.transaction() as conn:
            await actions.end(conn, membership.id, on=date(2019, 12, 31), now=clock.now())
    assert len(await house.published("membership-%")) == 1


async def test_nobody_is_a_member_before_the_network_began(house: House) -> None:
    person = await house.guest()

    with pytest.raises(NetworkNotOpen, match=r"North London .* began on 2024-11-01"):
        await house.begin(person, "G6V2S", since=date(2024, 10, 31))


async def test_an_ended_membership_cannot_end_again(house: House) -> None:
    _, membership = await house.member("RWP")
    async with house.worker.transaction() as conn:
        await actions.end(conn, membership.id, on=TODAY, now=clock.now())

    with pytest.raises(MembershipEnded, match=str(TODAY)):
        async with house.worker.transaction() as conn:
            await actions.end(conn, membership.id, on=TODAY, now=clock.now())
    assert len(await house.published("membership-ended")) == 1


async def test_when_the_main_membership_ends_another_becomes_it(house: House) -> None:
    person, first = await house.member("RWP")
    await house.begin(person, "RJ1")

    async with house.worker.transaction() as conn:
        ended = await actions.end(conn, first.id, on=TODAY, now=clock.now())

    assert ended.main is False
    [changed] = await house.published("membership-changed")
    assert (changed["topic"], changed["data"]["main"]) == ("london.membership", True)


async def test_a_move_ends_the_day_before_and_begins_on_the_day(house: House) -> None:
    person, membership = await house.member("RWP")

    async with house.worker.transaction() as conn:
        begun = await actions.move(
            conn, membership.id, new_id(), to=network_id("RJ1"), on=date(2026, 4, 1), now=clock.now()
        )

    [ended] = await house.published("membership-ended")
    assert (ended["topic"], ended["data"]["until"]) == ("midlands.membership", "2026-03-31")
    started = (await house.published("membership-started"))[-1]
    assert (started["topic"], started["data"]["since"]) == ("london.membership", "2026-04-01")
    assert started["key"] == ended["key"] == str(person.id)
    assert begun.main
    assert begun.description.job_role == "service-manager"


async def test_a_move_to_where_one_is_or_before_one_began_is_refused(house: House) -> None:
    _, membership = await house.member("RWP")

    with pytest.raises(AlreadyThere, match="already"):
        async with house.worker.transaction() as conn:
            await actions.move(conn, membership.id, new_id(), to=network_id("RWP"), on=TODAY, now=clock.now())
    with pytest.raises(DatesOutOfOrder, match="the day after at the earliest"):
        async with house.worker.transaction() as conn:
            await actions.move(conn, membership.id, new_id(), to=network_id("RJ1"), on=LONG_AGO, now=clock.now())


async def test_leaving_a_network_ends_the_grants_held_there(house: House) -> None:
    person, membership = await house.member("RWP")
    await house.give(person.id, "lead", "RWP")
    await house.give(person.id, "organiser", "Y60")
    await house.give(person.id, "steward", "RXK")
    now = clock.now()

    async with house.worker.transaction() as conn:
        await actions.move(conn, membership.id, new_id(), to=network_id("RJ1"), on=TODAY, now=now)

    told = (await house.published("grants-held"))[-1]
    assert told["topic"] == "midlands.membership.grants"
    assert [grant["role"] for grant in told["data"]["grants"]] == ["steward"]
    async with house.worker.reading() as conn:
        assert [grant.role for grant in await grants.held_by(conn, person.id, at=now)] == ["steward"]


async def test_a_move_within_the_region_keeps_what_is_held_at_the_region(house: House) -> None:
    person, membership = await house.member("RWP")
    await house.give(person.id, "lead", "RWP")
    await house.give(person.id, "organiser", "Y60")

    async with house.worker.transaction() as conn:
        await actions.move(conn, membership.id, new_id(), to=network_id("RXK"), on=TODAY, now=clock.now())

    told = (await house.published("grants-held"))[-1]
    assert [grant["role"] for grant in told["data"]["grants"]] == ["organiser"]


async def test_whoever_leaves_later_holds_their_grants_until_midnight_of_that_day(house: House) -> None:
    person, membership = await house.member("RWP")
    await house.give(person.id, "lead", "RWP")

    async with house.worker.transaction() as conn:
        await actions.end(conn, membership.id, on=date(2027, 6, 30), now=clock.now())

    [grant] = (await house.published("grants-held"))[-1]["data"]["grants"]
    assert grant["ends_at"] == "2027-06-30T23:00:00Z"


async def test_another_job_role_is_told_and_the_earlier_one_kept(house: House) -> None:
    _, membership = await house.member("RWP")

    async with house.worker.transaction() as conn:
        await actions.describe(
            conn,
            membership.id,
            job_role="general-manager",
            sector="acute",
            described_from=date(2026, 9, 1),
            now=clock.now(),
        )

    [told] = await house.published("membership-changed")
    assert told["version"] == 2
    assert (told["data"]["job_role"], told["data"]["described_from"]) == ("general-manager", "2026-09-01")
    async with house.worker.reading() as conn:
        roles = await conn.fetch("SELECT job_role FROM membership_descriptions ORDER BY described_from")
    assert [row["job_role"] for row in roles] == ["service-manager", "general-manager"]


async def test_the_same_description_is_not_told_again(house: House) -> None:
    _, membership = await house.member("RWP")

    async with house.worker.transaction() as conn:
        await actions.describe(
            conn, membership.id, job_role="service-manager", sector="acute", described_from=TODAY, now=clock.now()
        )

    assert await house.published("membership-changed") == []


async def test_two_endings_at_once_end_it_once(house: House) -> None:
    _, membership = await house.member("RWP")

    async def end() -> None:
        async with house.worker.transaction() as conn:
            await actions.end(conn, membership.id, on=TODAY, now=clock.now())

    outcomes = await asyncio.gather(end(), end(), return_exceptions=True)

    assert [type(outcome) for outcome in outcomes if outcome is not None] == [MembershipEnded]
    assert len(await house.published("membership-ended")) == 1


async def test_two_beginnings_at_once_begin_it_once_and_one_is_main(house: House) -> None:
    person = await house.guest()

    outcomes = await asyncio.gather(
        *(house.begin(person, code) for code in ("RWP", "RWP", "RJ1")), return_exceptions=True
    )

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["AlreadyMember", "Membership", "Membership"]
    async with house.worker.reading() as conn:
        assert sorted(m.main for m in await store.of_person(conn, person.id)) == [False, True]
