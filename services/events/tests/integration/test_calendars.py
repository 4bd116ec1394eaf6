"""Calendar addresses: whoever knows one follows the events, until it is taken back; nobody else learns anything."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from calendar_reading import CALENDARS, an_address, asked, entries, entry, read, secret_of
from events_house import LONDON, MIDLANDS, NATIONAL, RWP, House, in_days, network_id, problem, thing

from access.testing import client
from events_service.app import create_app
from events_service.calendars import actions, store
from events_service.calendars.model import MOST_OF_A_PERSON, Calendar, secret_hash
from servicekit import clock
from servicekit.ids import new_id
from servicekit.web import write_keys

NOTHING = (404, "not-found", "There is nothing here that you can see.")


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


async def test_an_event_that_moves_keeps_its_uid_and_rises_in_sequence(house: House) -> None:
    organiser, member = await house.organiser(), await house.member()
    event = await house.published(organiser)
    await house.registered(event, member)
    calendar = await an_address(house, member)
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


async def test_an_address_taken_back_is_as_if_it_had_never_been(house: House) -> None:
    member = await house.member()
    calendar, kept = await an_address(house, member), await an_address(house, member)

    answer = await house.http.delete(calendar["url"], headers=member.bearer)

    assert (answer.status_code, answer.content) == (204, b"")
    unknown = calendar | {"address": calendar["address"][:-10] + "AAAAAA.ics"}
    for gone in (calendar, unknown):
        assert problem(await asked(house, gone)) == NOTHING
    assert (await asked(house, kept)).status_code == 200
    assert problem(await house.http.delete(calendar["url"], headers=member.bearer)) == NOTHING


@pytest.mark.parametrize("secret", ["x", "%20", "%F0%9F%98%80", "'; DROP TABLE calendars; --", "A" * 2000, "..%2Fx"])
async def test_a_secret_that_is_none_opens_nothing(house: House, secret: str) -> None:
    await an_address(house, await house.member())

    assert problem(await house.http.get(f"{CALENDARS}/{secret}.ics"))[:2] == (404, "not-found")


async def test_an_address_is_good_in_its_own_cell_only(house: House) -> None:
    calendar = await an_address(house, await house.member())

    for cell in ("london", "national", "atlantis"):
        elsewhere = calendar | {"address": calendar["address"].replace("/midlands/", f"/{cell}/")}
        assert problem(await asked(house, elsewhere)) == NOTHING


async def test_a_token_is_no_secret_and_a_secret_no_token(house: House) -> None:
    member = await house.member()
    calendar = await an_address(house, member)
    secret = secret_of(calendar)

    by_id = await house.get(f"{CALENDARS}/{calendar['id']}.ics", member)
    as_token = await house.http.get(CALENDARS, headers={"authorization": f"Bearer {secret}"})

    assert problem(by_id) == NOTHING
    assert as_token.status_code == 401


async def test_only_the_hash_of_a_secret_is_kept_and_a_repeated_request_tells_it_again(house: House) -> None:
    member = await house.member()
    key = {"Idempotency-Key": "phone"}

    first = await house.post(CALENDARS, member, **key)
    again = await house.post(CALENDARS, member, **key)

    assert thing(first) == thing(again)
    assert again.headers["idempotent-replayed"] == "true"
    secret = secret_of(thing(first))
    assert len(secret) == 43, "256 bits"
    async with house.worker.reading() as conn:
        rows = await conn.fetch(
            """
            SELECT to_jsonb(c)::text AS row FROM calendars c
            UNION ALL SELECT convert_from(body, 'UTF8') FROM servicekit.idempotency_keys
            """
        )
    assert len(rows) == 2
    assert not any(secret in row["row"] for row in rows)
    (listed,) = thing(await house.get(CALENDARS, member))["items"]
    assert listed == thing(first) | {"address": None}


async def test_once_its_key_is_gone_a_sealed_address_is_not_told_again(house: House, tmp_path: Path) -> None:
    member, key = await house.member(), {"Idempotency-Key": "phone"}
    calendar = thing(await house.post(CALENDARS, member, **key))
    for purpose in ("cursor", "tickets"):
        write_keys(tmp_path, purpose)
    another = create_app(house.settings.model_copy(update={"secrets_dir": tmp_path}))

    async with client(another) as http:
        again = await http.post(CALENDARS, headers=member.bearer | key)

    assert problem(again) == (
        409,
        "address-not-told-again",
        "The address was told once, and cannot be told again: make another.",
    )
    assert (await asked(house, calendar)).status_code == 200


async def test_a_person_has_only_so_many_addresses(house: House) -> None:
    member = await house.member()
    made = [await an_address(house, member) for _ in range(MOST_OF_A_PERSON)]

    refusal = problem(await house.post(CALENDARS, member))

    assert refusal == (
        409,
        "too-many-calendars",
        "You have 5 calendar addresses here already: take one back first.",
    )
    assert len(thing(await house.get(CALENDARS, member))["items"]) == MOST_OF_A_PERSON
    await house.http.delete(made[0]["url"], headers=member.bearer)
    assert (await house.post(CALENDARS, member)).status_code == 201


async def test_a_networks_calendar_is_its_leads_and_organisers(house: House) -> None:
    lead, organiser = await house.organiser(role="lead"), await house.organiser()
    steward, member = await house.organiser(role="steward"), await house.member(MIDLANDS)
    london, below = await house.organiser(LONDON, role="lead"), await house.organiser(RWP, role="lead")
    calendar = await an_address(house, lead, path=MIDLANDS)
    of_midlands = {"network_id": str(network_id(MIDLANDS))}
    listed = f"{CALENDARS}?network={network_id(MIDLANDS)}"

    assert [one["id"] for one in thing(await house.get(listed, organiser))["items"]] == [calendar["id"]]
    for somebody, refused in ((steward, 403), (member, 404), (london, 404), (below, 404)):
        assert (await house.post(CALENDARS, somebody, of_midlands)).status_code == refused
        assert (await house.get(listed, somebody)).status_code == refused
        assert (await house.http.delete(calendar["url"], headers=somebody.bearer)).status_code == refused
    assert (await asked(house, calendar)).status_code == 200
    assert (await house.http.delete(calendar["url"], headers=organiser.bearer)).status_code == 204


async def test_a_networks_calendar_is_made_in_its_own_cell(house: House) -> None:
    lead = await house.organiser(NATIONAL, role="lead")

    refusal = problem(await house.post(CALENDARS, lead, {"network_id": str(network_id(LONDON))}))
    unknown = problem(await house.post(CALENDARS, lead, {"network_id": str(UUID(int=7))}))
    strange = problem(await house.post(CALENDARS, lead, {"network": "london"}))

    assert refusal == (422, "wrong-cell", "London belongs to the cell london: its calendars are made there.")
    assert unknown[:2] == (409, "not-yet-known")
    assert strange == (422, "invalid", 'unknown field "network"; known: network_id')
    assert thing(await house.get(f"{CALENDARS}?network={network_id(LONDON)}", lead))["items"] == []


async def test_a_persons_calendars_are_their_own_even_before_a_lead(house: House) -> None:
    member, lead = await house.member(), await house.organiser(NATIONAL, role="lead")
    calendar = await an_address(house, member)

    assert thing(await house.get(CALENDARS, lead))["items"] == []
    assert problem(await house.http.delete(calendar["url"], headers=lead.bearer)) == NOTHING
    assert (await house.http.get(CALENDARS)).status_code == 401
    assert (await house.post(CALENDARS, await house.directory.person())).status_code == 201, "guests have days too"


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


async def test_the_secret_opens_one_calendar_and_nobody_elses_rows(house: House) -> None:
    """The role behind the API, with the hash made known, sees that row alone; and then its person's rows alone."""
    member, other = await house.member(), await house.member()
    event = await house.published(await house.organiser())
    for somebody in (member, other):
        await house.registered(event, somebody)
    mine = await an_address(house, member)
    await an_address(house, other)
    secret = secret_of(mine)

    async with house.api.reading(actions.NOBODY) as conn:
        assert await conn.fetchval("SELECT count(*) FROM calendars") == 0
        found = await store.find_shown(conn, "midlands", secret_hash(secret))
        assert (await conn.fetchval("SELECT count(*) FROM calendars"), str(found.id if found else "")) == (
            1,
            mine["id"],
        )
        assert await conn.fetchval("SELECT count(*) FROM registrations") == 0
    async with house.api.reading(actions.Reader(person_id=member.person_id)) as conn:
        rows = await conn.fetch("SELECT person_id FROM registrations")
        assert [row["person_id"] for row in rows] == [member.person_id]


async def test_without_its_own_persons_scope_a_feed_is_empty_and_never_somebody_elses(house: House) -> None:
    """The mechanism taken away: read as somebody else, or as nobody, the second wall shows nothing of the person."""
    member, other = await house.member(), await house.member()
    event = await house.published(await house.organiser())
    await house.registered(event, member)
    calendar = await an_address(house, member)
    secret = secret_of(calendar)

    async def told(reader: object) -> int:
        feed = await actions.read(
            house.api, "midlands", secret, at=clock.now(), reader=None if reader is None else lambda _: reader
        )
        return len(feed.entries)

    assert await told(None) == 1
    assert await told(actions.NOBODY) == 0
    assert await told(actions.Reader(person_id=other.person_id)) == 0


async def test_without_the_second_wall_a_secret_would_open_every_calendar(house_of_its_own: House) -> None:
    """The mechanism taken away: the transaction that has shown a secret sees the others' rows too."""
    house = house_of_its_own
    calendar = await an_address(house, await house.member())
    await an_address(house, await house.member())

    async def rows_seen() -> int:
        async with house.api.reading(actions.NOBODY) as conn:
            await store.find_shown(conn, "midlands", secret_hash(secret_of(calendar)))
            count: int = await conn.fetchval("SELECT count(*) FROM calendars")
            return count

    assert await rows_seen() == 1
    await house.as_owner("ALTER TABLE calendars DISABLE ROW LEVEL SECURITY")
    assert await rows_seen() == 2


async def test_nobody_makes_a_calendar_for_somebody_else_even_past_the_first_wall(house: House) -> None:
    member, other = await house.member(), await house.member()
    calendar = Calendar(id=new_id(), cell="midlands", person_id=other.person_id, network_id=None, made_at=clock.now())

    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with house.api.transaction(actions.Reader(person_id=member.person_id)) as conn:
            await store.insert(conn, calendar, secret_hash=secret_hash("x"))
