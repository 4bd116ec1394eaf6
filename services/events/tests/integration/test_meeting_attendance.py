"""Regular attendance: a lead sees the members of their network at its own meetings, everybody else themselves."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from events_house import LONDON, MIDLANDS, RRK, RWP, House, Thing, network_id, problem, thing

from access.testing import Somebody
from servicekit import clock
from servicekit.ids import new_id

URL = "/api/v1/cells/midlands/meetings/attendance"


async def a_meeting(
    house: House, by: Somebody, *there: Somebody, days_ago: float, path: str = RWP, **given: Any
) -> Thing:
    """It took place so many days ago, and these people were there."""
    event = await house.published(by, path=path, **({"kind": "meeting"} | given))
    async with house.worker.transaction() as conn:
        for person in there:
            await conn.execute(
                """
                INSERT INTO registrations
                       (id, event_id, person_id, status, place, code, registered_at, waited, attended_at, version)
                VALUES ($1, $2, $3, 'confirmed', 1, $4, $5, false, $5, 2)
                """,
                new_id(),
                UUID(event["id"]),
                person.person_id,
                str(person.person_id),
                clock.now(),
            )
        await conn.execute(
            "UPDATE events SET starts_at = $2::timestamptz - interval '2 hours', ends_at = $2 WHERE id = $1",
            UUID(event["id"]),
            clock.now() - timedelta(days=days_ago),
        )
    return event


async def report(house: House, who: Somebody, path: str = RWP) -> dict[str, Thing]:
    """By family name."""
    answer = await house.get(f"{URL}?network={network_id(path)}", who)
    assert answer.status_code == 200, answer.text
    return {str(one["family_name"]): one for one in thing(answer)["items"]}


def shown(one: Thing) -> tuple[int, int, float | None, str]:
    return one["meetings"], one["attended"], one["percent"], one["regularity"]


async def test_a_lead_sees_who_came_to_three_of_four(house: House) -> None:
    lead = await house.organiser(RWP, role="lead")
    jane, amir = await house.named("Jane", "Okafor"), await house.named("Amir", "Khan")
    await house.named("Never", "Registered")
    for days_ago, there in ((10, [jane, amir]), (40, [jane]), (70, [jane, amir]), (100, [])):
        await a_meeting(house, lead, *there, days_ago=days_ago)

    found = await report(house, lead)

    assert shown(found["Okafor"]) == (4, 3, 75.0, "met")
    assert shown(found["Khan"]) == (4, 2, 50.0, "not-met")
    assert shown(found["Registered"]) == (4, 0, 0.0, "not-met"), "named although they never registered"


async def test_only_the_networks_own_meetings_of_twelve_months_count(house: House) -> None:
    lead, jane = await house.organiser(RWP, role="lead"), await house.named("Jane", "Okafor")
    regional = await house.organiser(MIDLANDS)
    await a_meeting(house, lead, jane, days_ago=300)
    await a_meeting(house, lead, jane, days_ago=400)
    await a_meeting(house, lead, jane, days_ago=5, kind="masterclass")
    await a_meeting(house, regional, jane, days_ago=5, path=MIDLANDS)
    await a_meeting(house, lead, days_ago=-5)
    cancelled = await a_meeting(house, lead, days_ago=5)
    async with house.worker.transaction() as conn:
        await conn.execute("UPDATE events SET status = 'cancelled' WHERE id = $1", UUID(cancelled["id"]))

    assert shown((await report(house, lead))["Okafor"]) == (1, 1, 100.0, "met")


async def test_a_meeting_before_somebody_joined_is_not_held_against_them(house: House) -> None:
    lead, today = await house.organiser(RWP, role="lead"), clock.today()
    new = await house.member(RWP, since=today - timedelta(days=20))
    newest = await house.member(RWP, since=today)
    await house.profile(new.person_id, "New", "Comer")
    await house.profile(newest.person_id, "Newest", "Arrival")
    await a_meeting(house, lead, new, days_ago=10)
    await a_meeting(house, lead, days_ago=50)

    found = await report(house, lead)

    assert shown(found["Comer"]) == (1, 1, 100.0, "met")
    assert shown(found["Arrival"]) == (0, 0, None, "nothing-to-judge")


async def test_whoever_has_left_stands_on_it_no_longer(house: House) -> None:
    lead, gone = await house.organiser(RWP, role="lead"), await house.directory.person()
    membership = await house.directory.membership(gone.person_id, RWP)
    await house.profile(gone.person_id, "Long", "Gone")
    assert "Gone" in await report(house, lead)

    await house.end_membership(membership, gone.person_id)

    assert "Gone" not in await report(house, lead)
    own = await house.get(f"{URL}/mine?network={network_id(RWP)}", gone)
    assert problem(own)[:2] == (404, "not-found")


async def test_everybody_sees_themselves_and_nobody_else(house: House) -> None:
    lead, jane = await house.organiser(RWP, role="lead"), await house.named("Jane", "Okafor")
    amir = await house.named("Amir", "Khan")
    await a_meeting(house, lead, jane, days_ago=10)

    mine = thing(await house.get(f"{URL}/mine?network={network_id(RWP)}", jane))

    assert shown(mine) == (1, 1, 100.0, "met")
    assert "given_name" not in mine
    assert shown(thing(await house.get(f"{URL}/mine?network={network_id(RWP)}", amir))) == (1, 0, 0.0, "not-met")
    assert problem(await house.get(f"{URL}?network={network_id(RWP)}", jane))[:2] == (404, "not-found")
    assert problem(await house.get(f"{URL}/mine?network={network_id(RRK)}", jane))[:2] == (404, "not-found")


async def test_a_safe_space(house: House) -> None:
    """No lead sees attendance outside the meetings of their own network, and no other role sees it at all."""
    lead, jane = await house.organiser(RWP, role="lead"), await house.named("Jane", "Okafor")
    await house.directory.membership(jane.person_id, RRK, main=False)
    at_rrk = await house.organiser(RRK, role="lead")
    await a_meeting(house, at_rrk, jane, days_ago=10, path=RRK)

    assert shown((await report(house, lead))["Okafor"]) == (0, 0, None, "nothing-to-judge")
    assert shown((await report(house, at_rrk, RRK))["Okafor"]) == (1, 1, 100.0, "met")
    url = f"{URL}?network={network_id(RRK)}"
    assert problem(await house.get(url, lead))[:2] == (404, "not-found")
    assert problem(await house.get(url, await house.organiser(LONDON, role="lead")))[:2] == (404, "not-found")
    for role in ("organiser", "steward", "analyst"):
        refusal = problem(await house.get(url, await house.organiser(RRK, role=role)))
        assert refusal == (403, "forbidden", "Your role here does not include read meeting attendance.")


async def test_a_report_names_members_of_its_network_by_a_policy_of_its_own(house_of_its_own: House) -> None:
    house = house_of_its_own
    lead = await house.organiser(MIDLANDS, role="lead")
    await house.named("Jane", "Okafor", RWP)
    await house.named("Amir", "Khan", RRK)

    assert [name for name in await report(house, lead, RWP) if name != "None"] == ["Okafor"]
    await house.as_owner("DROP POLICY on_a_list_of_members ON projection_a.profiles")
    assert set(await report(house, lead, RWP)) == {"None"}, "without the policy nobody is named"


@pytest.mark.parametrize(
    ("query", "refusal"),
    [
        ("", (422, "invalid")),
        ("?network=rwp", (422, "invalid")),
        (f"?network={UUID(int=7)}", (409, "not-yet-known")),
        (f"?network={network_id(LONDON)}", (404, "not-found")),
        (f"?network={network_id(RWP)}&cursor=x", (422, "bad-cursor")),
    ],
)
async def test_a_mistake_in_the_question_is_told(house: House, query: str, refusal: tuple[int, str]) -> None:
    lead = await house.organiser(RWP, role="lead")

    assert problem(await house.get(f"{URL}{query}", lead))[:2] == refusal


async def test_pages_meet_without_gap_or_repeat(house: House) -> None:
    lead = await house.organiser(RWP, role="lead")
    for number in range(5):
        await house.named("Somebody", f"Number {number}")
    url = f"{URL}?network={network_id(RWP)}"
    everybody = thing(await house.get(url, lead))["items"]

    found, cursor = [], ""
    while True:
        page = thing(await house.get(f"{url}&limit=2{cursor}", lead))
        found += page["items"]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"

    assert len(found) == 6
    assert found == everybody
