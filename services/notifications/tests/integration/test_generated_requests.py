"""Requests made up from notifications' own description: each is answered as it is described, and nothing breaks."""

import time
from pathlib import Path
from typing import Any

import pytest
from figures import Figures
from generated_requests import World, generated, judge
from notifications_house import House, a_registration, address_of, network_id, published
from notifications_partner import counted, made
from notifications_webhooks import deliveries, path, request, running_receiver, send, subscribed

from access.testing import Somebody
from events_contracts import RegistrationConfirmed
from notifications_contracts import AddressSuppressed
from notifications_service.app import create_app
from notifications_service.keys import hashes, links
from notifications_service.unsubscribe.model import Confirmation, Unsubscribe
from servicekit import clock

CELL = "/api/v1/cells/national"
NATION = str(network_id("national"))


async def a_world(house: House, receiver: str) -> World:
    lead = await house.directory.lead("national")
    await house.directory.grant(lead.person_id, "privacy-officer", "national")
    await house.profile(lead.person_id, address_of(lead.person_id))
    await suppressed(house, lead)
    agreement = await made(house)
    subscriptions = [await subscribed(house, agreement, f"{receiver}/{number}") for number in range(5)]
    await house.hear(counted("national"))
    told = await told_to(house, lead)
    rotated = await request(house, "POST", path(subscriptions[1], "/secret/rotate"), json={})
    assert rotated.is_success, rotated.text
    delivery = (await deliveries(house, subscriptions[0]))[0]
    confirmation = links(house.settings.secrets_dir).token(
        Confirmation(person_id=lead.person_id, address=hashed(house, lead), version=1, day=clock.today()),
        cell="national",
    )
    return World(
        app=create_app(house.settings),
        bearer=house.directory.issuer.bearer(lead.subject, exp=int(time.time()) + 3000),
        bearers={
            "/subscriptions": house.directory.issuer.bearer("partner", client_id="partner", exp=int(time.time()) + 3000)
        },
        heartbeat=house.directory.heartbeat,
        values={
            "path.person_id": [str(lead.person_id)],
            "path.cell": ["national"],
            "path.network_id": [NATION],
            "path.notification_id": told,
            "path.announcement_id": [await announced(house, lead) for _ in range(3)],
            "path.agreement_id": [str(agreement.agreement_id)],
            "path.subscription_id": [subscriptions[0]["id"]],
            "path.delivery_id": [delivery["id"]],
            "path.kind": ["event-announced"],
            "path.channel": ["email"],
            "path.token": [a_link(house, lead)],
            "query.network": [NATION],
            "query.agreement": [str(agreement.agreement_id)],
            "header.if-match": ['"1"', '"0"', '"2"'],
            "header.last-event-id": ["0"],
            "body.network_id": [NATION],
            "body.agreement_id": [str(agreement.agreement_id)],
        },
        operations={
            "subscriptions-change": {"path.subscription_id": [subscriptions[1]["id"]], "header.if-match": ['"1"']},
            "subscriptions-remove": {
                "path.subscription_id": [one["id"] for one in subscriptions[2:4]],
                "header.if-match": ['"1"'],
            },
            "subscriptions-rotate": {"path.subscription_id": [subscriptions[4]["id"]]},
            "subscriptions-revoke": {"path.subscription_id": [subscriptions[1]["id"]]},
            # How often they were changed before is chance.
            "preferences-replace": {"header.if-match": [f'"{version}"' for version in range(12)]},
            "preferences-show": {"path.token": [confirmation]},
            "preferences-confirm": {"path.token": [confirmation]},
        },
        bodies={
            "unsubscribe-act": [{"action": "unsubscribe"}, {"action": "undo"}],
            "preferences-confirm": [{"action": "confirm"}],
            "announcements-announce": [{"network_id": NATION, "title": "May", "text": "In May."}],
            "preferences-replace": [{"entries": []}],
            "preferences-say-one": [{"wanted": False}],
            "templates-change": [{"sender_name": "The nation"}],
            "templates-preview": [{"network_id": NATION, "sender_name": "The nation"}],
            "subscriptions-make": [
                {
                    "agreement_id": str(agreement.agreement_id),
                    "url": f"{receiver}/more",
                    "contact_email": "integrations@partner.example",
                }
            ],
            "subscriptions-change": [{"active": False}],
            "webhooks-replay": [{"missed": True}, {"deliveries": [delivery["id"]]}],
        },
    )


async def suppressed(house: House, who: Somebody) -> None:
    """Mail to their address came back."""
    await house.hear(
        AddressSuppressed(
            version=1,
            person_id=who.person_id,
            address=hashed(house, who),
            reason="hard-bounce",
            suppressed_at=clock.now(),
        )
    )


def hashed(house: House, who: Somebody) -> str:
    """Their address, as it is named without being said."""
    return hashes(house.settings.secrets_dir).of(address_of(who.person_id))


async def told_to(house: House, lead: Somebody) -> list[str]:
    event = published()
    await house.hear(event)
    await house.hear(a_registration(RegistrationConfirmed, event, lead.person_id))
    return [str(row["id"]) for row in await house.rows(person_id=lead.person_id, channel="in-app")]


async def announced(house: House, lead: Somebody) -> str:
    body: dict[str, Any] = {"network_id": NATION, "title": "May", "text": "In May."}
    answer = await house.http.post(f"{CELL}/announcements", json=body, headers=lead.bearer)
    assert answer.is_success, answer.text
    found: str = answer.json()["id"]
    return found


def a_link(house: House, who: Somebody) -> str:
    link = Unsubscribe(person_id=who.person_id, kind="event-announced", network_id=None, day=clock.today())
    return links(house.settings.secrets_dir).token(link, cell="national")


async def test_what_is_there_is_answered_as_it_is_described(
    house: House, tmp_path: Path, unused_tcp_port: int, seed: int, figures: Figures
) -> None:
    """A sample: real values, one by one."""
    async with running_receiver(house) as receiver:
        world = await a_world(house, receiver.url)

        outcome = await generated(world, tmp_path, unused_tcp_port, seed=seed, phases=["examples"])

    judge(outcome, "notifications, by example", figures, sample=True)


@pytest.mark.faults
async def test_every_request_is_answered_as_it_is_described(
    house: House, tmp_path: Path, unused_tcp_port: int, seed: int, figures: Figures
) -> None:
    async with running_receiver(house) as receiver:
        world = await a_world(house, receiver.url)
        await send(house)

        outcome = await generated(world, tmp_path, unused_tcp_port, seed=seed)

    judge(outcome, "notifications", figures)
