"""The directory's second wall: its function by itself, for every kind of caller, with the first wall left out."""

from typing import Any
from uuid import UUID

import asyncpg
import pytest
from membership_house import House, Scope

from membership_service.directory import store
from membership_service.networks.model import network_id
from servicekit import clock
from servicekit.ids import new_id

CALLERS = ("nobody", "guest", "same trust", "same region", "other region", "lead above", "lead elsewhere")
TARGETS = ("shown", "name-only", "hidden", "guest", "left", "to come")

MEMBERS_SEE = {"shown", "name-only"}
LEADS_SEE = {"shown", "name-only", "hidden"}
IN_THE_TRUST = {"same trust": MEMBERS_SEE, "lead above": LEADS_SEE}
IN_THE_REGION = IN_THE_TRUST | {"same region": MEMBERS_SEE}
IN_THE_NATION = IN_THE_REGION | {"other region": MEMBERS_SEE, "lead above": set(), "lead elsewhere": set()}


async def callers(house: House) -> dict[str, Scope]:
    """Whoever could ask; leads hold a grant and belong nowhere."""
    fellow, regional, stranger = [await house.member(code, family_name="Reader") for code in ("RWP", "RXK", "RJ1")]
    guest = await house.guest(family_name="Reader")
    return {
        "nobody": Scope(),
        "guest": Scope(guest.id),
        "same trust": Scope(fellow[0].id),
        "same region": Scope(regional[0].id),
        "other region": Scope(stranger[0].id),
        "lead above": Scope(new_id(), ["national.midlands"]),
        "lead elsewhere": Scope(new_id(), ["national.london"]),
    }


async def targets(house: House) -> None:
    """One of each kind at one trust, called as they are."""
    today = clock.today()
    for number, kind in enumerate(TARGETS):
        person = await house.guest(given_name="Target", family_name="ABCDEF"[number] * 5)
        if kind == "left":
            await house.begin(person, "RWP", until=today.replace(year=2025))
        elif kind == "to come":
            await house.begin(person, "RWP", since=today.replace(year=today.year + 1))
        elif kind != "guest":
            await house.begin(person, "RWP")
        if kind in ("name-only", "hidden"):
            async with house.worker.transaction() as conn:
                await conn.execute("INSERT INTO directory_choices VALUES ($1, $2, 1, now())", person.id, kind)


async def seen(house: House, scope: Scope, code: str, *, as_lead: bool = True, **asked: Any) -> list[dict[str, Any]]:
    """What the function gives to whoever asks for all that a lead may see."""
    given: dict[str, Any] = {"spellings": None, "trust": None, "job_role": None} | asked
    async with house.api.reading(scope) as conn:
        return await store.page(
            conn,
            network_id(code),
            on=clock.today(),
            as_lead=as_lead,
            titles={"service-manager": "Service Manager"},
            after=None,
            limit=200,
            **given,
        )


def kinds(rows: list[dict[str, Any]]) -> set[str]:
    """Which of the targets these are, by their names."""
    return {TARGETS["ABCDEF".index(row["family_name"][0])] for row in rows if row["given_name"] == "Target"}


@pytest.mark.parametrize(
    ("code", "expected"), [("RWP", IN_THE_TRUST), ("Y60", IN_THE_REGION), ("national", IN_THE_NATION)]
)
async def test_every_kind_of_caller_sees_of_every_kind_of_person_what_they_may(
    house: House, code: str, expected: dict[str, set[str]]
) -> None:
    await targets(house)
    asking = await callers(house)

    found = {who: kinds(await seen(house, asking[who], code)) for who in CALLERS}

    assert found == {who: expected.get(who, set()) for who in CALLERS}


@pytest.mark.parametrize(
    "asked", [{"spellings": ["target"]}, {"trust": "RWP"}, {"job_role": "service-manager"}, {"trust": "Worcestershire"}]
)
async def test_no_search_finds_more_than_the_list_shows(house: House, asked: dict[str, Any]) -> None:
    await targets(house)
    asking = await callers(house)

    for who in CALLERS:
        everything, hits = await seen(house, asking[who], "RWP"), await seen(house, asking[who], "RWP", **asked)
        assert kinds(hits) <= kinds(everything)
        if "spellings" not in asked and who != "lead above":
            assert "name-only" not in kinds(hits)


async def test_only_where_a_grant_reaches_does_asking_as_a_lead_show_more(house: House) -> None:
    await targets(house)
    asking = await callers(house)

    shown = {who: await seen(house, asking[who], "RWP") for who in ("same trust", "lead above")}
    modest = await seen(house, asking["lead above"], "RWP", as_lead=False)

    for row in (*shown["same trust"], *modest):
        assert [row[one] for one in ("person_id", "email", "shown", "since", "until")] == [None] * 5
    assert all(row["email"] and row["person_id"] for row in shown["lead above"])


async def test_the_parts_of_the_function_give_nothing_past_the_policies(house: House) -> None:
    await targets(house)
    stranger = (await callers(house))["other region"]
    top, today = "national.midlands.rwp", clock.today()
    parts = {
        "directory_of_few($1::text::ltree, $2, true, NULL, NULL, NULL, 99)": (top, today),
        "directory_of_many($1::text::ltree, $2, true, NULL, NULL, NULL, 99)": (top, today),
        "directory_by_name($1::text::ltree, $2, true, '{target}', NULL, NULL, NULL, NULL, NULL, NULL, 99)": (
            top,
            today,
        ),
        "directory_by_work($1::text::ltree, $2, true, true, NULL, '{service-manager}', NULL, NULL, 99)": (top, today),
    }

    async with house.api.reading(stranger) as conn:
        found = {part: await conn.fetch(f"SELECT * FROM {part}", *given) for part, given in parts.items()}
        people = [row["id"] for row in await conn.fetch("SELECT id FROM people")]

    assert {part: len(rows) for part, rows in found.items()} == dict.fromkeys(parts, 0)
    assert people == [stranger.person_id]


async def test_nobody_changes_what_somebody_else_shows(house: House) -> None:
    person, _ = await house.member("RWP")
    async with house.worker.transaction() as conn:
        await conn.execute("INSERT INTO directory_choices VALUES ($1, 'hidden', 1, now())", person.id)

    async with house.api.transaction(Scope(new_id(), ["national.midlands"])) as conn:
        assert await conn.execute("UPDATE directory_choices SET shown = 'shown'") == "UPDATE 0"
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        async with house.api.transaction(Scope(new_id())) as conn:
            await conn.execute(
                "INSERT INTO directory_choices VALUES ($1, 'shown', 2, now()) ON CONFLICT DO NOTHING", person.id
            )


async def test_without_the_wall_the_same_function_shows_everybody_to_a_stranger(house: House) -> None:
    """What the tests above see is the wall's doing: taken away, the trust lies open."""
    await targets(house)
    stranger = (await callers(house))["other region"]
    owner = await asyncpg.connect(house.database.owner)
    try:
        await owner.execute(
            """
            CREATE OR REPLACE FUNCTION directory_top(network_ uuid, today date) RETURNS ltree LANGUAGE sql STABLE AS
            'SELECT path FROM networks WHERE id = network_'
            """
        )
    finally:
        await owner.close()

    assert kinds(await seen(house, stranger, "RWP")) == MEMBERS_SEE
    assert isinstance(stranger.person_id, UUID)
