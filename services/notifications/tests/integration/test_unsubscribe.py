"""One click unsubscribes, without a sign-in; looking at the link changes nothing; a forged link does nothing."""

import base64
import re
from datetime import date, timedelta
from uuid import UUID

import pytest
from notifications_house import House, address_of, network_id, published
from notifications_links import HOME, ONE_CLICK, announced, press, unsubscribe_path

from events_contracts import EventPublished
from notifications_service.keys import links
from notifications_service.unsubscribe.model import BadLink, Links, Unsubscribe
from servicekit import clock
from servicekit.testing import signals_published

SIGNAL = "guildhall.notifications.preference-changed.v1"
MIDLANDS, TRUST = "national.midlands", "national.midlands.rwp"


async def invited(house: House, *, at: str = MIDLANDS, person: UUID | None = None) -> tuple[UUID, str]:
    """A member who has a mail about an event of the network, and the path of its unsubscribe link."""
    person = person or await house.person(TRUST)
    house.mail.accepted.clear()
    await house.hear(an_event(at), at)
    return person, unsubscribe_path(await announced(house, address_of(person)))


def an_event(at: str) -> EventPublished:
    return published(at=at, rule={"networks": [network_id(at)]})


async def entries(house: House, person: UUID) -> list[tuple[str, str, bool]]:
    async with house.worker.reading() as conn:
        rows = await conn.fetch("SELECT kind, channel, wanted FROM preferences WHERE person_id = $1", person)
    return [tuple(row) for row in rows]


async def mails_of_another_event(house: House, person: UUID, *, at: str = MIDLANDS) -> int:
    house.mail.accepted.clear()
    await house.hear(an_event(at), at)
    await house.announce_all()
    await house.send_all()
    return len(house.mail.to(address_of(person)))


async def test_every_mail_that_is_no_service_message_can_be_unsubscribed_from_in_both_ways(house: House) -> None:
    person, path = await invited(house)

    (mail,) = house.mail.to(address_of(person))

    assert mail.mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"Unsubscribe from mails like this:\n{HOME}{path}" in mail.part("plain").replace("\r\n", "\n")
    assert f'<a href="{HOME}{path}"' in mail.part("html")


async def test_looking_at_the_link_changes_nothing_however_often(house: House) -> None:
    person, path = await invited(house)

    for _ in range(3):
        page = await house.http.get(path)
        await house.http.head(path)

    assert page.status_code == 200
    assert "Unsubscribe from announcements of events" in page.text
    assert "of Midlands and all networks below it" in page.text
    assert await entries(house, person) == []
    assert await mails_of_another_event(house, person) == 1


@pytest.mark.parametrize("form", ["urlencoded", "multipart", "button"])
async def test_a_post_unsubscribes_without_a_sign_in(house: House, form: str) -> None:
    person, path = await invited(house)

    if form == "multipart":
        files = {name: (None, value) for name, value in ONE_CLICK.items()}
        answer = await house.http.post(path, files=files)
    else:
        answer = await house.http.post(path, data=ONE_CLICK if form == "urlencoded" else {"action": "unsubscribe"})

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "You are unsubscribed" in answer.text
    assert await entries(house, person) == [("event-announced", "email", False)]
    assert await mails_of_another_event(house, person) == 0


async def test_unsubscribing_again_says_nothing_more(house: House) -> None:
    person, path = await invited(house)

    answers = [await house.http.post(path, data=ONE_CLICK) for _ in range(3)]
    page = await house.http.get(path)

    assert {answer.status_code for answer in answers} == {200}
    assert "You are unsubscribed" in page.text
    async with house.worker.reading() as conn:
        said = await signals_published(conn, SIGNAL)
    assert [(one["person_id"], one["wanted"]) for one in said] == [(str(person), False)]


async def test_the_same_key_twice_is_answered_the_same(house: House) -> None:
    _, path = await invited(house)
    key = {"Idempotency-Key": "once"}

    first = await house.http.post(path, data=ONE_CLICK, headers=key)
    again = await house.http.post(path, data=ONE_CLICK, headers=key)

    assert (first.status_code, again.status_code) == (200, 200)
    assert again.headers["idempotent-replayed"] == "true"


async def test_only_mails_of_that_kind_and_network_stop(house: House) -> None:
    person, path = await invited(house)
    await house.http.post(path, data=ONE_CLICK)

    assert await mails_of_another_event(house, person, at=TRUST) == 0, "below it"
    assert await mails_of_another_event(house, person, at="national") == 1, "above it"
    rows = await house.rows(person_id=person, channel="in-app")
    assert {row["state"] for row in rows} == {"shown"}


async def test_a_mail_that_waits_in_the_queue_does_not_leave_any_more(house: House) -> None:
    person, path = await invited(house)
    await house.hear(an_event(MIDLANDS), MIDLANDS)
    await house.announce_all()

    await house.http.post(path, data=ONE_CLICK)
    house.mail.accepted.clear()
    await house.send_all()

    assert house.mail.to(address_of(person)) == []
    states = sorted(row["state"] for row in await house.rows(person_id=person, channel="email"))
    assert states == ["sent", "suppressed"]


async def test_it_can_be_taken_back_on_the_page_that_answers(house: House) -> None:
    person, path = await invited(house)
    done = await house.http.post(path, data=ONE_CLICK)

    back = await press(house, path, "undo")

    assert 'value="undo"' in done.text
    assert f'action="{path}"' in done.text
    assert "You are subscribed again" in back.text
    assert await mails_of_another_event(house, person) == 1


async def test_the_page_needs_no_script_and_nothing_from_elsewhere(house: House) -> None:
    _, path = await invited(house)

    page = await house.http.get(path)

    assert "<script" not in page.text
    assert re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', page.text) == []
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "no-referrer"
    for markup in ('<html lang="en">', '<main class="nhsuk-main-wrapper"', 'class="nhsuk-button"', "<h1"):
        assert markup in page.text


def forged(token: str) -> str:
    head, body, mac = token.split(".")
    return f"{head}.{body}.{'A' if mac[0] != 'A' else 'B'}{mac[1:]}"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (forged, "It was changed on the way"),
        (lambda token: token[:-11], "It was changed on the way"),
        (lambda token: "k9" + token[token.index(".") :], "It is not one of ours"),
        (lambda _token: "nonsense", "It is not one of ours"),
        (lambda token: token.replace(".", ".$", 1), "It is not one of ours"),
    ],
)
async def test_a_link_that_is_not_ours_is_refused_in_words_and_does_nothing(
    house: House, wrong: object, words: str
) -> None:
    person, path = await invited(house)
    start, token = path.rsplit("/", 1)
    assert callable(wrong)
    bad = f"{start}/{wrong(token)}"

    answers = [await house.http.get(bad), await house.http.post(bad, data=ONE_CLICK)]

    assert {answer.status_code for answer in answers} == {404}
    for answer in answers:
        assert "This link does not work" in answer.text
        assert words in answer.text
    assert await entries(house, person) == []


async def test_a_link_works_at_its_own_cell_only(house: House) -> None:
    person, path = await invited(house)

    foreign = await house.http.post(path.replace("/midlands/", "/london/"), data=ONE_CLICK)
    nowhere = await house.http.post(path.replace("/midlands/", "/nowhere/"), data=ONE_CLICK)

    assert (foreign.status_code, nowhere.status_code) == (404, 404)
    assert "belongs to another page" in foreign.text
    assert await entries(house, person) == []


async def test_a_link_of_years_ago_is_refused_and_says_so(house: House) -> None:
    person = await house.person(TRUST)
    old = Unsubscribe(
        person_id=person, kind="event-announced", network_id=None, day=clock.today() - timedelta(days=801)
    )
    token = links(house.settings.secrets_dir).token(old, cell="midlands")

    answer = await house.http.post(f"/api/v1/cells/midlands/unsubscribe/{token}", data=ONE_CLICK)

    assert answer.status_code == 404
    assert "It worked for 800 days, and is older" in answer.text


async def test_a_link_to_confirm_an_address_does_not_unsubscribe(house: House) -> None:
    person, path = await invited(house)
    swapped = path.replace("/unsubscribe/", "/preferences/confirm/")

    answer = await press(house, swapped, "confirm")

    assert answer.status_code == 404
    assert "belongs to another page" in answer.text
    assert await entries(house, person) == []


@pytest.mark.parametrize(
    "body", [{}, {"List-Unsubscribe": "Two-Clicks"}, {"action": "subscribe-everybody"}, {"x": "y" * 5000}]
)
async def test_a_post_that_says_nothing_known_changes_nothing(house: House, body: dict[str, str]) -> None:
    person, path = await invited(house)

    answer = await house.http.post(path, data=body)

    assert answer.status_code == 422
    assert "The request did not say what to do." in answer.text
    assert await entries(house, person) == []


def test_a_link_names_its_key_and_outlives_a_rotation() -> None:
    link = Unsubscribe(person_id=UUID(int=1), kind="event-announced", network_id=None, day=clock.today())
    before, after = Links("k1", {"k1": b"1" * 32}), Links("k2", {"k2": b"2" * 32, "k1": b"1" * 32})

    token = before.token(link, cell="midlands")

    assert token.startswith("k1.")
    assert after.unsubscribe(token, cell="midlands", today=clock.today()) == link
    assert after.token(link, cell="midlands").startswith("k2.")


def test_without_its_signature_a_link_could_be_anybodys() -> None:
    """The negative control of the refusals above."""

    class Trusting(Links):
        def _mac(self, *_: object) -> bytes:
            return b""

    body = f"1|{UUID(int=7).hex}|-|event-announced".encode()
    token = f"k1.{base64.urlsafe_b64encode(body).decode().rstrip('=')}."
    keys = {"k1": b"1" * 32}

    assert Trusting("k1", keys).unsubscribe(token, cell="midlands", today=date(2020, 1, 3)).person_id == UUID(int=7)
    with pytest.raises(BadLink):
        Links("k1", keys).unsubscribe(token, cell="midlands", today=date(2020, 1, 3))
