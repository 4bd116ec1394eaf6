"""Calendar addresses: whoever knows one follows the events, until it is taken back; nobody else learns anything."""

from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from calendar_reading import CALENDARS, an_address, asked, secret_of
from events_house import LONDON, MIDLANDS, NATIONAL, RWP, House, network_id, problem, thing

from access.testing import client
from events_service.app import create_app
from events_service.calendars import actions, store
from events_service.calendars.model import MOST_OF_A_PERSON, Calendar, secret_hash
from servicekit import clock
from servicekit.ids import new_id
from servicekit.web import write_keys

NOTHING = (404, "not-found", "There is nothing here that you can see.")


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
