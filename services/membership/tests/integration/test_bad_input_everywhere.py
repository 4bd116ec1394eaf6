"""Whatever is bad about a request to membership is refused in words, by every route, and leaves nothing behind."""

from datetime import timedelta
from typing import Any

from joiners import ask, invite, set_policy
from membership_house import House

from access.testing import Somebody
from membership_service.app import create_app
from membership_service.imports.api import LIMITS
from membership_service.networks.model import network_id
from servicekit import clock
from servicekit.testing.bad_input import Walk, contents
from servicekit.web import Cursors, read_keys

TODAY = clock.today()


async def test_every_route_refuses_whatever_is_bad_about_a_request(house: House) -> None:
    person, membership = await house.member("RWP")
    lead = await house.sign_in(person)
    for role in ("lead", "privacy-officer"):
        grant = await house.give(person.id, role, "national")
    walk = Walk(
        app=create_app(house.settings),
        http=house.http,
        caller=lambda operation: lead.bearer,
        known={
            "network_id": str(network_id("RRK")),
            "network": str(network_id("RRK")),
            "person_id": str(person.id),
            "membership_id": str(membership.id),
            "grant_id": str(grant.id),
            "kind": "people",
        }
        | await what_is_there(house, lead),
        cursors=Cursors(read_keys(house.settings.secrets_dir, "cursor")),
        limits=LIMITS,
    )
    before = await contents(house.database.admin)

    assert await walk.faults() == []
    assert await contents(house.database.admin) == before


async def what_is_there(house: House, lead: Somebody) -> dict[str, str]:
    """A change that is planned, a request to join, an invitation, an agreement and an import."""

    async def made(path: str, **given: Any) -> str:
        answer = await house.http.post(f"/api/v1/{path}", headers=lead.bearer | given.pop("headers", {}), **given)
        assert answer.is_success, answer.text
        found: str = answer.json()["id"]
        return found

    nation, midlands = (str(network_id(code)) for code in ("national", "Y60"))
    await set_policy(house, lead, "RRK", "by-approval")
    asked = await ask(house, lead.bearer, "RRK")
    rename = {"network_id": midlands, "what": "rename", "day": str(TODAY + timedelta(days=9)), "name": "The middle"}
    agreement = {
        "network_id": nation,
        "body": "NHS Providers",
        "client_id": "nhs-providers",
        "issuer": house.issuer.url,
        "purpose": "To credit what you learned",
        "networks": [nation],
        "fields": {"guildhall.events.attendance-recorded.v1": ["person_id", "event_id"]},
        "starts_on": str(TODAY),
        "ends_on": str(TODAY + timedelta(days=365)),
    }
    return {
        "change_id": await made("networks/changes", json=rename),
        "request_id": asked.json()["id"],
        "invitation_id": (await invite(house, lead, "RRK"))["id"],
        "agreement_id": await made("agreements", json=agreement),
        "import_id": await made("imports?kind=people", headers={"content-type": "text/csv"}, content=b"given_name\n"),
    }
