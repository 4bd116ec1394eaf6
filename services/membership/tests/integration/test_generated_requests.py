"""Requests made up from membership's own description: each is answered as it is described, and nothing breaks."""

import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from figures import Figures
from generated_requests import World, generated, judge
from joiners import ask, invite, newcomer, set_policy
from membership_house import House

from access.testing import Somebody
from membership_service.app import create_app
from membership_service.networks.model import network_id
from membership_service.people.model import Person
from servicekit import clock

TODAY = clock.today()
LATER = TODAY + timedelta(days=9)
PEOPLE = "given_name,family_name,email\n"


def net(code: str) -> str:
    return str(network_id(code))


async def a_world(house: House) -> World:
    person, membership = await house.member("RWP")
    lead = await house.sign_in(person)
    for role in ("lead", "privacy-officer"):
        await house.give(person.id, role, "national")
    own = [await house.begin(person, code) for code in ("RJ1", "RJC", "RXK")]
    guests = [await house.guest() for _ in range(6)]
    members = [await house.member("RRK") for _ in range(9)]
    leaving = [(await house.member("RRK"))[0] for _ in range(3)]
    grants = [await house.give(one.id, "steward", "RRK") for one, _ in members[:4]]
    for code in ("RRK", "RJ2", "RRV"):
        await set_policy(house, lead, code, "by-approval")
    await house.settle()
    there = await what_is_there(house, lead)
    there.values |= {"path.erasure_id": [await erased(house, lead, leaving[2])]}
    return World(
        app=create_app(house.settings),
        bearer=house.issuer.bearer(lead.subject, email=person.email, exp=int(time.time()) + 3000),
        heartbeat=house.settle,
        values={
            "path.network_id": [net("RRK"), net("RWP")],
            "path.person_id": [str(one.id) for one, _ in members[:4]],
            "path.membership_id": [str(one.id) for _, one in members[:3]],
            "path.grant_id": [str(grant.id) for grant in grants],
            "query.network": [net("RRK")],
            "query.region": [net("Y60")],
            "query.kind": ["people"],
            "header.if-match": ['"1"', '"0"', '"2"'],
            "body.network_id": [net("RRK")],
            "body.person_id": [str(one.id) for one in guests],
        }
        | there.values,
        operations={
            "people-erase-person": {"path.person_id": [str(one.id) for one in leaving[:2]]},
            "memberships-end": {"path.membership_id": [str(one.id) for _, one in members[3:6]]},
            "memberships-move": {"path.membership_id": [str(one.id) for _, one in members[6:]]},
            "memberships-leave": {"path.membership_id": [str(one.id) for one in own[:2]]},
            "memberships-make-main": {"path.membership_id": [str(own[2].id), str(membership.id)]},
            "networks-list-networks": {"query.kind": ["trust"]},
            "joining-list-joinable": {"query.kind": ["trust"]},
            "joining-ask": {"path.network_id": [net("RJ2"), net("RRV")]},
        }
        | there.operations,
        bodies={
            "network changes-plan": [a_rename(house, code) for code in ("R0A", "RBS")],
            "network changes-close-group": [{"on": str(LATER)}],
            "networks-found-group": [{"name": "Theatres", "trusts": [net("RWP")]}],
            "people-register": [{"given_name": "Ada", "family_name": "Obi", "email": "ada.new@rwp.example"}],
            "people-change": [{"given_name": "Adanna"}],
            "memberships-begin": [
                {"person_id": str(one.id), "network_id": net("RRK"), "since": str(TODAY)} for one in guests[:2]
            ],
            "memberships-change": [{"sector": "acute"}],
            "memberships-end": [{"on": str(TODAY)}],
            "memberships-move": [{"network_id": net("RWP"), "on": str(TODAY)}],
            "memberships-leave": [{"on": str(TODAY)}],
            "directory-choose": [{"shown": "name-only"}],
            "joining-set-joining": [{"policy": "by-approval"}],
            "joining-refuse": [{"reason": "Not of our trust."}],
            "invitations-accept": [{"secret": secret} for secret in there.secrets],
            "grants-give": [{"person_id": str(members[8][0].id), "network_id": net("RRK"), "role": "steward"}],
            "agreements-make": [an_agreement(house)],
            "agreements-end": [{"on": str(LATER)}],
            "imports-request-import": [PEOPLE],
        },
    )


async def erased(house: House, officer: Somebody, person: Person) -> str:
    answer = await house.http.post(f"/api/v1/people/{person.id}/erasure", headers=officer.bearer)
    assert answer.is_success, answer.text
    told = answer.json()
    found: str = told.get("id") or told["erasure_id"]
    return found


class There(dict[str, Any]):
    values: dict[str, list[str | int]]
    operations: Mapping[str, Mapping[str, list[str | int]]]
    secrets: list[str]


async def what_is_there(house: House, lead: Somebody) -> There:
    """Changes that are planned, groups, requests to join, invitations, agreements and an import."""

    async def made(path: str, **given: Any) -> str:
        headers = lead.bearer | given.pop("headers", {})
        answer = await house.http.post(f"/api/v1/{path}", headers=headers, **given)
        assert answer.is_success, answer.text
        told = answer.json()
        found: str = told["id"] if "id" in told else told["network"]["id"]
        return found

    changes = [await made("networks/changes", json=a_rename(house, code)) for code in ("RTG", "RXW", "RHM")]
    groups = [await made("networks", json={"name": f"Group {number}"}) for number in range(3)]
    requests = [(await ask(house, newcomer(house, f"nora{number}"), "RRK")).json()["id"] for number in range(6)]
    own = (await ask(house, lead.bearer, "RRK", given_name=None, family_name=None)).json()["id"]
    revoked = [(await invite(house, lead, "RRK"))["id"] for _ in range(2)]
    agreements = [await made("agreements", json=an_agreement(house)) for _ in range(6)]
    imports = [
        await made("imports?kind=people", headers={"content-type": "text/csv"}, content=PEOPLE.encode())
        for _ in range(2)
    ]
    there = There()
    there.secrets = [(await invite(house, lead, code))["secret"] for code in ("RRV", "RYJ")]
    there.values = {
        "path.change_id": changes,
        "path.request_id": requests[:2],
        "path.invitation_id": revoked,
        "path.agreement_id": agreements[:3],
        "path.import_id": imports,
    }
    there.operations = {
        "network changes-close-group": {"path.network_id": groups[:2]},
        "networks-list-trusts-of-group": {"path.network_id": groups[2:]},
        "joining-approve": {"path.network_id": [net("RRK")], "path.request_id": requests[2:4]},
        "joining-refuse": {"path.network_id": [net("RRK")], "path.request_id": requests[4:]},
        "joining-withdraw": {"path.request_id": [own]},
        "agreements-end": {"path.agreement_id": agreements[3:]},
    }
    return there


def a_rename(house: House, code: str) -> dict[str, Any]:
    return {"network_id": net(code), "what": "rename", "day": str(LATER), "name": f"Another name of {code}"}


def an_agreement(house: House) -> dict[str, Any]:
    return {
        "network_id": net("national"),
        "body": "NHS Providers",
        "client_id": "nhs-providers",
        "issuer": house.issuer.url,
        "purpose": "To credit what you learned",
        "networks": [net("national")],
        "fields": {"guildhall.events.attendance-recorded.v1": ["person_id", "event_id"]},
        "starts_on": str(TODAY),
        "ends_on": str(TODAY + timedelta(days=365)),
    }


async def test_what_is_there_is_answered_as_it_is_described(
    house: House, tmp_path: Path, unused_tcp_port: int, seed: int, figures: Figures
) -> None:
    """A sample: real values, one by one."""
    outcome = await generated(await a_world(house), tmp_path, unused_tcp_port, seed=seed, phases=["examples"])

    judge(outcome, "membership, by example", figures, sample=True)


@pytest.mark.faults
async def test_every_request_is_answered_as_it_is_described(
    house: House, tmp_path: Path, unused_tcp_port: int, seed: int, figures: Figures
) -> None:
    outcome = await generated(await a_world(house), tmp_path, unused_tcp_port, seed=seed)

    judge(outcome, "membership", figures)
