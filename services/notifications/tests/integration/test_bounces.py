"""Mail that came back for good suppresses its address in every network, and nothing else does."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from notifications_bounces import Bouncing, a_complaint, a_report, away, heads_of, in_own_words
from notifications_house import House, address_of, network_id, published
from notifications_links import announced
from notifications_mail_server import Accepted

from notifications_contracts import AddressConfirmed, AddressSuppressed
from notifications_service.addresses.model import SOFT_BOUNCES
from notifications_service.bounces import actions
from notifications_service.bounces.loop import one_round, read_bounces
from notifications_service.bounces.model import Matched, Returned
from notifications_service.bounces.reading import read
from notifications_service.bounces.store import Noted, Sent
from notifications_service.keys import hashes
from servicekit import clock
from servicekit.process import Work
from servicekit.testing import eventually, signals_published

SUPPRESSED = "guildhall.notifications.address-suppressed.v1"
TRUST = "national.midlands.rwp"


@pytest.fixture
def bouncing(house: House, tmp_path: Path) -> Bouncing:
    return Bouncing(house, tmp_path / "bounces")


async def mailed(house: House, person: UUID | None = None) -> tuple[UUID, Accepted]:
    """A member, and the mail that was sent about an event."""
    person = person or await house.person(TRUST)
    house.mail.accepted.clear()
    await house.hear(published(rule={"networks": [network_id(TRUST)]}))
    return person, await announced(house, address_of(person))


async def mails_of_another(house: House, person: UUID) -> list[tuple[str, str | None]]:
    """What becomes of the next mail to this person."""
    before = {row["id"] for row in await house.rows(channel="email", person_id=person)}
    await house.hear(published(at="national", rule={"networks": [network_id("national")]}))
    await house.announce_all()
    await house.send_all()
    rows = await house.rows(channel="email", person_id=person)
    return [(row["state"], row["failure"]) for row in rows if row["id"] not in before]


@pytest.mark.parametrize("way", ["by the book", "in own words", "forwarded"])
async def test_a_mail_that_came_back_for_good_suppresses_its_address_everywhere(bouncing: Bouncing, way: str) -> None:
    person, mail = await mailed(bouncing.house)
    heads = heads_of(mail)
    reports = {
        "by the book": a_report(to=mail.to, returned=heads),
        "in own words": in_own_words(to=mail.to, said="550 5.1.1 no such user here", returned=heads),
        "forwarded": a_report(
            to="elsewhere@example.net", returned=heads, more=f"Original-Recipient: rfc822;{mail.to.upper()}"
        ),
    }

    await bouncing.come_back(reports[way])

    assert await bouncing.kept() == [("hard", "user-unknown", "mail")]
    assert await bouncing.suppressed() == [(person, "hard-bounce")]
    assert await mails_of_another(bouncing.house, person) == [("suppressed", "address suppressed")]


async def test_the_signal_names_the_address_by_a_keyed_hash_only(bouncing: Bouncing) -> None:
    person, mail = await mailed(bouncing.house)

    await bouncing.come_back(a_report(to=mail.to, returned=heads_of(mail)))

    async with bouncing.house.worker.reading() as conn:
        (signal,) = await signals_published(conn, SUPPRESSED)
        topics = await conn.fetch("SELECT topic, key FROM servicekit.outbox WHERE type = $1", SUPPRESSED)
    keys = hashes(bouncing.house.settings.secrets_dir)
    assert (signal["person_id"], signal["address"]) == (str(person), keys.of(mail.to))
    assert "@" not in str(signal)
    assert [tuple(row) for row in topics] == [("national.notifications", str(person))]


async def test_service_messages_do_not_go_to_a_suppressed_address_either(bouncing: Bouncing) -> None:
    person, mail = await mailed(bouncing.house)
    await bouncing.come_back(a_report(to=mail.to, returned=heads_of(mail)))

    assert await mails_of_another(bouncing.house, person) == [("suppressed", "address suppressed")]
    assert {row["state"] for row in await bouncing.house.rows(channel="in-app", person_id=person)} == {"shown"}


async def test_a_complaint_suppresses_too(bouncing: Bouncing) -> None:
    person, mail = await mailed(bouncing.house)

    await bouncing.come_back(a_complaint(to=mail.to, returned=heads_of(mail)))

    assert await bouncing.suppressed() == [(person, "complaint")]


async def test_a_report_that_it_was_no_spam_is_no_complaint(bouncing: Bouncing) -> None:
    _, mail = await mailed(bouncing.house)

    await bouncing.come_back(a_complaint(to=mail.to, returned=heads_of(mail), kind="not-spam"))

    assert await bouncing.suppressed() == []


async def test_a_new_address_is_mailed_at_once(bouncing: Bouncing) -> None:
    person, mail = await mailed(bouncing.house)
    await bouncing.come_back(a_report(to=mail.to, returned=heads_of(mail)))
    await bouncing.house.profile(person, "new@example.org", version=2)

    assert await mails_of_another(bouncing.house, person) == [("sent", None)]


async def test_mails_that_come_back_for_passing_reasons_are_counted(bouncing: Bouncing) -> None:
    person = await bouncing.house.person(TRUST)
    for number in range(SOFT_BOUNCES):
        assert await bouncing.suppressed() == [], number
        _, mail = await mailed(bouncing.house, person)
        full = a_report(to=mail.to, returned=heads_of(mail), status="5.2.2", said="552 5.2.2 Mailbox full")
        await bouncing.come_back(full)

    assert {kept[:2] for kept in await bouncing.kept()} == {("soft", "mailbox-full")}
    assert await bouncing.suppressed() == [(person, "soft-bounces")]


async def test_one_mail_reported_many_times_counts_once(bouncing: Bouncing) -> None:
    _, mail = await mailed(bouncing.house)
    for number in range(SOFT_BOUNCES + 3):
        said = f"452 4.2.2 Mailbox full, try {number}"
        await bouncing.come_back(a_report(to=mail.to, returned=heads_of(mail), status="4.2.2", said=said))

    assert await bouncing.suppressed() == []


@pytest.mark.parametrize(
    "report",
    [
        lambda mail: a_report(to=mail.to, returned=heads_of(mail), action="delayed", status="4.4.1", said="try again"),
        lambda mail: a_report(to=mail.to, returned=heads_of(mail), action="delivered", status="2.0.0", said="250 ok"),
        lambda mail: away(sender=mail.to) + heads_of(mail).encode(),
    ],
)
async def test_a_delay_a_receipt_and_a_vacation_suppress_nobody(bouncing: Bouncing, report: object) -> None:
    person, mail = await mailed(bouncing.house)
    assert callable(report)

    await bouncing.come_back(report(mail))

    assert await bouncing.suppressed() == []
    assert await mails_of_another(bouncing.house, person) == [("sent", None)]


async def test_a_forged_bounce_for_somebody_elses_mail_suppresses_nobody(bouncing: Bouncing) -> None:
    """An announcement's mails have neighbouring ids: knowing one's own tells nothing of another's."""
    house = bouncing.house
    victim, forger = await house.person(TRUST), await house.person(TRUST)
    await house.hear(published(rule={"networks": [network_id(TRUST)]}))
    await house.announce_all()
    await house.send_all()
    (own,), (others,) = house.mail.to(address_of(forger)), house.mail.to(address_of(victim))
    known = heads_of(own)
    guessed = known.replace(own.message_id, f"{others.message_id[:37]}.000000000000@guildhall.example>")

    await bouncing.come_back(a_report(to=address_of(victim), returned=known))
    await bouncing.come_back(a_report(to=address_of(victim), returned=guessed))
    await bouncing.come_back(a_report(to=address_of(victim)))
    await bouncing.come_back(in_own_words(to=address_of(victim), said="550 user unknown"))

    assert {kept[2] for kept in await bouncing.kept()} == {"address"}
    assert await bouncing.suppressed() == []


async def test_without_proof_a_forged_bounce_would_suppress(bouncing: Bouncing) -> None:
    """The negative control: whoever believes an address alone believes a forger."""
    victim, _ = await mailed(bouncing.house)
    keys = hashes(bouncing.house.settings.secrets_dir)
    report = read(a_report(to=address_of(victim)))

    def believing(place: int, returned: Returned, mails: object, rumours: Mapping[str, Sent], _: object) -> Noted:
        note = actions.judged(place, returned, [], rumours, keys)
        return replace(note, matched=Matched.MAIL)

    async with bouncing.house.worker.transaction() as conn:
        await actions.take(conn, "a-digest", report, hashes=keys, now=clock.now(), judge=believing)

    assert await bouncing.suppressed() == [(victim, "hard-bounce")]


async def test_each_file_counts_once_though_the_reader_dies_before_it_is_put_away(bouncing: Bouncing) -> None:
    _, mail = await mailed(bouncing.house)
    raw = a_report(to=mail.to, returned=heads_of(mail))
    await bouncing.come_back(raw)

    bouncing.put(raw, name="again.mail", place="cur")
    await bouncing.read()

    assert len(await bouncing.kept()) == 1
    async with bouncing.house.worker.reading() as conn:
        assert len(await signals_published(conn, SUPPRESSED)) == 1
    assert len(bouncing.files("done")) == 2


NO_BOUNCES = {
    "nothing": b"",
    "no headers": b"\n\n\n",
    "bytes": bytes(range(256)) * 40,
    "a letter": b"From: asha@example.org\nSubject: Lunch?\n\nShall we meet? The user unknown to me is away.\n",
    "deep": b"From: a@b.c\nSubject: x\n" + b"Content-Type: message/rfc822\n\n" * 3000,
    "many parts": b'From: a@b.c\nContent-Type: multipart/mixed; boundary="b"\n\n' + b"--b\n\nx\n" * 20_000,
    "a charset that is none": b"From: a@b.c\nContent-Type: text/plain; charset=klingon-8\n\n\xff\xfe\n",
    "a header of lines": b"From: =?utf-8?q?a=0ABcc:_x@example.org?=\nSubject: =?utf-8?b?////?=\n\nHello\n",
    "half a part": b'From: MAILER-DAEMON\nContent-Type: multipart/report; boundary="b"\n\n--b\nContent-Type: mess',
    "a tower of addresses": b"From: a@b.c\nSubject: x\n\n" + b"a" * 500_000,
}


@pytest.mark.parametrize("name", NO_BOUNCES)
async def test_what_is_no_bounce_is_put_aside_and_harms_nobody(bouncing: Bouncing, name: str) -> None:
    person, _ = await mailed(bouncing.house)

    await bouncing.come_back(NO_BOUNCES[name])

    assert [kept[0] for kept in await bouncing.kept()] == ["not-a-bounce"]
    assert (bouncing.files("new"), len(bouncing.files("not-a-bounce"))) == ([], 1)
    assert await bouncing.suppressed() == []
    assert await mails_of_another(bouncing.house, person) == [("sent", None)]


async def test_a_huge_mail_is_read_as_far_as_is_sensible(bouncing: Bouncing) -> None:
    person, mail = await mailed(bouncing.house)
    raw = a_report(to=mail.to, returned=heads_of(mail)) + b"x" * 30_000_000

    await bouncing.come_back(raw)

    assert await bouncing.suppressed() == [(person, "hard-bounce")]


async def test_links_and_folders_in_the_mailbox_are_left_alone(bouncing: Bouncing, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"From: a@b.c\n\n")
    (bouncing.folder / "new" / "link").symlink_to(secret)
    (bouncing.folder / "new" / "folder").mkdir()

    assert await bouncing.read() == 0
    assert secret.exists()


async def test_what_another_deployment_suppressed_is_suppressed_here_until_it_is_confirmed(house: House) -> None:
    person = await house.person(TRUST)
    address = hashes(house.settings.secrets_dir).of(address_of(person))
    gone = AddressSuppressed(
        version=1, person_id=person, address=address, reason="hard-bounce", suppressed_at=clock.now()
    )
    back = AddressConfirmed(version=2, person_id=person, address=address, confirmed_at=clock.now())

    await house.hear(gone)
    first = await mails_of_another(house, person)
    await house.hear(back)
    await house.hear(gone)
    second = await mails_of_another(house, person)

    assert (first, second) == ([("suppressed", "address suppressed")], [("sent", None)])


async def test_the_loop_reads_what_is_put_into_the_folder_until_it_is_told_to_stop(bouncing: Bouncing) -> None:
    person, mail = await mailed(bouncing.house)
    house = bouncing.house
    stopping = asyncio.Event()
    settings = house.settings.model_copy(update={"mail_bounces_dir": str(bouncing.folder)})
    loop = asyncio.create_task(
        read_bounces(Work(settings=settings, cells=house.directory.cells, db=house.worker, stopping=stopping))
    )

    bouncing.put(a_report(to=mail.to, returned=heads_of(mail)))
    await eventually(bouncing.suppressed)
    stopping.set()
    await loop

    assert await bouncing.suppressed() == [(person, "hard-bounce")]


async def test_a_folder_that_cannot_be_read_ends_nothing(bouncing: Bouncing) -> None:
    reader = bouncing.reader()
    (bouncing.folder / "new").rmdir()

    assert await one_round(reader) == 0
