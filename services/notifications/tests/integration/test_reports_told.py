"""Whoever asked for a report is told that it is there, once; what opens it reaches nobody else."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from notifications_federation import Federation, mails
from notifications_house import House, address_of, an_agreement, network_id
from notifications_partner import ask, items, made
from notifications_preferences import HERE, entry, put

from access.testing import Somebody
from analytics_contracts import ReportReady
from membership_contracts import AgreementMade, ConsentGiven
from notifications_contracts import AddressSuppressed
from notifications_service.handing_on import actions as handing_on
from notifications_service.handing_on.model import UNKNOWN_HERE_AFTER
from notifications_service.keys import hashes
from notifications_service.reports import store
from notifications_service.streams import actions
from notifications_service.streams.store import Sent
from servicekit import clock
from servicekit.ids import new_id

MIDLANDS = "national.midlands"
LINK = "4Wq0n3yJ2m5T8c1vXb7KfZ6hR9aEoLdU"
OPENS = f"https://guildhall.example/api/v1/cells/midlands/reports/shown/{LINK}"
LIST = "/api/v1/cells/midlands/notifications"


def ready(person_id: UUID, **given: Any) -> ReportReady:
    state = {
        "version": 1,
        "report_id": new_id(),
        "schedule_id": new_id(),
        "person_id": person_id,
        "network_id": network_id(MIDLANDS),
        "report": "active-members",
        "first": date(2026, 12, 1),
        "last": date(2026, 12, 31),
        "link": LINK,
        "expires_at": clock.now() + timedelta(days=14),
    }
    return ReportReady.model_validate(state | given)


@pytest.fixture
async def lead(house: House) -> Somebody:
    somebody = await house.directory.lead(MIDLANDS)
    await house.profile(somebody.person_id, address_of(somebody.person_id), at=MIDLANDS)
    return somebody


async def listed(house: House, who: Somebody) -> list[dict[str, Any]]:
    answer = await house.http.get(LIST, headers=who.bearer)
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def states(house: House) -> dict[str, tuple[str, str | None]]:
    return {row["channel"]: (row["state"], row["failure"]) for row in await house.rows(kind="report-ready")}


async def forget_at(house: House, *, later: timedelta) -> None:
    async with house.worker.transaction() as conn:
        await store.forget_links(conn, now=clock.now() + later)


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


async def kept_anywhere(house: House) -> list[str]:
    """Tables of this database in which the link stands."""
    async with house.worker.reading() as conn:
        tables = await conn.fetch(
            """
            SELECT schemaname || '.' || tablename AS name
              FROM pg_tables
             WHERE schemaname !~ '^(pg_|information_schema)' AND has_table_privilege(schemaname || '.' || tablename,
                                                                                     'SELECT')
            """
        )
        found = [
            row["name"].partition(".")[2]
            for row in tables
            if await conn.fetchval(f"SELECT EXISTS (SELECT FROM {row['name']} t WHERE t::text LIKE '%{LINK}%')")
        ]
    return sorted(found)


async def test_what_opens_it_is_kept_in_two_places_and_only_as_long_as_it_does(house: House, lead: Somebody) -> None:
    await house.hear(ready(lead.person_id), MIDLANDS)
    await house.send_all()
    (item,) = await listed(house, lead)
    before = await kept_anywhere(house)

    await forget_at(house, later=timedelta(days=13))
    meanwhile = await kept_anywhere(house)
    await forget_at(house, later=timedelta(days=14, minutes=1))

    assert before == meanwhile == ["letters", "reports"]
    assert await kept_anywhere(house) == []
    whole = (await house.http.get(f"{LIST}/{item['id']}", headers=lead.bearer)).json()
    assert whole["report_url"] is None
    assert whole["mail"]["subject"].startswith("Your report is ready")
    assert "/reports/shown/expired" in whole["mail"]["text"]
    assert whole["mail"]["state"] == "sent"


async def test_nobody_else_reads_what_opens_it(house: House, lead: Somebody) -> None:
    await house.hear(ready(lead.person_id), MIDLANDS)
    (item,) = await listed(house, lead)
    others = [await house.directory.lead(MIDLANDS), await house.directory.lead("national")]

    for other in others:
        assert await listed(house, other) == []
        assert (await house.http.get(f"{LIST}/{item['id']}", headers=other.bearer)).status_code == 404
    async with house.api.reading() as conn:
        assert await conn.fetchval("SELECT count(*) FROM reports") == 0


async def test_no_partner_gets_it_whatever_was_agreed(house: House, lead: Somebody) -> None:
    fields = {ReportReady.type: sorted(ReportReady.model_fields)}
    agreement = an_agreement(fields, issuer=house.directory.issuer.url, consent_needed=[ReportReady.type])
    await house.hear(agreement)

    await house.hear(ready(lead.person_id), MIDLANDS)

    assert (await ask(house, agreement)).status_code == 200
    assert await items(house, agreement) == []


async def given_to_partners(house: House, lead: Somebody, **seam: Any) -> tuple[AgreementMade, int]:
    """A report as it would go into feeds if it were listened to for them, with everybody's consent."""
    fields = {ReportReady.type: ["report_id", "link"]}
    agreement = await made(house, fields, consent_needed=[ReportReady.type])
    await house.hear(
        ConsentGiven(
            version=1, person_id=lead.person_id, agreement_id=agreement.agreement_id, given=True, at=clock.now()
        )
    )
    told = ready(lead.person_id)
    sent = Sent(signal_id=new_id(), time=clock.now(), day=clock.today(), network=MIDLANDS, person_id=lead.person_id)
    async with house.worker.transaction() as conn:
        given = await actions.append(conn, "midlands", ReportReady, [sent], [told.model_dump(mode="json")], **seam)
    return agreement, given


async def test_no_partner_gets_it_even_where_somebody_listens_for_them(house: House, lead: Somebody) -> None:
    agreement, given = await given_to_partners(house, lead)

    assert given == 0
    assert await items(house, agreement) == []


async def test_if_nothing_were_withheld_a_partner_would_read_what_opens_it(house: House, lead: Somebody) -> None:
    agreement, given = await given_to_partners(house, lead, withheld=())

    assert given == 1
    assert [item["data"]["link"] for item in await items(house, agreement)] == [LINK]


async def test_no_signal_of_ours_and_no_line_of_a_log_holds_it(
    house: House, lead: Somebody, capsys: pytest.CaptureFixture[str]
) -> None:
    await house.hear(ready(lead.person_id), MIDLANDS)
    await house.send_all()
    await listed(house, lead)

    async with house.worker.reading() as conn:
        rows = await conn.fetch("SELECT body FROM servicekit.outbox")
    written = capsys.readouterr()
    assert len(rows) == 2
    assert LINK.encode() not in b"".join(row["body"] for row in rows)
    assert LINK not in written.out + written.err


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
    async with federation.region.worker.transaction() as conn:
        left = await handing_on.hand_on(conn, now=clock.now() + UNKNOWN_HERE_AFTER + timedelta(seconds=1))
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
