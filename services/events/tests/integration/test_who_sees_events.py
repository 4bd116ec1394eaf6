"""Who sees and changes events: by their rule, by grants at their network or above, and in their own cell only."""

from uuid import uuid4

from events_house import LONDON, NATIONAL, RRK, RWP, House, a_plan, network_id, problem

NOTHING = (404, "not-found", "There is nothing here that you can see.")


async def test_a_published_event_is_seen_by_those_whom_its_rule_admits_and_by_its_networks_grants(house: House) -> None:
    organiser, steward = await house.organiser(), await house.organiser(role="steward")
    national, london = await house.organiser(NATIONAL), await house.organiser(LONDON)
    member, elsewhere = await house.member(RWP), await house.member(RRK)
    guest = await house.directory.person()

    event = await house.published(organiser, rule={"networks": [str(network_id(RWP))]})

    for somebody in (organiser, steward, national):
        assert (await house.read(event, somebody))["confirmed"] == 0
    assert (await house.read(event, member))["confirmed"] is None, "counts are for those at the door"
    for somebody in (elsewhere, guest, london):
        assert problem(await house.get(event["url"], somebody)) == NOTHING


async def test_only_a_grant_at_its_network_or_above_changes_an_event(house: House) -> None:
    organiser, steward, member = await house.organiser(), await house.organiser(role="steward"), await house.member()
    london, below = await house.organiser(LONDON, role="lead"), await house.organiser(RWP, role="lead")
    event = await house.published(organiser)
    before = await house.state()

    for somebody, refused in ((steward, 403), (member, 404), (london, 404), (below, 404)):
        for answer in (
            await house.change(event, somebody, venue="Room 5"),
            await house.post(f"{event['url']}/publish", somebody),
            await house.cancel(event, somebody),
            await house.post("/api/v1/cells/midlands/events", somebody, a_plan()),
        ):
            assert answer.status_code == refused, answer.text
    assert await house.state() == before


async def test_an_event_is_found_under_its_own_cell_only(house: House) -> None:
    organiser = await house.organiser(NATIONAL, role="lead")
    event = await house.published(organiser)
    before = await house.state()

    for cell in ("london", "national", "atlantis"):
        url = f"/api/v1/cells/{cell}/events/{event['id']}"
        assert problem(await house.get(url, organiser)) == NOTHING
        assert problem(await house.post(f"{url}/registrations", organiser)) == NOTHING
        assert problem(await house.post(f"{url}/cancel", organiser)) == NOTHING
        assert problem(await house.post(f"{url}/check-ins", organiser, {"code": "K93EGK3J"})) == NOTHING
    assert problem(await house.get(f"/api/v1/cells/midlands/events/{uuid4()}", organiser)) == NOTHING
    assert await house.state() == before


async def test_an_event_whose_network_has_not_arrived_is_not_yet_known(house: House) -> None:
    organiser, member = await house.organiser(), await house.member()
    event = await house.published(organiser)
    async with house.worker.transaction() as conn:
        await conn.execute("DELETE FROM access_networks WHERE path = 'national.midlands'")

    for answer in (await house.get(event["url"], member), await house.cancel(event, organiser)):
        assert problem(answer)[:2] == (409, "not-yet-known")
        assert answer.headers["retry-after"] == "1"


async def test_without_a_token_nothing_is_told(house: House) -> None:
    event = await house.published(await house.organiser())

    for url in (event["url"], "/api/v1/cells/atlantis/events", f"{event['url']}/registrations"):
        assert problem(await house.http.get(url))[0] == 401


async def test_grants_that_may_be_stale_decide_nothing_while_members_go_on(house: House) -> None:
    organiser, member = await house.organiser(), await house.member()
    draft, event = await house.draft(organiser), await house.published(organiser)
    async with house.worker.transaction() as conn:
        await conn.execute("UPDATE access_heartbeats SET at = at - interval '10 minutes'")

    for answer in (
        await house.get(draft["url"], organiser),
        await house.change(event, organiser, venue="Room 5"),
        await house.get(f"{event['url']}/registrations", organiser),
    ):
        assert problem(answer)[:2] == (503, "access-stale")
    assert (await house.read(event, member))["id"] == event["id"]
    assert (await house.register(event, member)).status_code == 201
