"""Requests made up from events' own description: each is answered as it is described, and nothing breaks."""

import time
from pathlib import Path
from uuid import UUID

import pytest
from events_house import MIDLANDS, House, Thing, a_plan, in_days, network_id, thing
from figures import Figures
from generated_requests import World, generated, judge

from access.testing import Somebody
from events_service.app import create_app
from servicekit import clock

HERE = "/api/v1/cells/midlands"
LINK = {"link": "https://meet.example.org/flow"}


async def a_world(house: House) -> World:
    lead, other = await house.organiser(role="lead"), await house.member()
    events = [await house.published(lead, mode="online") for _ in range(8)]
    later = [await house.published(lead, mode="online") for _ in range(8)]
    to_cancel = [await house.published(lead) for _ in range(4)]
    registrations = [await house.registered(event, lead) for event in events]
    given_up = [await house.registered(event, await house.member()) for event in events[:4]]
    calendars = [thing(await house.post(f"{HERE}/calendars", who)) for who in (lead, lead, lead, other)]
    begun, door, inside = await an_open_door(house, lead)
    for event in events[:4]:
        given = await house.http.put(
            f"{event['url']}/joining-link", json=LINK, headers=lead.bearer | {"If-Match": '"0"'}
        )
        assert given.is_success, given.text
    return World(
        app=create_app(house.settings),
        bearer=house.directory.issuer.bearer(lead.subject, exp=int(time.time()) + 3000),
        heartbeat=house.directory.heartbeat,
        # Below calendars/ stands an id to be deleted, too: for that route a feed's name is only a bad id.
        without={"calendars-read-feed": ["unsupported_method", "allow_header_conformance"]},
        values={
            "path.person_id": [str(lead.person_id)],
            "path.cell": ["midlands"],
            "path.event_id": ids(events),
            "path.registration_id": ids(registrations),
            "path.calendar_id": ids(calendars[:3]),
            "path.secret": [calendars[3]["address"].rsplit("/", 1)[-1].removesuffix(".ics")],
            "header.if-match": ['"1"', '"2"'],
            "query.network": [str(network_id(MIDLANDS))],
            "body.network_id": [str(network_id(MIDLANDS))],
            "body.zone": ["Europe/London"],
            "body.starts": [in_days(30)],
            "body.ends": [in_days(30, hour=16)],
            "body.link": [LINK["link"]],
        },
        operations={
            "events-publish": {"path.event_id": ids([await house.draft(lead) for _ in range(8)])},
            "events-cancel": {"path.event_id": ids(to_cancel)},
            "events-change": {"path.event_id": ids(later[4:]), "header.if-match": ['"2"']},
            "registrations-register": {"path.event_id": ids(later[:4])},
            "registrations-cancel": {"path.registration_id": ids(given_up)},
            "attendance-check-in": {"path.event_id": ids([begun])},
            "attendance-undo": {"path.event_id": ids([begun]), "path.registration_id": ids(inside)},
            "joining-read": {"path.event_id": ids(events[:4])},
            "joining-give": {"path.event_id": ids(later[:4]), "header.if-match": ['"0"']},
        },
        bodies={
            "events-draft": [a_plan()],
            "events-change": [{"title": "Another title"}],
            "attendance-check-in": [{"registration_id": one["id"]} for one in door],
            "joining-give": [LINK],
        },
    )


async def an_open_door(house: House, lead: Somebody) -> tuple[Thing, list[Thing], list[Thing]]:
    """An event that has begun, registrations that nobody has checked in, and such as are inside."""
    event = await house.published(lead, starts=in_days(1), ends=in_days(1, hour=16))
    registrations = [await house.registered(event, await house.member()) for _ in range(8)]
    async with house.worker.transaction() as conn:
        await conn.execute("UPDATE events SET starts_at = $2 WHERE id = $1", UUID(event["id"]), clock.now())
    for one in registrations[4:]:
        answer = await house.post(f"{event['url']}/check-ins", lead, {"registration_id": one["id"]})
        assert answer.is_success, answer.text
    return event, registrations[:4], registrations[4:]


def ids(things: list[Thing]) -> list[str]:
    return [one["id"] for one in things]


async def test_what_is_there_is_answered_as_it_is_described(
    house: House, tmp_path: Path, unused_tcp_port: int, seed: int, figures: Figures
) -> None:
    """A sample: real values, one by one."""
    outcome = await generated(await a_world(house), tmp_path, unused_tcp_port, seed=seed, phases=["examples"])

    judge(outcome, "events, by example", figures, sample=True)


@pytest.mark.faults
async def test_every_request_is_answered_as_it_is_described(
    house: House, tmp_path: Path, unused_tcp_port: int, seed: int, figures: Figures
) -> None:
    outcome = await generated(await a_world(house), tmp_path, unused_tcp_port, seed=seed)

    judge(outcome, "events", figures)
