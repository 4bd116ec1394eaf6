"""What an answer says of persons, field by field: shown to those whom docs/rights.md names, and to nobody else."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from matrix import Case, ask, cases, verdict_of
from places import World
from rights_model import Caller, Thing, Verdict

ME, PERSON, NETWORK = "/api/v1/me", "/api/v1/people/{person_id}", "/api/v1/networks/{network_id}"
CELL = "/api/v1/cells/{cell}"
EVENT, REGISTRATIONS = f"{CELL}/events/{{event_id}}", f"{CELL}/registrations"
DOOR = frozenset({"lead", "organiser", "steward"})
Whoever = Callable[[Caller, Thing], bool]


def anybody(_caller: Caller, _thing: Thing) -> bool:
    """Of those who are answered at all."""
    return True


def nobody(_caller: Caller, _thing: Thing) -> bool:
    return False


def leads(caller: Caller, thing: Thing) -> bool:
    return any("lead" in caller.roles_at(networks) for networks in thing.at)


def the_door(caller: Caller, thing: Thing) -> bool:
    """Those who work at the network that holds it, and not at a co-host."""
    return any(DOOR & caller.roles_at(networks) for networks in thing.at)


def the_door_somewhere(caller: Caller, _thing: Thing) -> bool:
    return any(role in DOOR for role, _ in caller.grants)


COUNTS = {f"{CELL}/events": the_door_somewhere, f"{CELL}/drafts": anybody, EVENT: the_door}
NAMES = {
    ME: anybody,
    PERSON: anybody,
    f"{NETWORK}/members": leads,
    f"{NETWORK}/directory": anybody,
    f"{NETWORK}/join-requests": leads,
    f"{NETWORK}/join-requests/{{request_id}}": leads,
    f"{EVENT}/registrations": the_door,
    f"{EVENT}/attendance": the_door,
    f"{CELL}/meetings/attendance": leads,
}
FIELDS: Mapping[str, Mapping[str, Whoever]] = {
    "given_name": NAMES,
    "family_name": NAMES,
    "email": {
        ME: anybody,
        PERSON: anybody,
        f"{NETWORK}/directory": leads,
        f"{NETWORK}/join-requests": leads,
        f"{NETWORK}/join-requests/{{request_id}}": leads,
        f"{NETWORK}/invitations": leads,
    },
    "for_leads": {f"{NETWORK}/directory": leads},
    "confirmed": COUNTS,
    "waiting": COUNTS | {f"{CELL}/announcements": leads, f"{CELL}/announcements/{{announcement_id}}": leads},
    "code": {
        f"{EVENT}/registrations": the_door,
        REGISTRATIONS: anybody,
        f"{REGISTRATIONS}/{{registration_id}}": anybody,
    },
    "contact_email": {
        f"{CELL}/subscriptions": anybody,
        f"{CELL}/subscriptions/{{subscription_id}}": anybody,
    },
}
"""Fields about persons to the addresses that may say them, and to whom. What is held of oneself is all of it."""


def fields(value: Any) -> Iterator[str]:
    """Names of all that is said in an answer, at whatever depth."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if inner is not None:
                yield name
            yield from fields(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from fields(inner)


async def said_to_others(world: World) -> list[str]:
    """Fields about persons in answers to whom they are not for."""
    found = []
    for route in (one for one in world.places if one.startswith("GET ") and not one.endswith("/stream")):
        if "/held" in route:
            continue
        for case in cases(world, routes=[route]):
            if verdict_of(case) is Verdict.ALLOWED:
                found += [f"{name} in {case}" for name in await _said(world, case) if not _is_for(name, case)]
    return found


async def _said(world: World, case: Case) -> set[str]:
    told = (await ask(world, case)).answer
    if not told.is_success or "json" not in told.headers.get("content-type", ""):
        return set()
    return set(fields(told.json())) & set(FIELDS)


def _is_for(name: str, case: Case) -> bool:
    path = case.route.partition(" ")[2]
    return FIELDS[name].get(path, nobody)(case.principal.caller, case.thing)


@pytest.mark.faults
async def test_no_field_about_persons_is_said_to_anybody_whom_the_page_does_not_name(world: World) -> None:
    assert await said_to_others(world) == []
