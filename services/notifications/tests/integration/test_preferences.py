"""Preferences: set by the person alone, obeyed when something is told and when a mail leaves, sent to all."""

from typing import Any
from uuid import UUID

import pytest
from notifications_house import House, a_registration, address_of, network_id, published
from notifications_preferences import HERE, MIDLANDS, TRUST, a_member, entry, put

from events_contracts import RegistrationConfirmed
from notifications_contracts import PreferenceChanged
from notifications_service.preferences import store
from notifications_service.tellings.actions import tell
from notifications_service.tellings.model import Kind, Telling
from servicekit import clock
from servicekit.database.pool import WORKER, enter
from servicekit.ids import new_id
from servicekit.testing import signals_published

SIGNAL = "guildhall.notifications.preference-changed.v1"


def a_telling(person_id: UUID, *, kind: Kind = Kind.EVENT_ANNOUNCED, network: str = TRUST) -> Telling:
    return Telling(
        cause=str(new_id()), person_id=person_id, kind=kind, event_id=new_id(), cell="midlands", network=network
    )


async def nobodys(_conn: Any, _people: Any) -> Any:
    """What people have said, to whom nobody listens."""
    return {}


async def states(house: House, telling: Telling) -> tuple[str, str]:
    """In the application, by mail."""
    rows = {row["channel"]: row for row in await house.rows(cause=telling.cause, person_id=telling.person_id)}
    return rows["in-app"]["state"], rows["email"]["state"]


async def told(house: House, *tellings: Telling) -> None:
    async with house.worker.transaction() as conn:
        await tell(conn, tellings)


async def test_nothing_said_means_everything_is_wanted_and_what_can_be_chosen_is_shown(house: House) -> None:
    asha = await a_member(house)

    answer = await house.http.get(HERE, headers=asha.bearer)

    assert answer.status_code == 200
    assert answer.headers["etag"] == '"0"'
    body = answer.json()
    assert (body["entries"], body["channels"]) == ([], ["in-app", "email"])
    services = {kind["kind"]: kind["service_message"] for kind in body["kinds"]}
    assert (services["event-announced"], services["registration-promoted"]) == (False, True)
    assert "address-to-confirm" not in services


async def test_a_switched_off_mail_ends_as_suppressed_and_stays_in_the_list(house: House) -> None:
    asha = await a_member(house)
    await put(house, asha, entry())
    telling = a_telling(asha.person_id)

    await told(house, telling)
    await house.send_all()

    assert await states(house, telling) == ("shown", "suppressed")
    assert [row["failure"] for row in await house.rows(channel="email")] == ["switched off"]
    assert house.mail.accepted == []


async def test_switched_off_in_the_application_too_nothing_is_shown_or_numbered(house: House) -> None:
    asha = await a_member(house)
    await put(house, asha, entry(), entry(channel="in-app"))
    off, on = a_telling(asha.person_id), a_telling(asha.person_id, kind=Kind.REGISTRATION_CONFIRMED)

    await told(house, off, on)

    assert await states(house, off) == ("suppressed", "suppressed")
    assert await states(house, on) == ("shown", "queued")
    assert {row["position"] for row in await house.rows(person_id=asha.person_id)} == {None, 1}


async def test_without_asking_for_preferences_the_switched_off_is_told(house: House) -> None:
    """The negative control of the two above."""
    asha = await a_member(house)
    await put(house, asha, entry())
    telling = a_telling(asha.person_id)

    async with house.worker.transaction() as conn:
        await tell(conn, [telling], wishes=nobodys)

    assert await states(house, telling) == ("shown", "queued")


async def test_a_service_message_cannot_be_switched_off_by_mail_and_the_refusal_says_why(house: House) -> None:
    asha = await a_member(house)

    refused = await put(house, asha, entry("registration-promoted"))
    in_app = await put(house, asha, entry("registration-promoted", "in-app"))

    assert (refused.status_code, refused.json()["code"]) == (422, "service-message")
    assert refused.json()["detail"].startswith(
        "registration-promoted is a service message: it tells you what became of"
    )
    assert in_app.status_code == 200


async def test_everything_switched_off_leaves_service_messages_mailed(house: House) -> None:
    asha = await a_member(house)
    await put(house, asha, entry("all"))
    announced, promoted = a_telling(asha.person_id), a_telling(asha.person_id, kind=Kind.REGISTRATION_PROMOTED)

    await told(house, announced, promoted)

    assert await states(house, announced) == ("shown", "suppressed")
    assert await states(house, promoted) == ("shown", "queued")


async def test_the_nearest_network_wins_and_then_the_kind(house: House) -> None:
    asha = await a_member(house)
    await put(
        house,
        asha,
        entry("all", network="national"),
        entry("event-announced", network="national", wanted=True),
        entry("all", network=MIDLANDS, wanted=True),
        entry("event-announced", network=TRUST),
    )
    national, region, trust = (a_telling(asha.person_id, network=path) for path in ("national", MIDLANDS, TRUST))
    other = a_telling(asha.person_id, kind=Kind.EVENT_REMINDER, network="national.london")

    await told(house, national, region, trust, other)

    assert [(await states(house, one))[1] for one in (national, region, trust, other)] == [
        "queued",
        "queued",
        "suppressed",
        "suppressed",
    ]


async def test_what_was_queued_before_does_not_leave_after(house: House) -> None:
    asha = await a_member(house)
    event = published()
    await house.hear(event)
    await house.announce_all()
    await put(house, asha, entry())

    await house.send_all()

    assert house.mail.to(address_of(asha.person_id)) == []
    (row,) = await house.rows(channel="email", person_id=asha.person_id)
    assert (row["state"], row["failure"]) == ("suppressed", "switched off")


async def test_without_asking_when_it_leaves_what_was_queued_before_leaves(house: House) -> None:
    """The negative control of the one above."""
    asha = await a_member(house)
    await house.hear(published())
    await house.announce_all()
    await put(house, asha, entry())

    postman = house.postman(wishes=nobodys)
    await postman.round()
    await postman.carrier.close()

    assert len(house.mail.to(address_of(asha.person_id))) == 1


async def test_preferences_of_a_whole_batch_are_one_query(house: House) -> None:
    people = [await a_member(house) for _ in range(30)]
    await put(house, people[0], entry())
    statements: list[int] = []
    async with house.worker.pool.acquire() as conn:
        for many in (1, 1, 30):  # the first also asks the server about its types
            asked: list[Any] = []
            async with conn.transaction():
                await enter(conn, WORKER)
                with conn.query_logger(asked.append):
                    await tell(conn, [a_telling(one.person_id) for one in people[:many]])
            statements.append(len(asked))

    assert statements[1] == statements[2]


async def test_a_change_is_published_on_the_national_cell_with_a_rising_version(house: House) -> None:
    asha = await a_member(house)

    first = await put(house, asha, entry(network=MIDLANDS))
    await put(house, asha, version=first.json()["version"])

    async with house.worker.reading() as conn:
        said = await signals_published(conn, SIGNAL)
        topics = await conn.fetch("SELECT topic, key FROM servicekit.outbox WHERE type = $1", SIGNAL)
    assert [(one["version"], one["wanted"]) for one in said] == [(1, False), (2, None)]
    assert {(row["topic"], row["key"]) for row in topics} == {("national.notifications", str(asha.person_id))}
    assert "national.notifications:" in first.headers["guildhall-signal"]


def a_word(person_id: UUID, version: int, wanted: bool | None) -> PreferenceChanged:
    return PreferenceChanged(
        version=version,
        person_id=person_id,
        kind="event-announced",
        channel="email",
        wanted=wanted,
        changed_at=clock.now(),
    )


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 2, 1)])
async def test_what_is_said_at_another_deployment_is_obeyed_here_whatever_the_order(
    house: House, order: tuple[int, ...]
) -> None:
    person = await house.person(TRUST)
    words = [a_word(person, 1, False), a_word(person, 2, True), a_word(person, 3, False)]

    for place in order:
        await house.hear(words[place])
    telling = a_telling(person)
    await told(house, telling)

    assert await states(house, telling) == ("shown", "suppressed")


async def test_two_deployments_that_said_it_at_once_come_to_the_same(house: House) -> None:
    here, there = await house.person(TRUST), await house.person(TRUST)
    at = clock.now()
    for person, order in ((here, (False, True)), (there, (True, False))):
        for wanted in order:
            await house.hear(a_word(person, 1, wanted).model_copy(update={"changed_at": at}))

    async with house.worker.reading() as conn:
        wishes = await store.wishes(conn, [here, there])

    assert [wishes[person][0].wanted for person in (here, there)] == [False, False]


async def test_one_entry_can_be_said_and_taken_back_alone(house: House) -> None:
    asha = await a_member(house)
    await put(house, asha, entry("event-reminder"))
    path = f"{HERE}/event-announced/email?network={network_id(MIDLANDS)}"

    said = await house.http.put(path, json={"wanted": False}, headers=asha.bearer | {"If-Match": '"1"'})
    back = await house.http.put(path, json={"wanted": None}, headers=asha.bearer | {"If-Match": '"2"'})

    assert [one["kind"] for one in said.json()["entries"]] == ["event-reminder", "event-announced"]
    assert [one["kind"] for one in back.json()["entries"]] == ["event-reminder"]
    assert back.headers["etag"] == '"3"'


async def test_a_registration_is_confirmed_by_mail_whatever_somebody_prefers(house: House) -> None:
    asha = await a_member(house)
    await put(house, asha, entry("all"))
    event = published()
    await house.hear(event)
    await house.hear(a_registration(RegistrationConfirmed, event, asha.person_id))

    await house.send_all()

    (mail,) = house.mail.to(address_of(asha.person_id))
    assert "List-Unsubscribe" not in mail.mail
    assert "It is a service message, and always mailed." in mail.part("plain")
