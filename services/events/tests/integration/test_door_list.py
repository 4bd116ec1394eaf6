"""The door list: names found however they are spelled, for those who work at the event, and for nobody else."""

import pytest
from events_house import LONDON, RRK, RWP, House, Thing, network_id, problem, thing

from access.testing import Somebody
from events_service.consumers import CONSUMERS
from membership_contracts import Profile
from servicekit.testing import deliver
from servicekit.testing.deliveries import tombstone

PEOPLE = [("Siobhán", "O'Brien"), ("Jane", "Okafor"), ("Jan", "Smyth"), ("Amir", "Khan-Reyes"), ("Ayodele", "Smith")]


async def a_full_house(house: House) -> tuple[Somebody, Thing]:
    event = await house.published(await house.organiser(), capacity=4)
    for given_name, family_name in PEOPLE:
        await house.registered(event, await house.named(given_name, family_name))
    return await house.organiser(role="steward"), event


async def names(house: House, event: Thing, who: Somebody, query: str = "") -> list[str]:
    answer = await house.get(f"{event['url']}/registrations{query}", who)
    assert answer.status_code == 200, answer.text
    return [f"{entry['given_name']} {entry['family_name']}" for entry in thing(answer)["items"]]


async def test_it_is_in_order_of_family_names(house: House) -> None:
    steward, event = await a_full_house(house)

    assert await names(house, event, steward) == [
        "Amir Khan-Reyes",
        "Siobhán O'Brien",
        "Jane Okafor",
        "Ayodele Smith",
        "Jan Smyth",
    ]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("okaf", {"Jane Okafor"}),
        ("jan", {"Jane Okafor", "Jan Smyth"}),
        ("jan sm", {"Jan Smyth"}),
        ("OBRIEN", {"Siobhán O'Brien"}),
        ("o'brian", {"Siobhán O'Brien"}),
        ("siobhan", {"Siobhán O'Brien"}),
        ("smith", {"Jan Smyth", "Ayodele Smith"}),
        ("reyes", {"Amir Khan-Reyes"}),
        ("khan-reyes amir", {"Amir Khan-Reyes"}),
        ("okafer", {"Jane Okafor"}),
        ("zebedee", set()),
    ],
)
async def test_a_name_is_found_however_it_is_spelled(house: House, typed: str, found: set[str]) -> None:
    steward, event = await a_full_house(house)

    assert set(await names(house, event, steward, f"?name={typed}")) == found


async def test_who_is_spelled_so_comes_before_who_is_spelled_alike(house: House) -> None:
    steward, event = await a_full_house(house)

    assert await names(house, event, steward, "?name=smyth") == ["Jan Smyth", "Ayodele Smith"]


async def test_it_can_be_asked_for_one_status(house: House) -> None:
    steward, event = await a_full_house(house)

    assert await names(house, event, steward, "?status=waiting") == ["Ayodele Smith"]
    assert len(await names(house, event, steward, "?status=confirmed")) == 4
    assert await names(house, event, steward, "?status=cancelled") == []
    refusal = problem(await house.get(f"{event['url']}/registrations?status=asleep", steward))
    assert refusal[:2] == (422, "invalid")


async def test_pages_meet_without_gap_or_repeat(house: House) -> None:
    steward, event = await a_full_house(house)
    everybody = await names(house, event, steward)

    first = thing(await house.get(f"{event['url']}/registrations?limit=3", steward))
    second = thing(await house.get(f"{event['url']}/registrations?limit=3&cursor={first['next']}", steward))

    found = [f"{entry['given_name']} {entry['family_name']}" for entry in first["items"] + second["items"]]
    assert found == everybody
    assert second["next"] is None
    refusal = problem(await house.get(f"{event['url']}/registrations?name=j&cursor={first['next']}", steward))
    assert refusal[:2] == (422, "bad-cursor")


async def test_somebody_whose_name_is_not_known_yet_stands_on_it_nevertheless(house: House) -> None:
    event, steward = await house.published(await house.organiser()), await house.organiser(role="steward")
    registration = await house.registered(event, await house.member())

    (entry,) = thing(await house.get(f"{event['url']}/registrations", steward))["items"]

    assert (entry["id"], entry["given_name"], entry["family_name"]) == (registration["id"], None, None)


async def test_it_is_for_those_who_work_at_the_event(house: House) -> None:
    _, event = await a_full_house(house)

    for somebody in (
        await house.member(),
        await house.organiser(LONDON, role="lead"),
        await house.organiser(RRK, role="lead"),
        await house.directory.person(),
    ):
        refusal = problem(await house.get(f"{event['url']}/registrations", somebody))
        assert refusal == (404, "not-found", "There is nothing here that you can see.")


async def test_the_newest_name_is_shown_whichever_cell_told_it(house: House) -> None:
    event, steward = await house.published(await house.organiser()), await house.organiser(role="steward")
    person = await house.named("Jane", "Okafor")
    await house.registered(event, person)

    await house.profile(person.person_id, "Jane", "Okafor-Reed", cell="london", version=3)
    await house.profile(person.person_id, "Jane", "Old", version=2)

    assert await names(house, event, steward) == ["Jane Okafor-Reed"]


async def test_an_older_profile_never_replaces_a_newer_one(house: House) -> None:
    event, steward = await house.published(await house.organiser()), await house.organiser(role="steward")
    person = await house.directory.person(RWP)
    await house.registered(event, person)

    await house.profile(person.person_id, "Jane", "New", version=2)
    await house.profile(person.person_id, "Jane", "Old", version=1)

    assert await names(house, event, steward) == ["Jane New"]


async def test_a_tombstone_takes_away_only_what_its_cell_told(house: House) -> None:
    event, steward = await house.published(await house.organiser()), await house.organiser(role="steward")
    person = await house.named("Jane", "Okafor")
    await house.registered(event, person)
    await house.profile(person.person_id, "Jane", "Okafor", cell="london", version=2)
    key = str(person.person_id)

    await deliver(house.worker, CONSUMERS, tombstone(Profile, key, cell="midlands", version=3))
    assert await names(house, event, steward) == ["Jane Okafor"]

    await deliver(house.worker, CONSUMERS, tombstone(Profile, key, cell="london", version=3))
    assert await names(house, event, steward) == ["None None"]


async def test_no_address_is_kept(house: House) -> None:
    person = await house.named("Jane", "Okafor")

    async with house.worker.reading() as conn:
        rows = await conn.fetch("SELECT to_jsonb(p)::text AS row FROM profiles p")

    assert len(rows) == 1
    assert str(person.person_id) in rows[0]["row"]
    assert "@" not in rows[0]["row"]


async def flags(house: House, event: Thing, who: Somebody) -> dict[str, str | None]:
    answer = await house.get(f"{event['url']}/registrations", who)
    assert answer.status_code == 200, answer.text
    return {entry["id"]: entry["flag"] for entry in thing(answer)["items"]}


async def test_who_has_a_place_and_may_not_come_any_more_is_flagged_and_keeps_it(house: House) -> None:
    organiser, stays, leaves = await house.organiser(), await house.member(), await house.directory.person()
    membership = await house.directory.membership(leaves.person_id, RWP)
    event = await house.published(organiser)
    kept, flagged = await house.registered(event, stays), await house.registered(event, leaves)
    assert await flags(house, event, organiser) == {kept["id"]: None, flagged["id"]: None}

    await house.end_membership(membership, leaves.person_id)

    assert await flags(house, event, organiser) == {kept["id"]: None, flagged["id"]: "no-member"}
    assert (await house.read(flagged, leaves))["status"] == "confirmed"
    assert "registration-cancelled" not in {signal["type"] for signal in await house.signals()}
    await house.directory.membership(leaves.person_id, RWP)
    assert (await flags(house, event, organiser))[flagged["id"]] is None, "they came back"


async def test_a_registration_given_up_is_flagged_no_more(house: House) -> None:
    organiser, leaves = await house.organiser(), await house.directory.person()
    membership = await house.directory.membership(leaves.person_id, RWP)
    event = await house.published(organiser)
    registration = await house.registered(event, leaves)
    await house.end_membership(membership, leaves.person_id)

    await house.cancel(registration, leaves)

    assert await flags(house, event, organiser) == {registration["id"]: None}


async def test_a_flag_is_judged_by_all_memberships_also_of_networks_that_the_steward_has_no_part_in(
    house: House,
) -> None:
    lead, visitor = await house.organiser(RWP, role="lead"), await house.member(RRK)
    wide = {"networks": [str(network_id(RRK)), str(network_id(RWP))]}
    event = await house.published(lead, path=RWP, rule=wide)
    registration = await house.registered(event, visitor)

    assert await flags(house, event, lead) == {registration["id"]: None}


async def test_whoever_leaves_after_the_event_is_not_flagged_on_it(house: House) -> None:
    organiser, leaves = await house.organiser(), await house.directory.person()
    membership = await house.directory.membership(leaves.person_id, RWP)
    event = await house.published(organiser)
    registration = await house.registered(event, leaves)
    await house.let_it_pass(event)

    await house.end_membership(membership, leaves.person_id)

    assert await flags(house, event, organiser) == {registration["id"]: None}
