"""A suppressed address is confirmed by whoever reads its mail: with a link that is mailed there, and works once."""

from datetime import timedelta
from uuid import UUID

import httpx
from notifications_house import House, address_of
from notifications_links import confirm_path, press

from access.testing import Somebody
from notifications_contracts import AddressSuppressed
from notifications_service.keys import hashes
from servicekit import clock
from servicekit.testing import signals_published

CONFIRMED = "guildhall.notifications.address-confirmed.v1"
HERE = "/api/v1/cells/national/preferences/address"
TRUST = "national.midlands.rwp"


async def somebody_suppressed(house: House) -> Somebody:
    asha = await house.directory.person(TRUST)
    await house.profile(asha.person_id, address_of(asha.person_id))
    await suppress(house, asha.person_id)
    return asha


async def suppress(house: House, person: UUID, *, version: int = 1) -> None:
    await house.hear(
        AddressSuppressed(
            version=version,
            person_id=person,
            address=hashes(house.settings.secrets_dir).of(address_of(person)),
            reason="hard-bounce",
            suppressed_at=clock.now(),
        )
    )


async def ask(house: House, who: Somebody) -> httpx.Response:
    answer = await house.http.post(f"{HERE}/confirm", headers=who.bearer)
    await house.send_all()
    return answer


async def is_suppressed(house: House, who: Somebody) -> bool:
    answer = await house.http.get(HERE, headers=who.bearer)
    return bool(answer.json()["suppressed"])


async def test_the_mail_goes_to_the_suppressed_address_and_its_button_lifts_it(house: House) -> None:
    asha = await somebody_suppressed(house)

    asked = await ask(house, asha)
    (mail,) = house.mail.to(address_of(asha.person_id))
    path = confirm_path(mail)
    page = await house.http.get(path)
    still = await is_suppressed(house, asha)
    done = await press(house, path, "confirm")

    assert asked.status_code == 202
    assert mail.subject == "Confirm your e-mail address"
    assert "List-Unsubscribe" not in mail.mail
    assert "Confirm this address" in page.text
    assert still, "looking at the link confirmed it"
    assert "Your address is confirmed" in done.text
    assert not await is_suppressed(house, asha)
    async with house.worker.reading() as conn:
        (said,) = await signals_published(conn, CONFIRMED)
    assert (said["version"], said["person_id"]) == (2, str(asha.person_id))


async def test_the_link_works_once(house: House) -> None:
    asha = await somebody_suppressed(house)
    await ask(house, asha)
    path = confirm_path(house.mail.to(address_of(asha.person_id))[0])
    await press(house, path, "confirm")
    await suppress(house, asha.person_id, version=3)

    again = await press(house, path, "confirm")

    assert again.status_code == 422
    assert "This link has been used, or the address has come back again since it was sent." in again.text
    assert await is_suppressed(house, asha)


async def test_asking_again_within_the_hour_sends_no_second_mail(house: House) -> None:
    asha = await somebody_suppressed(house)

    answers = [await ask(house, asha), await ask(house, asha)]

    assert {answer.status_code for answer in answers} == {202}
    assert len(house.mail.to(address_of(asha.person_id))) == 1


async def test_a_link_of_last_week_is_refused(house: House) -> None:
    asha = await somebody_suppressed(house)
    await ask(house, asha)
    path = confirm_path(house.mail.to(address_of(asha.person_id))[0])
    clock.move(timedelta(days=5))
    try:
        late = await press(house, path, "confirm")
    finally:
        clock.move(-timedelta(days=5))

    assert late.status_code == 404
    assert "It worked for 3 days, and is older" in late.text
    assert await is_suppressed(house, asha)


async def test_the_mail_does_not_follow_to_another_address(house: House) -> None:
    asha = await somebody_suppressed(house)
    await house.http.post(f"{HERE}/confirm", headers=asha.bearer)
    await house.profile(asha.person_id, "new@example.org", version=2)

    await house.send_all()

    assert house.mail.accepted == []
    assert [row["failure"] for row in await house.rows(kind="address-to-confirm")] == ["another address by now"]
    assert not await is_suppressed(house, asha), "the new address was never suppressed"


async def test_where_mail_goes_already_there_is_nothing_to_confirm(house: House) -> None:
    asha = await house.directory.person(TRUST)
    nowhere = await ask(house, asha)
    await house.profile(asha.person_id, address_of(asha.person_id))
    answer = await ask(house, asha)

    assert (nowhere.status_code, nowhere.json()["code"]) == (409, "no-address")
    assert (answer.status_code, answer.json()["code"]) == (409, "not-suppressed")
    assert house.mail.accepted == []


async def test_a_post_that_asks_for_nothing_confirms_nothing(house: House) -> None:
    asha = await somebody_suppressed(house)
    await ask(house, asha)
    path = confirm_path(house.mail.to(address_of(asha.person_id))[0])

    answer = await press(house, path, "whatever")

    assert answer.status_code == 422
    assert await is_suppressed(house, asha)
