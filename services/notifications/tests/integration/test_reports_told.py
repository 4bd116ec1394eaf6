"""Whoever asked for a report is told that it is there, once."""

from datetime import date, timedelta

import orjson
import pytest
from notifications_federation import Federation, hand_on, mails
from notifications_house import House, address_of
from notifications_preferences import HERE, entry, put
from notifications_reports import LINK, MIDLANDS, OPENS, forget_at, kept_anywhere, listed, ready, states

from access.testing import Somebody
from notifications_contracts import AddressSuppressed
from notifications_service.handing_on.model import UNKNOWN_HERE_AFTER
from notifications_service.keys import hashes
from servicekit import clock


@pytest.fixture
async def lead(house: House) -> Somebody:
    somebody = await house.directory.lead(MIDLANDS)
    await house.profile(somebody.person_id, address_of(somebody.person_id), at=MIDLANDS)
    return somebody


async def test_whoever_asked_for_it_reads_which_it_is_and_opens_it_from_mail_and_list(
    house: House, lead: Somebody
) -> None:
    await house.hear(ready(lead.person_id), MIDLANDS)
    await house.send_all()

    (mail,) = house.mail.to(address_of(lead.person_id))
    assert mail.subject == "Your report is ready: Active members, Midlands, 1 to 31 December 2026"
    for part in ("plain", "html"):
        assert OPENS in mail.part(part)
        assert "Open the report" in mail.part(part)
        assert "published figures only" in mail.part(part)
    assert f"Report: Active members\nNetwork: Midlands\nDays: 1 to 31 December 2026\nOpens until: {in_two_weeks()}" in (
        mail.part("plain").replace("\r\n", "\n")
    )
    assert "List-Unsubscribe" not in mail.mail
    (item,) = await listed(house, lead)
    assert (item["kind"], item["report_url"]) == ("report-ready", OPENS)
    assert "Network: Midlands" in item["text"]
    assert LINK not in item["text"] + item["title"]


def in_two_weeks() -> str:
    day = (clock.now() + timedelta(days=14)).date()
    return f"{day.day} {day:%B %Y}"


async def test_a_report_is_told_once_whatever_tells_of_it_again(house: House, lead: Somebody) -> None:
    told = ready(lead.person_id)
    await house.hear(told, MIDLANDS)
    await house.send_all()
    again = house.log[-1]
    async with house.worker.transaction() as conn:
        await conn.execute("DELETE FROM servicekit.inbox")

    await house.arrive(again)
    await house.hear(told, MIDLANDS)
    await house.hear(told.model_copy(update={"person_id": await house.person(MIDLANDS)}), MIDLANDS)
    await house.send_all()

    assert len(house.mail.accepted) == 1
    assert len(await house.rows(kind="report-ready")) == 2


async def test_the_next_period_is_another_report(house: House, lead: Somebody) -> None:
    for _ in range(2):
        await house.hear(ready(lead.person_id), MIDLANDS)
    await house.send_all()

    assert len(house.mail.to(address_of(lead.person_id))) == 2


async def test_nobody_is_told_of_what_opens_no_longer(house: House, lead: Somebody) -> None:
    await house.hear(ready(lead.person_id, expires_at=clock.now()), MIDLANDS)
    await house.send_all()

    assert house.mail.accepted == []
    assert await listed(house, lead) == []
    assert await states(house) == {"in-app": ("suppressed", "expired"), "email": ("suppressed", "expired")}
    assert await kept_anywhere(house) == []


async def test_a_mail_that_has_waited_until_the_report_was_over_is_not_sent(house: House) -> None:
    lead = await house.directory.lead(MIDLANDS)
    await house.hear(ready(lead.person_id), MIDLANDS)
    before = await states(house)

    await forget_at(house, later=timedelta(days=15))
    await house.profile(lead.person_id, address_of(lead.person_id), at=MIDLANDS)
    await house.look()
    await house.send_all()

    assert before["email"] == ("waiting-for-address", None)
    assert (await states(house))["email"] == ("suppressed", "expired")
    assert house.mail.accepted == []


async def test_a_queued_mail_is_judged_when_it_leaves(house: House, lead: Somebody) -> None:
    await house.hear(ready(lead.person_id), MIDLANDS)
    async with house.worker.transaction() as conn:
        await conn.execute("UPDATE reports SET expires_at = $1", clock.now())

    await house.send_all()

    assert (await states(house))["email"] == ("suppressed", "expired")
    assert house.mail.accepted == []


async def test_it_comes_whatever_somebody_prefers_by_mail_and_can_be_hidden_in_the_application(
    house: House, lead: Somebody
) -> None:
    said = await put(house, lead, entry("all"), entry("all", "in-app"))

    await house.hear(ready(lead.person_id), MIDLANDS)
    await house.send_all()

    assert said.status_code == 200
    assert len(house.mail.to(address_of(lead.person_id))) == 1
    assert await states(house) == {"in-app": ("suppressed", "switched off"), "email": ("sent", None)}


async def test_no_preference_speaks_of_it_and_the_refusal_says_how_it_ends(house: House, lead: Somebody) -> None:
    refused = await put(house, lead, entry("report-ready"))

    assert refused.status_code == 422
    assert "report-ready comes because you asked for it: end it where you asked" in refused.json()["detail"]
    kinds = (await house.http.get(HERE, headers=lead.bearer)).json()["kinds"]
    assert "report-ready" not in {kind["kind"] for kind in kinds}


async def test_no_report_is_mailed_to_an_address_that_mail_does_not_reach(house: House, lead: Somebody) -> None:
    address = hashes(house.settings.secrets_dir).of(address_of(lead.person_id))
    gone = AddressSuppressed(
        version=1, person_id=lead.person_id, address=address, reason="hard-bounce", suppressed_at=clock.now()
    )
    await house.hear(gone)

    await house.hear(ready(lead.person_id), MIDLANDS)
    await house.send_all()

    assert await states(house) == {"in-app": ("shown", None), "email": ("suppressed", "address suppressed")}
    assert house.mail.accepted == []


async def test_news_from_before_the_start_is_told_to_nobody_and_opens_nothing_here(
    house: House, lead: Somebody
) -> None:
    house.tell_from = clock.now()

    await house.hear(ready(lead.person_id), MIDLANDS, time=clock.now() - timedelta(days=1))
    await house.send_all()

    assert await states(house) == {"in-app": ("before-start", None), "email": ("before-start", None)}
    assert await kept_anywhere(house) == []


@pytest.mark.parametrize(("report", "called"), [("coverage", "Trusts with members"), ("lively-ones", "Lively ones")])
async def test_a_kind_of_report_that_is_not_known_goes_by_its_own_name(
    house: House, lead: Somebody, report: str, called: str
) -> None:
    await house.hear(ready(lead.person_id, report=report, first=date(2026, 12, 28), last=date(2027, 1, 3)), MIDLANDS)
    await house.send_all()

    (mail,) = house.mail.accepted
    assert mail.subject == f"Your report is ready: {called}, Midlands, 28 December 2026 to 3 January 2027"


async def test_whoever_holds_a_grant_of_a_region_and_belongs_to_another_is_mailed_by_the_nation(
    federation: Federation,
) -> None:
    """The region knows no address of theirs; what opens the report stands in no signal but analytics' own."""
    person = await federation.member("national.london")
    told = ready(person)

    await federation.region.hear(told, MIDLANDS)
    left = await hand_on(federation.region, later=UNKNOWN_HERE_AFTER + timedelta(seconds=1))
    await federation.carry()
    await federation.nation.send_all()
    too_early = list(federation.nation.mail.accepted)
    await federation.nation.hear(told, MIDLANDS)
    await federation.nation.send_all()

    assert (left, too_early) == (1, [])
    (mail,) = federation.nation.mail.to(address_of(person))
    assert OPENS in mail.part("plain")
    assert federation.region.mail.accepted == []
    assert [row["state"] for row in await mails(federation.region)] == ["handed-on"]
    assert await federation.nation.rows(channel="in-app") == []


async def test_the_letter_says_in_its_facts_what_was_sent(house: House, lead: Somebody) -> None:
    await house.hear(ready(lead.person_id), MIDLANDS)
    await house.send_all()

    async with house.worker.reading() as conn:
        (facts,) = await conn.fetch("SELECT facts FROM letters")
    assert orjson.loads(facts["facts"])["link"] == OPENS
