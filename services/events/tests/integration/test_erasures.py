"""Somebody is erased: their places go to others, their name and secrets are gone, and nothing brings them back."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from events_house import MIDLANDS, House, Thing, in_hours, problem, thing

from access.testing import Somebody
from events_service.consumers import CONSUMERS
from events_service.erasures.loops import look_once
from events_service.people import handlers as people
from membership_contracts import PersonErased, Profile
from servicekit import clock
from servicekit.consumers.apply import EPOCH
from servicekit.consumers.delivery import read
from servicekit.database import Conn
from servicekit.envelope import Origin
from servicekit.ids import new_id
from servicekit.subjects import write_down
from servicekit.testing import deliver, eventually
from servicekit.testing.canaries import found_in_tables
from servicekit.testing.deliveries import as_record

GIVEN, FAMILY = "Canarina", "Kanarienvogel"
CELLS = {"national": "national", "midlands": MIDLANDS, "london": "national.london"}


async def erase(house: House, person_id: UUID, *cells: str, version: int = 1, **given: Any) -> UUID:
    """As membership tells it, on these cells; on all where none is named."""
    erasure_id = given.pop("erasure_id", new_id())
    for cell in cells or CELLS:
        signal = PersonErased(version=version, erasure_id=erasure_id, person_id=person_id, at="2026-11-23T12:00:00Z")
        await deliver(house.worker, CONSUMERS, as_record(signal, at=Origin(cell, CELLS[cell])), **given)
    return erasure_id


async def found(house: House, *words: str) -> list[str]:
    return await found_in_tables(house.database.admin, *words)


async def with_a_place(house: House, **plan: Any) -> tuple[Somebody, Thing, Somebody, Thing]:
    organiser = await house.organiser()
    event = await house.published(organiser, **plan)
    somebody = await house.named(GIVEN, FAMILY)
    return organiser, event, somebody, await house.registered(event, somebody)


async def test_a_name_is_in_no_table_any_more(house: House) -> None:
    organiser, event, somebody, _ = await with_a_place(house)
    await house.profile(somebody.person_id, GIVEN, FAMILY, cell="london")
    assert "projection_a.profiles" in await found(house, FAMILY)

    await erase(house, somebody.person_id)

    assert await found(house, GIVEN, FAMILY, "canarina", "kanarienvogel") == []
    door = thing(await house.get(f"{event['url']}/registrations?status=cancelled", organiser))["items"]
    assert FAMILY not in str(door)


async def test_each_cell_is_answered_once_for_each_time_it_is_told(house: House) -> None:
    somebody = await house.named(GIVEN, FAMILY)

    erasure_id = await erase(house, somebody.person_id, "midlands", "london")
    await erase(house, somebody.person_id, "midlands", version=2, erasure_id=erasure_id)

    async with house.worker.reading() as conn:
        topics = await conn.fetch(
            "SELECT topic FROM servicekit.outbox WHERE type LIKE '%.erasure-carried-out.v1' ORDER BY position"
        )
    assert [row["topic"] for row in topics] == ["midlands.events", "london.events", "midlands.events"]
    receipts = await house.signals("erasure-carried-out")
    assert [receipt["erasure_id"] for receipt in receipts] == [str(erasure_id)] * 3
    assert [receipt["version"] for receipt in receipts] == [1, 1, 2]


async def test_only_the_deployment_of_a_cell_answers_for_it_though_all_forget(house: House) -> None:
    somebody = await house.named(GIVEN, FAMILY)

    await erase(house, somebody.person_id, "national", serves=lambda cell: cell == "midlands")

    assert await house.signals("erasure-carried-out") == []
    assert await found(house, FAMILY) == []


async def test_a_place_goes_to_the_first_in_line_once_only(house: House) -> None:
    _, event, somebody, registration = await with_a_place(house, capacity=1)
    first, second = await house.member(), await house.member()
    for member in (first, second):
        await house.registered(event, member)

    erasure_id = await erase(house, somebody.person_id)
    await erase(house, somebody.person_id, version=2, erasure_id=erasure_id)

    cancelled = await house.signals("registration-cancelled")
    assert [signal["registration_id"] for signal in cancelled] == [registration["id"]]
    promoted = await house.signals("registration-promoted")
    assert [signal["person_id"] for signal in promoted] == [str(first.person_id)]


async def test_a_place_in_line_goes_as_well_and_nobody_is_promoted(house: House) -> None:
    organiser = await house.organiser()
    event = await house.published(organiser, capacity=1)
    await house.registered(event, await house.member())
    somebody = await house.named(GIVEN, FAMILY)
    await house.registered(event, somebody)

    await erase(house, somebody.person_id)

    now = await house.read(event, organiser)
    assert (now["confirmed"], now["waiting"]) == (1, 0)
    assert await house.signals("registration-promoted") == []


async def test_what_is_past_stays_under_a_bare_pseudonym_and_its_codes_open_nothing(house: House) -> None:
    organiser, event, somebody, registration = await with_a_place(house, starts=in_hours(1), ends=in_hours(3))
    ticket = thing(await house.get(f"{registration['url']}/ticket", somebody))["ticket"]
    there = await house.post(f"{event['url']}/check-ins", organiser, {"code": registration["code"]})
    assert there.status_code == 200, there.text

    await erase(house, somebody.person_id)

    async with house.worker.reading() as conn:
        row = await conn.fetchrow("SELECT status, attended_at, code FROM registrations")
    assert (row["status"], row["attended_at"] is not None) == ("confirmed", True)
    by_code = await house.post(f"{event['url']}/check-ins", organiser, {"code": registration["code"]})
    assert problem(by_code)[1] == "unknown-code"
    by_code = await house.post(f"{event['url']}/check-ins", organiser, {"code": row["code"][:20]})
    assert problem(by_code)[1] in {"unknown-code", "invalid"}
    by_ticket = await house.post(f"{event['url']}/check-ins", organiser, {"ticket": ticket})
    assert problem(by_ticket)[1] == "ticket-superseded"
    assert await house.signals("registration-cancelled") == []


async def test_a_past_place_is_not_cancelled(house: House) -> None:
    _, event, somebody, _ = await with_a_place(house)
    await house.let_it_pass(event)

    await erase(house, somebody.person_id)

    assert await house.signals("registration-cancelled") == []


async def test_a_calendars_address_opens_nothing_any_more(house: House) -> None:
    _, _, somebody, _ = await with_a_place(house)
    address = thing(await house.post("/api/v1/cells/midlands/calendars", somebody, {}))["address"]
    assert (await house.http.get(address)).status_code == 200

    await erase(house, somebody.person_id)

    assert (await house.http.get(address)).status_code == 404


async def test_answers_that_were_stored_for_repeated_requests_are_gone(house: House) -> None:
    _, _, somebody, registration = await with_a_place(house)
    key = {"Idempotency-Key": "canary-key"}
    await house.post(f"{registration['url']}/ticket/renew", somebody, None, **key)
    assert await stored_answers(house) > 0

    await erase(house, somebody.person_id)

    assert await stored_answers(house) == 0


async def stored_answers(house: House) -> int:
    async with house.worker.reading() as conn:
        count: int = await conn.fetchval("SELECT count(*) FROM servicekit.idempotency_keys")
    return count


async def test_a_profile_that_comes_late_is_not_kept(house: House) -> None:
    _, _, somebody, _ = await with_a_place(house)
    await erase(house, somebody.person_id, "midlands")

    await house.profile(somebody.person_id, GIVEN, FAMILY, cell="london", version=9)

    assert await found(house, FAMILY) == []


async def test_without_the_list_of_who_is_erased_a_late_profile_is_found(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control of the one before."""

    async def nobody(_conn: Any, _people: Any) -> set[UUID]:
        return set()

    _, _, somebody, _ = await with_a_place(house)
    await erase(house, somebody.person_id, "midlands")
    monkeypatch.setattr(people, "erased", nobody)

    await house.profile(somebody.person_id, GIVEN, FAMILY, cell="london", version=9)

    assert await found(house, FAMILY) == ["projection_a.profiles"]


async def test_what_stood_before_the_last_rebuild_is_forgotten_too(house: House) -> None:
    _, _, somebody, _ = await with_a_place(house)
    async with house.worker.transaction() as conn:
        await conn.execute("INSERT INTO projection_b.profiles SELECT * FROM projection_a.profiles")

    await erase(house, somebody.person_id, "midlands")

    assert await found(house, FAMILY) == []


async def test_a_profile_that_is_being_kept_at_that_moment_is_found(house: House) -> None:
    """Another partition's batch has not committed yet when the erasure begins: the erasure waits for it."""
    somebody = await house.member()
    erasing = None
    async with house.worker.transaction() as conn:
        await keep_a_name(conn, somebody.person_id)
        erasing = asyncio.create_task(erase(house, somebody.person_id, "midlands"))
        await eventually(lambda: waits_for_a_lock(house))
    await erasing

    assert await found(house, FAMILY) == []


async def test_without_the_lock_a_name_that_is_being_kept_stays(house_of_its_own: House) -> None:
    """The control of the one before."""
    house = house_of_its_own
    await house.as_owner(WITHOUT_THE_LOCK)
    somebody = await house.member()
    async with house.worker.transaction() as conn:
        await keep_a_name(conn, somebody.person_id)
        await erase(house, somebody.person_id, "midlands")

    assert await found(house, FAMILY) == ["projection_a.profiles"]


WITHOUT_THE_LOCK = """
CREATE OR REPLACE FUNCTION servicekit.write_down_erased(person uuid, erased_at timestamptz) RETURNS void
LANGUAGE sql VOLATILE AS $$
    INSERT INTO servicekit.erased_people (person_id, at) VALUES (person, erased_at)
        ON CONFLICT (person_id) DO UPDATE SET at = excluded.at
$$
"""


async def keep_a_name(conn: Conn, person_id: UUID) -> None:
    """What the handler of profiles does, in a transaction that stays open."""
    profile = Profile(version=1, person_id=person_id, given_name=GIVEN, family_name=FAMILY, email="c@example.org")
    said = read(as_record(profile, at=Origin("london", "national.london")), {Profile.type: Profile}, tell_from=EPOCH)
    await people.keep_names(conn, [said])


async def waits_for_a_lock(house: House) -> bool:
    async with house.worker.reading() as conn:
        waiting: bool = await conn.fetchval(
            """
            SELECT EXISTS (SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
                            WHERE d.datname = current_database() AND l.locktype = 'advisory' AND NOT l.granted)
            """
        )
    return waiting


async def test_whoever_registers_at_that_very_moment_is_taken_off_the_list(house: House) -> None:
    _, event, somebody, registration = await with_a_place(house, capacity=1)
    following = await house.member()
    await house.registered(event, following)
    async with house.worker.transaction() as conn:
        await write_down(conn, somebody.person_id, at=clock.now())  # as if the request had overtaken the erasure

    assert await look_once(house.worker, at=clock.now()) == 1
    assert await look_once(house.worker, at=clock.now()) == 0

    cancelled = await house.signals("registration-cancelled")
    assert [signal["registration_id"] for signal in cancelled] == [registration["id"]]
    promoted = await house.signals("registration-promoted")
    assert [signal["person_id"] for signal in promoted] == [str(following.person_id)]


async def test_everything_that_is_held_is_shown_to_the_person_and_to_privacy_officers(house: House) -> None:
    _, _, somebody, registration = await with_a_place(house)
    await house.post("/api/v1/cells/midlands/calendars", somebody, {})
    officer = await house.organiser("national", role="privacy-officer")
    stranger = await house.organiser("national.london")
    address = "/api/v1/cells/midlands/registrations/held"

    own = await house.get(f"{address}?limit=200", somebody)
    by_officer = await house.get(f"{address}/{somebody.person_id}?limit=200", officer)

    assert own.status_code == by_officer.status_code == 200, own.text
    assert own.json() == by_officer.json()
    assert (await house.get(f"{address}/{somebody.person_id}", stranger)).status_code == 404
    shown = {row["table"]: row["columns"] for row in own.json()["items"]}
    assert shown["profiles"]["family_name"] == {"tag": "personal", "value": FAMILY}
    assert shown["registrations"]["code"]["value"] == registration["code"]
    assert {"calendars", "access_identities", "access_memberships"} <= set(shown)
