"""Whatever is bad about a request to notifications is refused in words, by every route, and leaves nothing behind."""

import pytest
from notifications_house import House, a_registration, network_id, published
from notifications_partner import counted, made
from notifications_preferences import HERE, a_member
from notifications_webhooks import deliveries, running_receiver, subscribed

from access.testing import Somebody
from events_contracts import RegistrationConfirmed
from notifications_service.app import create_app
from servicekit.testing.bad_input import Operation, Walk, contents
from servicekit.web import Cursors, read_keys

CELL = "/api/v1/cells/national"


async def test_every_route_refuses_whatever_is_bad_about_a_request(house: House) -> None:
    lead, partner = (
        await house.directory.lead("national"),
        house.directory.issuer.bearer("partner", client_id="partner"),
    )

    await house.directory.grant(lead.person_id, "privacy-officer", "national")

    def caller(operation: Operation) -> dict[str, str]:
        if operation.public:
            return {}
        return partner if "/subscriptions" in operation.path else lead.bearer

    walk = Walk(
        app=create_app(house.settings),
        http=house.http,
        caller=caller,
        known=await what_is_there(house, lead),
        cursors=Cursors(read_keys(house.settings.secrets_dir, "cursor")),
        bodies={"POST /api/v1/cells/{cell}/subscriptions/{subscription_id}/replay": {"missed": True}},
    )
    before = await contents(house.database.admin)

    assert await walk.faults() == []
    assert await contents(house.database.admin) == before


async def what_is_there(house: House, lead: Somebody) -> dict[str, str]:
    """Something told, something announced, and a partner's subscription to which something was sent."""
    event = published()
    await house.hear(event)
    await house.hear(a_registration(RegistrationConfirmed, event, lead.person_id))
    (told,) = await house.rows(person_id=lead.person_id, kind="registration-confirmed", channel="in-app")
    nation = str(network_id("national"))
    said = await house.http.post(
        f"{CELL}/announcements", json={"network_id": nation, "title": "May", "text": "In May."}, headers=lead.bearer
    )
    agreement = await made(house)
    async with running_receiver(house) as receiver:
        subscription = await subscribed(house, agreement, receiver.url)
    await house.hear(counted("national"))
    (delivery,) = await deliveries(house, subscription)
    return {
        "cell": "national",
        "network": nation,
        "network_id": nation,
        "notification_id": str(told["id"]),
        "announcement_id": said.json()["id"],
        "agreement": str(agreement.agreement_id),
        "agreement_id": str(agreement.agreement_id),
        "subscription_id": subscription["id"],
        "delivery_id": delivery["id"],
        "kind": "event-announced",
        "channel": "email",
    }


@pytest.mark.parametrize(
    ("one", "words"),
    [
        ("digestion/email", "kind: there is no 'digestion'; known: all, announcement"),
        ("event-announced/pigeon", "channel: there is no 'pigeon'; known: in-app, email."),
        ("address-to-confirm/email", "kind: address-to-confirm comes because you asked for it"),
        (f"{'a' * 61}/email", "kind: expected at most 60 characters"),
    ],
)
async def test_one_preference_that_cannot_be_said_is_refused_in_words_and_not_kept(
    house: House, one: str, words: str
) -> None:
    asha = await a_member(house)

    refused = await house.http.put(f"{HERE}/{one}", json={"wanted": False}, headers=asha.bearer | {"If-Match": '"0"'})

    kept = (await house.http.get(HERE, headers=asha.bearer)).json()
    assert refused.status_code == 422
    assert words in refused.json()["detail"]
    assert (kept["version"], kept["entries"]) == (0, [])
