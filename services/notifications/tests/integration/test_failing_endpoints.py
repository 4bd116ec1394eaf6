"""An endpoint that fails is warned of, and switched off in the end; its owner is told by another channel each time."""

from datetime import timedelta
from email.message import EmailMessage

from notifications_house import House, network_id
from notifications_partner import counted, made
from notifications_webhooks import (
    CONTACT,
    later,
    path,
    request,
    running_receiver,
    send,
    states,
    subscribed,
)

from notifications_service.mail.carrier import Carrier
from notifications_service.webhooks.loop import look
from notifications_service.webhooks.model import SCHEDULE
from notifications_service.webhooks.operational_mail import OperationalMail
from servicekit import metrics

MOMENT = timedelta(seconds=1)


async def test_410_disables_at_once_and_the_owner_is_told(house: House) -> None:
    agreement = await made(house)
    lead = await house.person("national", address="lead@network.example")
    await house.directory.grant(lead, "lead", "national")
    async with running_receiver(house, answers=["410"]) as receiver:
        subscription = await subscribed(house, agreement, receiver.url)
        await house.hear(counted("national"))
        await send(house, slots=1)
        await house.hear(counted("national"))
        sent_later = await send(house)

    shown = (await request(house, "GET", path(subscription))).json()
    assert (shown["state"], shown["disabled_because"], sent_later) == ("disabled", "gone", 0)
    assert await states(house, subscription) == ["missed", "missed"]
    mails = await operational_mails(house)
    assert sorted(mails) == [CONTACT, "lead@network.example"]
    assert {mail["Subject"] for mail in mails.values()} == {"Webhooks to NHS Providers are switched off"}
    assert "it answered 410" in text(mails[CONTACT])


async def test_an_endpoint_that_fails_for_days_is_warned_of_then_disabled_and_its_owner_told_each_time_once(
    house: House,
) -> None:
    agreement = await made(house)
    async with running_receiver(house, always="500") as receiver:
        subscription = await subscribed(house, agreement, receiver.url + "?token=hidden")
        await house.hear(counted("national"))
        await send(house)
        told = [await mails_after(house, timedelta(hours=hours)) for hours in (23, 25, 26, 24 * 5 - 1, 24 * 5 + 1)]

    shown = (await request(house, "GET", path(subscription))).json()
    warning, disabling = told[1][0], told[4][0]
    assert [len(mails) for mails in told] == [0, 1, 0, 0, 1]
    assert warning["Subject"] == "Webhooks to NHS Providers are failing"
    assert "The last failure: answered 500." in text(warning)
    assert disabling["Subject"] == "Webhooks to NHS Providers are switched off"
    assert "hidden" not in text(warning) + text(disabling)
    assert (shown["state"], shown["disabled_because"]) == ("disabled", "failing")
    assert await states(house, subscription) == ["missed"]


async def test_endpoints_and_the_queue_are_counted(house: House) -> None:
    agreement = await made(house)
    async with running_receiver(house, always="500") as receiver, running_receiver(house) as good:
        await subscribed(house, agreement, receiver.url)
        await subscribed(house, agreement, good.url)
        await house.hear(counted("national"))
        await send(house)
        await mails_after(house, timedelta(0))

    shown = metrics.text().decode()
    assert 'guildhall_webhook_endpoints{state="failing"} 1.0' in shown
    assert 'guildhall_webhook_endpoints{state="active"} 1.0' in shown
    assert "guildhall_webhook_queue 1.0" in shown
    assert "guildhall_webhook_oldest_seconds 0.0" in shown


async def test_one_success_ends_the_failing(house: House) -> None:
    agreement = await made(house)
    async with running_receiver(house, answers=["500"]) as receiver:
        subscription = await subscribed(house, agreement, receiver.url)
        await house.hear(counted("national"))
        await send(house)
        failing = (await request(house, "GET", path(subscription))).json()
        async with later(SCHEDULE[0] + MOMENT):
            await send(house)

    shown = (await request(house, "GET", path(subscription))).json()
    assert failing["last_failure"] == "answered 500"
    assert (shown["failing_since"], shown["last_failure"]) == (None, None)
    assert await mails_after(house, timedelta(days=6)) == []


async def operational_mails(house: House) -> dict[str, EmailMessage]:
    """Carry what is queued; what has arrived, by address."""
    carrier = Carrier(host="127.0.0.1", port=house.mail.port, sender="g@guildhall.example", domain="guildhall.example")
    mails = OperationalMail(
        db=house.worker, carrier=carrier, sender="guildhall@guildhall.example", domain="guildhall.example"
    )
    while await mails.round():
        pass
    await carrier.close()
    return {mail.to: mail.mail for mail in house.mail.accepted}


async def mails_after(house: House, passed: timedelta) -> list[EmailMessage]:
    """What arrives when somebody looks so much later."""
    house.mail.accepted.clear()
    async with later(passed):
        await look(house.work())
        return list((await operational_mails(house)).values())


def text(mail: EmailMessage) -> str:
    content: str = mail.get_content()
    return content


async def test_the_leads_told_are_those_of_the_agreements_network(house: House) -> None:
    agreement = await made(house, at="national.midlands")
    for where in ("national", "national.midlands", "national.london"):
        person = await house.person(where, address=f"{where}@network.example")
        await house.directory.grant(person, "lead", where)
    async with running_receiver(house, answers=["410"]) as receiver:
        answer = await request(
            house,
            "POST",
            path(cell="midlands"),
            json={"agreement_id": str(agreement.agreement_id), "url": receiver.url, "contact_email": CONTACT},
        )
        await house.hear(counted("national.midlands"), "national.midlands")
        await send(house)

    assert answer.status_code == 201
    assert agreement.network_id == network_id("national.midlands")
    assert sorted(await operational_mails(house)) == [CONTACT, "national.midlands@network.example"]
