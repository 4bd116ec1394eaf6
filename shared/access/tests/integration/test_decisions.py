"""Who may do what, decided by projected grants; what cannot be decided is refused."""

from datetime import timedelta
from typing import Any

import pytest
from fastapi import APIRouter
from hello_service import router

from access import application
from access.testing import client
from servicekit import clock
from servicekit.ids import new_id
from servicekit.web.rules import UnguardedRoute


async def test_a_lead_reads_their_own_network_and_below(hello: Any) -> None:
    lead = await hello.directory.lead("national.midlands")

    for path in ("national.midlands", "national.midlands.rwp"):
        assert (await hello.http.get(f"/members/{path}", headers=lead.bearer)).status_code == 200


async def test_another_region_is_as_if_it_were_not_there(hello: Any) -> None:
    lead = await hello.directory.lead("national.midlands")

    there = await hello.http.get("/members/national.london", headers=lead.bearer)
    nowhere = await hello.http.get("/members/national.atlantis", headers=lead.bearer)

    assert there.status_code == nowhere.status_code == 404
    assert there.json()["detail"] == nowhere.json()["detail"] == "There is nothing here that you can see."


async def test_a_path_that_only_begins_alike_is_another_network(hello: Any) -> None:
    lead = await hello.directory.lead("national.midlands")

    assert (await hello.http.get("/members/national.midlandsx", headers=lead.bearer)).status_code == 404


async def test_a_role_that_does_not_suffice_is_told_so(hello: Any) -> None:
    steward = await hello.directory.lead("national.midlands", role="steward")

    assert (await hello.http.get("/doors/national.midlands.rwp", headers=steward.bearer)).status_code == 200
    refused = await hello.http.get("/members/national.midlands.rwp", headers=steward.bearer)
    assert refused.status_code == 403
    assert refused.json()["code"] == "forbidden"


async def test_an_unknown_role_allows_nothing(hello: Any) -> None:
    odd = await hello.directory.lead("national.midlands", role="archduke")

    assert (await hello.http.get("/doors/national.midlands", headers=odd.bearer)).status_code == 403


async def test_a_revocation_is_effective_with_the_next_request(hello: Any) -> None:
    lead = await hello.directory.lead("national.midlands")
    assert (await hello.http.get("/members/national.midlands", headers=lead.bearer)).status_code == 200

    await hello.directory.revoke_all(lead.person_id, "national.midlands")

    assert (await hello.http.get("/members/national.midlands", headers=lead.bearer)).status_code == 404


@pytest.mark.parametrize(("from_now", "until", "status"), [(-10, None, 200), (10, None, 404), (-10, -5, 404)])
async def test_a_grant_counts_from_its_first_to_its_last_instant(
    hello: Any, from_now: int, until: int | None, status: int
) -> None:
    person = await hello.directory.person("national.midlands")
    now = clock.now()
    await hello.directory.grant(
        person.person_id,
        "lead",
        "national.midlands",
        starts_at=now + timedelta(minutes=from_now),
        ends_at=None if until is None else now + timedelta(minutes=until),
    )

    got = await hello.http.get("/members/national.midlands", headers=person.bearer)

    assert got.status_code == status


async def test_stale_grants_decide_nothing_while_own_actions_go_on(hello: Any) -> None:
    lead = await hello.directory.lead("national.midlands")
    await hello.directory.heartbeat(at=clock.now() - timedelta(seconds=hello.settings.access_bound_seconds + 5))

    refused = await hello.http.get("/members/national.midlands", headers=lead.bearer)

    assert refused.status_code == 503
    assert refused.json()["code"] == "access-stale"
    assert refused.headers["retry-after"] == "5"
    assert (await hello.http.get("/networks", headers=lead.bearer)).status_code == 200


async def test_whoever_is_not_linked_is_told_how_to_join(hello: Any) -> None:
    stranger = hello.directory.issuer.bearer("stranger")

    assert (await hello.http.get("/signed-in", headers=stranger)).status_code == 200
    for path in ("/networks", "/members/national"):
        refused = await hello.http.get(path, headers=stranger)
        assert refused.status_code == 403
        assert refused.json()["code"] == "not-linked"


async def test_a_guest_is_a_person_without_a_membership(hello: Any) -> None:
    guest = await hello.directory.person()

    assert (await hello.http.get("/networks", headers=guest.bearer)).status_code == 200
    assert (await hello.http.get("/members/national", headers=guest.bearer)).status_code == 404


async def test_only_a_client_that_signed_in_as_itself_is_a_partner(hello: Any) -> None:
    partner = hello.directory.issuer.bearer("nhs-providers", client_id="nhs-providers")
    member = await hello.directory.person("national.london")
    disguised = hello.directory.issuer.bearer(member.subject, client_id="nhs-providers")

    assert (await hello.http.get("/streams", headers=partner)).json() == "nhs-providers"
    assert (await hello.http.get("/streams", headers=disguised)).status_code == 403


async def test_without_a_token_only_what_is_for_anyone_answers(hello: Any) -> None:
    assert (await hello.http.get("/public")).status_code == 200
    refused = await hello.http.get("/networks")
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Bearer")


async def test_row_level_security_shows_a_lead_their_own_people_only(hello: Any) -> None:
    """The count comes from the table itself: the route's own query has no filter."""
    for path, people in (("national.midlands.rwp", 3), ("national.london", 5)):
        for _ in range(people):
            await hello.directory.person(path)
    lead = await hello.directory.lead("national.midlands")
    nation = await hello.directory.lead("national")

    assert (await hello.http.get("/members/national.midlands", headers=lead.bearer)).json() == 3 + 1
    assert (await hello.http.get("/members/national", headers=nation.bearer)).json() == 3 + 5 + 2


def unguarded() -> APIRouter:
    routes = APIRouter()

    @routes.get("/secrets")
    async def secrets() -> str:
        return "for everybody"

    return routes


async def test_an_application_with_an_unguarded_route_does_not_start(hello: Any) -> None:
    given = {"title": "hello", "settings": hello.settings, "schema": hello.schema, "consumers": []}

    with pytest.raises(UnguardedRoute, match="GET /secrets"):
        application(**given, routers=[router(), unguarded()])

    async with client(application(**given, routers=[unguarded()], check=lambda _app: None)) as http:
        assert (await http.get("/secrets")).json() == "for everybody", "without the guard it is open to all"


async def test_membership_signals_arrive_in_any_order(hello: Any) -> None:
    """The network comes after the membership, the newer version before the older."""
    person = await hello.directory.person("national.midlands.xyz", person_id=new_id())
    await hello.directory.grant(person.person_id, "lead", "national.midlands.xyz")
    assert (await hello.http.get("/members/national.midlands.xyz", headers=person.bearer)).status_code == 404

    await hello.directory.network("national.midlands.xyz")

    assert (await hello.http.get("/members/national.midlands.xyz", headers=person.bearer)).json() == 1
