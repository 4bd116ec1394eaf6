"""A partner says where its stream is pushed to; what cannot be is refused in words, and nothing is half done."""

import asyncio
import json
from typing import Any

import pytest
from notifications_house import House, network_id, published
from notifications_partner import COUNTED, PUBLISHED, counted, made
from notifications_webhooks import (
    path,
    request,
    running_receiver,
    send,
    subscribe,
    subscribed,
)

from servicekit.ids import new_id


async def test_what_was_made_is_shown_without_its_secret(house: House) -> None:
    agreement = await made(house)
    async with running_receiver(house) as receiver:
        subscription = await subscribed(
            house, agreement, receiver.url, types=[COUNTED], organisations=["rwp"], ends_on="2029-01-31"
        )

    shown = await request(house, "GET", path(subscription))
    listed = (await request(house, "GET", path())).json()["items"]
    assert subscription["secret"].startswith("whsec_")
    assert shown.json() == subscription | {"secret": None}
    assert listed == [shown.json()]
    assert shown.headers["etag"] == '"1"'
    assert (subscription["types"], subscription["organisations"]) == ([COUNTED], ["RWP"])
    assert (subscription["ends_on"], subscription["state"]) == ("2029-01-31", "active")


async def test_an_identical_one_is_refused_with_the_id_of_the_first(house: House) -> None:
    agreement, other = await made(house), await made(house)
    async with running_receiver(house) as receiver:
        first = await subscribed(house, agreement, receiver.url, types=[COUNTED, PUBLISHED], sectors=["acute"])

        again = await subscribe(
            house,
            agreement,
            receiver.url,
            types=[PUBLISHED, COUNTED, COUNTED],
            sectors=["acute"],
            contact_email="other@partner.example",
        )
        elsewhere = await subscribe(house, other, receiver.url, types=[COUNTED, PUBLISHED], sectors=["acute"])
        narrower = await subscribed(house, agreement, receiver.url, types=[COUNTED])
        changed = await request(
            house,
            "PATCH",
            path(narrower),
            json={"types": [PUBLISHED, COUNTED], "sectors": ["acute"]},
            headers={"if-match": '"1"'},
        )

    for answer in (again, changed):
        assert (answer.status_code, answer.json()["code"]) == (409, "subscription-exists")
        assert answer.json()["subscription_id"] == first["id"]
    assert elsewhere.status_code == 201
    assert (await request(house, "GET", path(narrower))).json()["types"] == [COUNTED]


async def test_of_identical_ones_at_once_one_is_made_and_the_others_are_told_its_id(house: House) -> None:
    agreement = await made(house)
    async with running_receiver(house) as receiver:
        answers = await asyncio.gather(*[subscribe(house, agreement, receiver.url) for _ in range(3)])

    first, *others = sorted(answers, key=lambda answer: answer.status_code)
    assert [answer.status_code for answer in (first, *others)] == [201, 409, 409]
    assert {answer.json()["subscription_id"] for answer in others} == {first.json()["id"]}
    assert [one["id"] for one in (await request(house, "GET", path())).json()["items"]] == [first.json()["id"]]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"types": ["guildhall.events.registration-confirmed.v1"]}, "not among what this agreement gives"),
        ({"networks": ["00000000-0000-7000-8000-000000000000"]}, "there is no network 00000000"),
        ({"networks": ["midlands"]}, "networks[0]: expected an id"),
        ({"contact_email": "nobody"}, "expected an e-mail address"),
        ({"contact_email": "a@nhs.net <b@evil.org>"}, "expected an e-mail address"),
        ({"contact_email": "a@evil.org\r\nBcc: all@nhs.net"}, "expected an e-mail address"),
        ({"ends_on": "2020-01-01"}, "would have ended on 2020-01-01"),
        ({"ends_on": "2031-01-01"}, "The agreement ends on 2030-12-31"),
        ({"ends_on": "soon"}, "ends_on: expected a date such as 20"),
        ({"url": ""}, "url: expected at least 1 characters"),
        ({"url": "https://hooks.partner.org:9/"}, "port 443 or 8443"),
        ({"color": "red"}, 'unknown field "color"'),
        ({"sectors": ["x"] * 301}, "sectors: expected at most 300"),
    ],
)
async def test_what_cannot_be_is_refused_in_words_and_nothing_is_kept(
    house: House, given: dict[str, Any], words: str
) -> None:
    agreement = await made(house)
    async with running_receiver(house) as receiver:
        answer = await subscribe(house, agreement, given.pop("url", receiver.url), **given)

    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    assert (await request(house, "GET", path())).json()["items"] == []


async def test_whoever_is_not_the_agreements_client_finds_nothing(house: House) -> None:
    agreement, foreign = await made(house), await made(house, issuer="https://elsewhere.example")
    lead = await house.directory.lead("national")
    async with running_receiver(house) as receiver:
        subscription = await subscribed(house, agreement, receiver.url)
        answers = [
            await subscribe(house, agreement, receiver.url, client="another"),
            await subscribe(house, foreign, receiver.url),
            await request(house, "GET", path(subscription), client="another"),
            await request(house, "GET", path(subscription, cell="midlands")),
            await request(house, "GET", path(subscription, "/deliveries"), client="another"),
            await request(house, "POST", path(subscription, "/test"), client="another"),
            await request(house, "POST", path(subscription, "/replay"), client="another", json={"missed": True}),
            await request(house, "POST", path(subscription, "/secret/rotate"), client="another", json={}),
            await request(house, "POST", path(subscription, "/secret/revoke"), client="another"),
            await request(house, "PATCH", path(subscription), client="another", json={}, headers={"if-match": '"1"'}),
            await request(house, "DELETE", path(subscription), client="another", headers={"if-match": '"1"'}),
            await request(house, "GET", path(new_id())),
        ]
    as_person = await house.http.get(path(), headers=lead.bearer)
    others = await request(house, "GET", path(), client="another")

    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert (as_person.status_code, others.json()["items"]) == (403, [])
    assert (await request(house, "GET", path(subscription))).status_code == 200


async def test_the_second_wall_shows_a_client_its_own_rows_only(house: House) -> None:
    """The wall stands although no statement asks whose they are."""
    agreement = await made(house)
    async with running_receiver(house) as receiver:
        await subscribed(house, agreement, receiver.url)
        await house.hear(counted("national"))
        await send(house)
    tables = ("webhook_subscriptions", "webhook_secrets", "webhook_deliveries", "webhook_attempts", "stream_items")

    async def seen(conn: Any) -> list[int]:
        return [await conn.fetchval(f"SELECT count(*) FROM {table}") for table in tables]

    async with house.worker.reading() as conn:
        owner = await conn.fetchval("SELECT owner FROM webhook_subscriptions")
        as_worker = await seen(conn)
    async with house.api.reading(_Somebody("another")) as conn:
        as_another = await seen(conn)
    async with house.api.reading(_Somebody(owner)) as conn:
        as_owner = await seen(conn)

    assert (as_worker, as_another) == ([1, 1, 1, 1, 1], [0, 0, 0, 0, 0])
    assert as_owner == [1, 1, 1, 1, 0], "a stream needs its agreement to be looked at first"


class _Somebody:
    person_id = None
    email = None
    scopes = ()

    def __init__(self, identity: str) -> None:
        self.identity = identity


async def test_filters_let_through_what_they_name_and_nothing_else(house: House) -> None:
    await house.directory.network("national.midlands.rxx", ods_code="RXX", sector="mental-health")
    agreement = await made(house)
    filters: dict[str, dict[str, Any]] = {
        "all": {},
        "type": {"types": [PUBLISHED]},
        "region": {"networks": [str(network_id("national.midlands"))]},
        "sector": {"sectors": ["mental-health"]},
        "organisation": {"organisations": ["rxx"]},
        "both": {"sectors": ["mental-health"], "types": [PUBLISHED]},
    }
    async with running_receiver(house) as receiver:
        subscriptions = {
            name: await subscribed(house, agreement, f"{receiver.url}/{name}", **given)
            for name, given in filters.items()
        }
        await house.hear(published())
        for where in ("national", "national.midlands", "national.midlands.rxx", "national.london"):
            await house.hear(counted(where), where)
        await send(house)

    got = {name: sorted(_positions(receiver, name)) for name in subscriptions}
    assert got == {
        "all": [1, 2, 3, 4, 5],
        "type": [1],
        "region": [3, 4],
        "sector": [4],
        "organisation": [4],
        "both": [],
    }


def _positions(receiver: Any, name: str) -> list[int]:
    return [json.loads(one.body)["position"] for one in receiver.received if one.path == f"/hook/{name}"]


async def test_a_change_names_the_version_it_changes_and_only_what_is_given_changes(house: House) -> None:
    agreement = await made(house)
    async with running_receiver(house) as receiver:
        subscription = await subscribed(house, agreement, receiver.url, sectors=["acute"])
        where = path(subscription)

        without = await request(house, "PATCH", where, json={"active": False})
        stale = await request(house, "PATCH", where, json={"active": False}, headers={"if-match": '"7"'})
        paused = await request(house, "PATCH", where, json={"active": False}, headers={"if-match": '"1"'})
        await house.hear(counted("national"))
        meanwhile = await send(house)
        moved = await request(
            house, "PATCH", where, json={"active": True, "url": f"{receiver.url}2", "sectors": []},
            headers={"if-match": '"2"'},
        )  # fmt: skip
        hostile = await request(house, "PATCH", where, json={"url": "https://127.0.0.1/"}, headers={"if-match": '"3"'})
        await house.hear(counted("national"))
        await send(house)

    assert [answer.status_code for answer in (without, stale, hostile)] == [428, 412, 422]
    assert (paused.json()["state"], paused.json()["sectors"], meanwhile) == ("paused", ["acute"], 0)
    assert (moved.json()["state"], moved.json()["version"], moved.headers["etag"]) == ("active", 3, '"3"')
    assert [one.path for one in receiver.received] == ["/hook2"]


async def test_what_is_removed_is_gone_with_its_secret_queue_and_log(house: House) -> None:
    agreement = await made(house)
    async with running_receiver(house) as receiver:
        subscription = await subscribed(house, agreement, receiver.url)
        await house.hear(counted("national"))
        without = await request(house, "DELETE", path(subscription))
        removed = await request(house, "DELETE", path(subscription), headers={"if-match": '"1"'})
        await send(house)

    assert (without.status_code, removed.status_code, receiver.received) == (428, 204, [])
    assert (await request(house, "GET", path(subscription))).status_code == 404
    async with house.worker.reading() as conn:
        for table in ("webhook_subscriptions", "webhook_secrets", "webhook_deliveries", "webhook_attempts"):
            assert await conn.fetchval(f"SELECT count(*) FROM {table}") == 0, table


async def test_an_agreement_has_a_bounded_number_of_subscriptions(house: House) -> None:
    agreement = await made(house)
    async with running_receiver(house) as receiver:
        for number in range(20):
            await subscribed(house, agreement, f"{receiver.url}/{number}")
        one_more = await subscribe(house, agreement, f"{receiver.url}/more")

    first = (await request(house, "GET", path(), params={"limit": 15})).json()
    rest = (await request(house, "GET", path(), params={"limit": 15, "cursor": first["next"]})).json()
    assert (one_more.status_code, one_more.json()["code"]) == (409, "too-many-subscriptions")
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (15, 5, None)
