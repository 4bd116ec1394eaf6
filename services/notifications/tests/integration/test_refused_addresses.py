"""An address that the mail server itself refuses for good gets no more mail, like one from which mail came back."""

from pathlib import Path
from uuid import UUID

import pytest
from notifications_bounces import Bouncing
from notifications_house import House, a_registration, address_of, network_id, published

from events_contracts import RegistrationConfirmed
from notifications_contracts import AddressSuppressed
from notifications_service.keys import hashes
from servicekit.envelope import Envelope

GONE = "550 5.1.1 <somebody@example.org>: no such mailbox"


@pytest.fixture
def bouncing(house: House, tmp_path: Path) -> Bouncing:
    return Bouncing(house, tmp_path / "mailbox")


async def confirmed(house: House, person: UUID) -> None:
    event = published()
    await house.hear(event)
    await house.hear(a_registration(RegistrationConfirmed, event, person))
    await house.send_all()


async def suppressions(house: House) -> list[AddressSuppressed]:
    """What has been published of addresses."""
    async with house.worker.reading() as conn:
        rows = await conn.fetch(
            "SELECT topic, body FROM servicekit.outbox WHERE type = $1 ORDER BY position", AddressSuppressed.type
        )
    assert {row["topic"] for row in rows} <= {"national.notifications"}
    return [AddressSuppressed.model_validate(Envelope.model_validate_json(row["body"]).data) for row in rows]


@pytest.mark.parametrize(
    "answer",
    [
        f"RCPT {GONE}",
        "RCPT 551 5.1.6 mailbox has moved",
        "RCPT 550 5.2.1 mailbox disabled",
        "RCPT 550 No such user",
        "DATA 550 5.1.1 no such mailbox",
    ],
)
async def test_an_address_that_the_server_refuses_gets_no_more_mail(bouncing: Bouncing, answer: str) -> None:
    house = bouncing.house
    person = await house.person("national.midlands")
    house.mail.refusals[address_of(person)] = [answer]

    await confirmed(house, person)
    await confirmed(house, person)

    first, second = await house.rows(channel="email")
    assert (first["state"], second["state"], second["failure"]) == ("failed", "suppressed", "address suppressed")
    assert house.mail.accepted == []
    assert await bouncing.suppressed() == [(person, "hard-bounce")]
    (told,) = await suppressions(house)
    assert told.address == hashes(house.settings.secrets_dir).of(address_of(person))
    assert (told.reason, told.notification_id) == ("hard-bounce", first["id"])
    assert [(kept[0], kept[2]) for kept in await bouncing.kept()] == [("hard", "mail")]


@pytest.mark.parametrize(
    "answer",
    [
        "RCPT 550 5.7.1 refused by policy",
        "RCPT 550 5.1.8 sender address rejected: domain not found",
        "RCPT 554 5.7.1 listed at a blocklist",
        "RCPT 552 5.2.2 mailbox full",
        "RCPT 550 no",
        "DATA 554 5.7.1 this is spam",
        "DATA 550 no such user, says our filter",
    ],
)
async def test_what_the_server_has_against_us_or_the_mail_leaves_the_address_alone(
    bouncing: Bouncing, answer: str
) -> None:
    house = bouncing.house
    person = await house.person()
    house.mail.refusals[address_of(person)] = [answer]

    await confirmed(house, person)
    await confirmed(house, person)

    assert [row["state"] for row in await house.rows(channel="email")] == ["failed", "sent"]
    assert await bouncing.suppressed() == []
    assert await bouncing.kept() == []


async def test_a_mailbox_that_is_busy_is_tried_again(bouncing: Bouncing) -> None:
    house = bouncing.house
    person = await house.person()
    house.mail.refusals[address_of(person)] = ["RCPT 450 4.1.1 not known yet"]

    await confirmed(house, person)

    assert [row["state"] for row in await house.rows(channel="email")] == ["queued"]
    assert await bouncing.suppressed() == []


async def test_one_dead_address_among_many_suppresses_its_own_person_alone(bouncing: Bouncing) -> None:
    house = bouncing.house
    people = [await house.person("national.midlands.rwp") for _ in range(4)]
    await house.hear(published(rule={"networks": [network_id("national.midlands.rwp")]}))
    await house.announce_all()
    house.mail.refusals[address_of(people[1])] = [f"RCPT {GONE}"]
    house.mail.refusals[address_of(people[2])] = [f"RCPT {GONE}"]

    await house.send_all()

    assert sorted(mail.to for mail in house.mail.accepted) == sorted(address_of(people[n]) for n in (0, 3))
    assert sorted(str(person) for person, _ in await bouncing.suppressed()) == sorted(map(str, people[1:3]))


async def test_the_server_refusing_it_again_changes_nothing(bouncing: Bouncing) -> None:
    """Two mails in hand at once, both refused: one suppression, told once."""
    house = bouncing.house
    person = await house.person()
    event = published()
    await house.hear(event)
    for other in (event, published()):
        await house.hear(other)
        await house.hear(a_registration(RegistrationConfirmed, other, person))
    house.mail.refusals[address_of(person)] = [f"RCPT {GONE}", f"RCPT {GONE}"]

    await house.send_all()

    assert [row["state"] for row in await house.rows(channel="email")] == ["failed", "failed"]
    assert len(await suppressions(house)) == 1


async def test_nothing_that_the_server_said_is_kept(bouncing: Bouncing) -> None:
    house = bouncing.house
    person = await house.person()
    house.mail.refusals[address_of(person)] = [f"RCPT {GONE}"]

    await confirmed(house, person)

    async with house.worker.reading() as conn:
        (kept,) = await conn.fetch("SELECT b::text AS row, code FROM bounces b")
    assert kept["code"] == "RCPT 550 5.1.1"
    assert "somebody@example.org" not in kept["row"]
    assert address_of(person) not in kept["row"]
