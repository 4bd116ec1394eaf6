"""What opens a report reaches nobody but whoever asked for it, and is kept only as long as it opens something."""

from datetime import timedelta
from typing import Any

import pytest
from notifications_house import House, address_of, an_agreement
from notifications_partner import ask, items, made
from notifications_reports import LINK, LIST, MIDLANDS, forget_at, kept_anywhere, listed, ready

from access.testing import Somebody
from analytics_contracts import ReportReady
from membership_contracts import AgreementMade, ConsentGiven
from notifications_service.streams import actions
from notifications_service.streams.store import Sent
from servicekit import clock
from servicekit.ids import new_id


@pytest.fixture
async def lead(house: House) -> Somebody:
    somebody = await house.directory.lead(MIDLANDS)
    await house.profile(somebody.person_id, address_of(somebody.person_id), at=MIDLANDS)
    return somebody


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
