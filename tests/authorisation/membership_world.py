"""Membership with everybody in it, and the things of its routes: own ones, those of others near and far, and none."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from cast import UNLINKED_ADDRESS, by_name, client_of, opened, partners, person, strangers, unlinked
from membership_house import House, found
from membership_places import PLACES
from membership_things import ABOUT_PERSONS, ASKED_BY_ALL, CODES, NO_SECRETS, Membership, batches, id_at, things
from places import (
    CLIENTS,
    ERASED,
    LONDON,
    MIDLANDS,
    NATIONAL,
    OTHER_REGION,
    OWN,
    PEOPLE,
    RJ1,
    RRK,
    RWP,
    SAME_REGION,
    SAME_TRUST,
    SUBJECTS,
    World,
)

from access.testing import Issuer
from membership_service.networks.model import network_id
from servicekit import clock


@asynccontextmanager
async def membership(postgres: str, cells_file: Path, issuer: Issuer, secrets: Path) -> AsyncIterator[World]:
    async with opened(
        "membership",
        postgres=postgres,
        cells_file=cells_file,
        issuer=issuer,
        secrets=secrets,
        reference_dir=Path(__file__).parents[2] / "reference",
    ) as service:
        house = House(
            service.http,
            service.worker,
            service.api,
            service.database,
            service.settings,
            issuer,
            service.directory.cells,
        )
        async with service.worker.transaction() as conn:
            await found(conn, service.settings.reference_dir)
        await house.settle()
        here = Membership(service, house)
        await _people(here)
        await _things(here)
        async with service.with_nothing_lasting() as database:
            yield World(service, database, here.principals, things(here), PLACES, NO_SECRETS, batches(here))


async def _people(here: Membership) -> None:
    house = here.house
    for name, (memberships, grant) in PEOPLE.items():
        guest = await house.guest(given_name=name.title().replace(" ", ""))
        for path in memberships:
            begun = await house.begin(guest, CODES[path], main=path == memberships[0])
            here.own[name] = {"membership_id": str(begun.id), "path": path}
        somebody = await house.sign_in(guest)
        if grant:
            held = await house.give(somebody.person_id, grant[0], CODES[grant[1]])
            here.own.setdefault(name, {})["grant_id"] = str(held.id)
        here.principals[name] = person(name, somebody)
    for where, path in SUBJECTS.items():
        subject, its = await house.member(CODES[path], family_name=f"Subject{where.title().replace(' ', '')}")
        here.subjects[where] = subject.id, its.id
    here.guest = str((await house.guest(given_name="Gus", family_name="SubjectGuest")).id)
    await house.guest(given_name="Una", email=UNLINKED_ADDRESS)
    await _suspended(here)
    await here.opened.erase(here.subjects[ERASED][0])


async def _suspended(here: Membership) -> None:
    """Whoever was a member and a lead is neither any more."""
    whose = here.principals["suspended"].person_id
    assert whose is not None
    body = {"person_id": str(whose), "network_id": id_at(RWP), "since": "2020-01-01"}
    begun = await here.told("national lead", "POST", "memberships", json=body)
    held = await here.house.give(whose, "lead", "RWP")
    yesterday = str(clock.today() - timedelta(days=1))
    await here.told("national lead", "POST", f"grants/{held.id}/end", json={})
    await here.told("national lead", "POST", f"memberships/{begun['id']}/end", json={"on": yesterday})
    await here.house.settle()


async def _things(here: Membership) -> None:
    await _networks(here)
    await _agreements(here)
    for name in PEOPLE:
        asked = await here.told(name, "POST", f"networks/{network_id(ASKED_BY_ALL)}/join-requests", json={})
        here.own.setdefault(name, {})["request_id"] = asked["id"]
    await _of_subjects(here)
    csv = {"content": b"given_name\n", "headers": {"content-type": "text/csv"}}
    job = await here.told("national lead", "POST", "imports?kind=people", **csv)
    here.made["import_id"] = {OWN: job["id"]}
    for principal in (*strangers(here.house.issuer), unlinked(here.house.issuer)):
        here.principals[principal.name] = principal
    agreements = {name: here.made["agreement_id"][path] for name, path in CLIENTS.items()}
    here.principals |= by_name(*partners(here.house.issuer, agreements))
    for table in ("people", "memberships"):
        for row in await here.opened.rows(f"SELECT id, version FROM {table}"):
            here.versions[str(row["id"])] = row["version"]
    await here.house.settle()


async def _networks(here: Membership) -> None:
    policy = {"json": {"policy": "by-approval"}, "headers": {"If-Match": '"0"'}}
    for path in (RWP, RRK, RJ1):
        await here.told("national lead", "PUT", f"networks/{id_at(path)}/joining", **policy)
    await here.told("national lead", "PUT", f"networks/{network_id(ASKED_BY_ALL)}/joining", **policy)
    groups, changes, invitations = {}, {}, {}
    for where, trust in ((SAME_REGION, RRK), (OTHER_REGION, RJ1)):
        body = {"name": f"Group {where}", "trusts": [id_at(trust)]}
        groups[where] = (await here.told("national lead", "POST", "networks", json=body))["id"]
    closing = {"name": "A group that closes", "trusts": [id_at(RWP)]}
    await here.house.settle()
    closed = await here.told("national lead", "POST", "networks", json=closing)
    await here.house.settle()
    day = str(clock.today() + timedelta(days=9))
    planned = await here.told("national lead", "POST", f"networks/{closed['id']}/close", json={"on": day})
    changes[SAME_REGION] = planned["id"]
    rename = {"network_id": id_at(MIDLANDS), "what": "rename", "day": day, "name": "The middle"}
    changes["the nation"] = (await here.told("national lead", "POST", "networks/changes", json=rename))["id"]
    for where, path in ((SAME_TRUST, RWP), (SAME_REGION, RRK), (OTHER_REGION, RJ1)):
        made = await here.told("national lead", "POST", f"networks/{id_at(path)}/invitations", json={})
        invitations[where], here.secrets[where] = made["id"], made["secret"]
    here.made |= {"group_id": groups, "change_id": changes, "invitation_id": invitations}


async def _agreements(here: Membership) -> None:
    made = {}
    for path, name in ((MIDLANDS, "partner"), (LONDON, "other partner"), (NATIONAL, "nobody else")):
        body = {
            "network_id": id_at(path),
            "body": f"Body of {name}",
            "client_id": client_of(name),
            "issuer": here.house.issuer.url,
            "purpose": "To credit what you learned",
            "networks": [id_at(path)],
            "fields": ABOUT_PERSONS,
            "starts_on": str(clock.today()),
            "ends_on": str(clock.today() + timedelta(days=365)),
        }
        made[path] = (await here.told("national lead", "POST", "agreements", json=body))["id"]
    here.made["agreement_id"] = made


async def _of_subjects(here: Membership) -> None:
    """A grant of each, a privacy officer's among them, and a request to join and one to be erased beside each."""
    grants, requests, erasures = {}, {}, {}
    for where in (SAME_TRUST, SAME_REGION, OTHER_REGION):
        whose, path = here.subjects[where][0], SUBJECTS[where]
        grants[where] = str((await here.house.give(whose, "steward", CODES[path])).id)
        asking = await here.house.sign_in(await here.house.guest(family_name=f"Asking{where.title().replace(' ', '')}"))
        asked = await here.opened.told("POST", f"/api/v1/networks/{id_at(path)}/join-requests", asking.bearer, json={})
        requests[where] = asked["id"]
        leaving, _ = await here.house.member(CODES[path])
        signed_in = await here.house.sign_in(leaving)
        erasures[where] = (await here.opened.told("POST", "/api/v1/me/erasure", signed_in.bearer))["id"]
    officer = await here.house.give(here.subjects[SAME_REGION][0], "privacy-officer", "Y60")
    here.made |= {
        "grant_id": grants | {"privacy officer's": str(officer.id)},
        "request_id": requests,
        "erasure_id": erasures,
    }
