"""What a calendar address tells: the events it follows as they stand, and nothing about people."""

from datetime import datetime

import pytest
from calendar_reading import an_address, asked, entries, entry, read
from events_house import MIDLANDS, RWP, House, in_days, network_id, thing


async def test_a_person_follows_their_own_registrations(house: House) -> None:
    organiser, member = await house.organiser(), await house.member()
    event, other = await house.published(organiser), await house.published(organiser, title="Another")
    await house.registered(event, member)
    await house.registered(other, await house.member())

    calendar = await an_address(house, member)
    (told,) = (await entries(house, calendar)).values()

    assert (told["uid"], told["summary"], told["location"]) == (event["id"], event["title"], event["venue"])
    assert (told["status"], told["sequence"], told["transp"]) == ("CONFIRMED", 0, "OPAQUE")
    assert told["dtstart"].dt.isoformat() == event["starts"] + told["dtstart"].dt.isoformat()[-6:]
    assert told["dtstart"].dt == datetime.fromisoformat(event["starts_at"])
    assert told["dtstart"].params["TZID"] == "Europe/London"
    assert told["dtend"].dt == datetime.fromisoformat(event["ends_at"])


@pytest.mark.parametrize("path", [None, MIDLANDS], ids=["a-persons-own", "a-networks"])
async def test_an_event_that_moves_keeps_its_uid_and_rises_in_sequence(house: House, path: str | None) -> None:
    organiser, member = await house.organiser(), await house.member()
    event = await house.published(organiser)
    await house.registered(event, member)
    calendar = await an_address(house, organiser if path else member, path=path)
    before = await entry(house, calendar, event)

    moved = thing(await house.change(event, organiser, starts=in_days(40), ends=in_days(40, hour=12)))
    after = await entry(house, calendar, event)

    assert after["uid"] == before["uid"]
    assert after["sequence"] == before["sequence"] + 1
    assert after["dtstart"].dt == datetime.fromisoformat(moved["starts_at"]) != before["dtstart"].dt
    assert after["last-modified"].dt >= before["last-modified"].dt
    assert after["dtstamp"].dt == after["last-modified"].dt


async def test_what_is_no_news_changes_the_text_and_not_the_sequence(house: House) -> None:
    organiser, member = await house.organiser(), await house.member()
    event = await house.published(organiser)
    await house.registered(event, member)
    calendar = await an_address(house, member)

    await house.change(event, organiser, title="Spring masterclass")
    told = await entry(house, calendar, event)

    assert (told["summary"], told["sequence"]) == ("Spring masterclass", 0)


async def test_a_cancelled_event_stays_in_the_feed_as_cancelled(house: House) -> None:
    organiser, member = await house.organiser(), await house.member()
    event = await house.published(organiser)
    await house.registered(event, member)
    calendar = await an_address(house, member)

    await house.cancel(event, organiser)
    told = await entry(house, calendar, event)

    assert (told["status"], told["sequence"], told["transp"]) == ("CANCELLED", 1, "TRANSPARENT")


async def test_a_registration_given_up_and_made_again_never_falls_in_sequence(house: House) -> None:
    organiser, member = await house.organiser(), await house.member()
    event = await house.published(organiser)
    calendar = await an_address(house, member)
    seen = []

    for _ in range(2):
        registration = await house.registered(event, member)
        seen.append(await entry(house, calendar, event))
        await house.cancel(registration, member)
        seen.append(await entry(house, calendar, event))

    assert [told["status"] for told in seen] == ["CONFIRMED", "CANCELLED", "CONFIRMED", "CANCELLED"]
    sequences = [told["sequence"] for told in seen]
    assert sequences == sorted(set(sequences)), "a calendar follows only what rises"


async def test_who_waits_is_told_tentatively_until_promoted(house: House) -> None:
    organiser, first, second = await house.organiser(), await house.member(), await house.member()
    event = await house.published(organiser, capacity=1)
    taken = await house.registered(event, first)
    await house.registered(event, second)
    calendar = await an_address(house, second)

    waiting = await entry(house, calendar, event)
    await house.cancel(taken, first)
    promoted = await entry(house, calendar, event)

    assert (waiting["status"], waiting["transp"]) == ("TENTATIVE", "TRANSPARENT")
    assert "You are on the waiting list" in waiting["description"]
    assert (promoted["status"], promoted["sequence"]) == ("CONFIRMED", waiting["sequence"] + 1)


async def test_a_network_has_a_calendar_of_what_it_has_published_alone_or_with_others(house: House) -> None:
    lead, organiser = await house.organiser(RWP, role="lead"), await house.organiser()
    own = await house.published(lead, path=RWP)
    shared = await house.published(organiser, co_hosts=[str(network_id(RWP))])
    await house.published(organiser, title="The region's alone")
    await house.draft(lead, path=RWP)
    given_up = await house.draft(lead, path=RWP)
    await house.cancel(given_up, lead)
    cancelled = await house.published(lead, path=RWP)
    await house.cancel(cancelled, lead)

    calendar = await an_address(house, lead, path=RWP)
    told = await entries(house, calendar)

    assert {uid: str(one["status"]) for uid, one in told.items()} == {
        own["id"]: "CONFIRMED",
        shared["id"]: "CONFIRMED",
        cancelled["id"]: "CANCELLED",
    }
    assert {str(one["transp"]) for one in told.values()} == {"TRANSPARENT"}
    assert str((await read(house, calendar))["name"]) == "Rwp"


async def test_sessions_and_partners_stand_in_the_description_and_people_nowhere(house: House) -> None:
    organiser = await house.organiser()
    member = await house.named("Siobhán", "O'Brien")
    event = await house.published(
        organiser,
        partners=["NHS Providers"],
        sessions=[
            {"title": "Flow", "starts": in_days(30, hour=10), "ends": in_days(30, hour=11), "room": "Hall 1"},
            {"title": "Opening", "starts": in_days(30, hour=9), "ends": in_days(30, hour=10)},
        ],
    )
    await house.registered(event, member)
    calendar = await an_address(house, member)

    told = await entry(house, calendar, event)
    raw = (await asked(house, calendar)).text

    assert told["description"] == (
        "09:00 to 10:00 Opening\n10:00 to 11:00 Flow (Hall 1)\n\nWith NHS Providers.\n\nBeds, flow and winter."
    )
    for hidden in ("O'Brien", "Siobh", str(member.person_id), "ATTENDEE", "ORGANIZER", "URL"):
        assert hidden not in raw


async def test_what_has_not_changed_is_not_sent_again(house: House) -> None:
    organiser, member = await house.organiser(), await house.member()
    event = await house.published(organiser)
    await house.registered(event, member)
    calendar = await an_address(house, member)
    first = await asked(house, calendar)
    tag = first.headers["etag"]

    again = await asked(house, calendar, **{"if-none-match": f'"another", W/{tag}'})
    await house.change(event, organiser, venue="Room 5")
    moved = await asked(house, calendar, **{"if-none-match": tag})

    assert (first.headers["content-type"], first.headers["cache-control"]) == (
        "text/calendar; charset=utf-8",
        "private, no-cache",
    )
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert (moved.status_code, moved.headers["etag"] != tag) == (200, True)


async def test_a_feed_holds_a_year_back_and_all_to_come(house: House) -> None:
    organiser, member = await house.organiser(), await house.member()
    past, long_past = await house.published(organiser), await house.published(organiser)
    far = await house.published(organiser, starts=in_days(3000), ends=in_days(3000, hour=10))
    for event in (past, long_past, far):
        await house.registered(event, member)
    calendar = await an_address(house, member)
    for _ in range(2):
        await house.let_it_pass(past)
    for _ in range(8):
        await house.let_it_pass(long_past)

    assert set(await entries(house, calendar)) == {past["id"], far["id"]}
