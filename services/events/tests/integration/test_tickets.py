"""Tickets: shown to the registrant alone, renewed by them, and checked with public keys."""

from pathlib import Path

import pytest
from events_house import LONDON, House, Thing, problem, thing
from ticket_builders import scanned

from access.testing import Somebody, client
from events_service.app import create_app
from events_service.tickets.model import taken_apart
from events_service.tickets.signing import TicketOffice
from servicekit.web import read_keys, write_keys
from servicekit.web.secrets import KeysMissing


async def a_place(house: House, **given: object) -> tuple[Somebody, Thing, Thing]:
    event = await house.published(await house.organiser(), **given)
    member = await house.member()
    return member, event, await house.registered(event, member)


async def test_a_registrant_is_shown_their_ticket(house: House) -> None:
    member, event, registration = await a_place(house)

    answer = await house.get(f"{registration['url']}/ticket", member)

    shown = thing(answer)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "private, no-store"
    assert (shown["registration_id"], shown["event_id"], shown["number"]) == (registration["id"], event["id"], 1)
    assert scanned(shown["svg"]) == shown["ticket"]
    sealed = taken_apart(shown["ticket"])
    assert (str(sealed.ticket.registration_id), str(sealed.ticket.event_id)) == (registration["id"], event["id"])
    picture = await house.get(shown["svg_url"], member)
    assert (picture.headers["content-type"], picture.text) == ("image/svg+xml", shown["svg"])
    assert picture.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize("what", ["ticket", "ticket.svg"])
async def test_a_ticket_is_shown_to_nobody_else(house: House, what: str) -> None:
    _, _, registration = await a_place(house)

    for role in ("lead", "organiser", "steward"):
        refusal = problem(await house.get(f"{registration['url']}/{what}", await house.organiser(role=role)))
        assert refusal == (403, "forbidden", "Your role here does not include read ticket.")
    for stranger in (await house.member(), await house.organiser(LONDON, role="lead")):
        assert problem(await house.get(f"{registration['url']}/{what}", stranger))[:2] == (404, "not-found")
    elsewhere = registration["url"].replace("/midlands/", "/london/")
    assert problem(await house.get(f"{elsewhere}/{what}", await house.member()))[:2] == (404, "not-found")


async def test_nobody_renews_anothers_ticket(house: House) -> None:
    member, _, registration = await a_place(house)
    before = await house.state()

    refusal = problem(await house.post(f"{registration['url']}/ticket/renew", await house.organiser(role="lead")))
    stranger = problem(await house.post(f"{registration['url']}/ticket/renew", await house.member()))

    assert (refusal[0], stranger[0]) == (403, 404)
    assert await house.state() == before
    assert thing(await house.get(f"{registration['url']}/ticket", member))["number"] == 1


async def test_only_a_confirmed_place_has_a_ticket(house: House) -> None:
    _, event, _ = await a_place(house, capacity=1)
    waits = await house.member()
    registration = await house.registered(event, waits)

    refused = [
        problem(await house.get(f"{registration['url']}/ticket", waits)),
        problem(await house.get(f"{registration['url']}/ticket.svg", waits)),
        problem(await house.post(f"{registration['url']}/ticket/renew", waits)),
    ]

    words = "You are on the waiting list: there is a ticket once there is a place for you."
    assert refused == [(409, "not-confirmed", words)] * 3
    await house.cancel(registration, waits)
    assert problem(await house.get(f"{registration['url']}/ticket", waits)) == (
        409,
        "not-confirmed",
        "This registration has been cancelled: it has no ticket.",
    )


async def test_a_cancelled_event_has_no_tickets(house: House) -> None:
    member, event, registration = await a_place(house)
    await house.cancel(event, await house.organiser())

    refusal = problem(await house.get(f"{registration['url']}/ticket", member))

    assert refusal == (409, "event-cancelled", '"Winter masterclass" has been cancelled.')


async def test_renewing_makes_another_and_says_so_to_nobody(house: House) -> None:
    member, _, registration = await a_place(house)
    first = thing(await house.get(f"{registration['url']}/ticket", member))
    told = await house.signals()

    key = {"Idempotency-Key": "lost-my-telephone"}
    answers = [await house.post(f"{registration['url']}/ticket/renew", member, **key) for _ in range(3)]

    assert [thing(answer) for answer in answers] == [
        {"registration_id": registration["id"], "number": 2, "url": f"{registration['url']}/ticket"}
    ] * 3
    second = thing(await house.get(f"{registration['url']}/ticket", member))
    assert (first["number"], second["number"]) == (1, 2)
    assert first["ticket"] != second["ticket"]
    assert await house.signals() == told
    shown = await house.read(registration, member)
    assert shown == registration, "the registration is what it was, its code with it"


async def test_what_is_kept_of_a_renewal_opens_no_door(house: House) -> None:
    member, _, registration = await a_place(house)
    await house.post(f"{registration['url']}/ticket/renew", member, **{"Idempotency-Key": "again"})
    ticket = thing(await house.get(f"{registration['url']}/ticket", member))["ticket"]

    async with house.worker.reading() as conn:
        kept = await conn.fetch("SELECT convert_from(body, 'UTF8') AS body FROM servicekit.idempotency_keys")

    assert kept
    assert not any(ticket in row["body"] for row in kept)


async def test_those_at_the_door_are_given_the_public_keys(house: House) -> None:
    _, event, _ = await a_place(house)
    url = f"{event['url']}/check-in-keys"
    office = TicketOffice.of(house.settings.secrets_dir)

    for role in ("lead", "organiser", "steward"):
        assert thing(await house.get(url, await house.organiser(role=role))) == {"keys": office.published()}
    assert problem(await house.get(url, await house.member()))[:2] == (404, "not-found")
    secret = read_keys(house.settings.secrets_dir, "tickets").signing
    assert secret.hex() not in str(office.published())


async def test_without_keys_the_service_does_not_start(house: House, tmp_path: Path) -> None:
    write_keys(tmp_path, "cursor")
    keyless = create_app(house.settings.model_copy(update={"secrets_dir": tmp_path}))

    with pytest.raises(KeysMissing, match=r"tickets\.key cannot be read"):
        async with client(keyless):
            pass
