"""A lead changes how the mails of a network and of those below it look; a mail stays what it was when it left."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from notifications_house import House, a_registration, address_of, changed, network_id, published
from notifications_links import announced
from notifications_mail_server import Accepted

from access.testing import Somebody
from events_contracts import RegistrationConfirmed
from notifications_contracts import TemplateChanged
from notifications_service.mail import keeping
from servicekit import clock
from servicekit.testing import signals_published

MIDLANDS, TRUST, OTHER_TRUST = "national.midlands", "national.midlands.rwp", "national.midlands.rjc"
SIGNAL = "guildhall.notifications.template-changed.v1"
OURS = {
    "sender_name": "Midlands Network",
    "banner": "{{network}} operational managers",
    "colour": "#005eb8",
    "subject_prefix": "[{{network}}]",
    "before": "We are glad to have you, {{name}}.\n\nSee you at {{where}}.",
    "after": "Your Midlands team",
}


def path_of(network: str, cell: str = "midlands") -> str:
    return f"/api/v1/cells/{cell}/templates/{network_id(network)}"


async def put(house: House, who: Somebody, network: str, body: Any, *, version: int = 0) -> httpx.Response:
    headers = who.bearer | {"If-Match": f'"{version}"'}
    cell = "national" if network == "national" else "midlands"
    return await house.http.put(path_of(network, cell), json=body, headers=headers)


async def a_mail(house: House, *, at: str = TRUST, **given: Any) -> Accepted:
    """The mail that a new member of the trust gets about an event of the network."""
    person = await house.person(TRUST)
    house.mail.accepted.clear()
    await house.hear(published(at=at, rule={"networks": [network_id(TRUST)]}, **given), at)
    return await announced(house, address_of(person))


async def test_a_leads_template_is_the_mails_of_the_network_and_of_those_below(house: House) -> None:
    lead = await house.directory.lead(MIDLANDS)

    saved = await put(house, lead, MIDLANDS, OURS)
    below, above = await a_mail(house, at=TRUST), await a_mail(house, at="national")

    assert (saved.status_code, saved.json()["version"], saved.headers["etag"]) == (200, 1, '"1"')
    assert below.mail["From"] == "Midlands Network <guildhall@guildhall.example>"
    assert below.subject == "[Rwp] You are invited: Summit of operational managers"
    assert "We are glad to have you, Asha Patel.\n\nSee you at Leeds Civic Hall, Room 1." in below.part(
        "plain"
    ).replace("\r\n", "\n")
    assert "Rwp operational managers</td>" in below.part("html")
    assert "#005eb8" in below.part("html")
    assert above.mail["From"] == "Guildhall <guildhall@guildhall.example>"
    assert "#1d2b4f" in above.part("html")


async def test_the_nearest_template_wins_whole_and_an_empty_one_gives_way(house: House) -> None:
    region, trust = await house.directory.lead(MIDLANDS), await house.directory.lead(TRUST)
    await put(house, region, MIDLANDS, OURS)
    await put(house, trust, TRUST, {"sender_name": "The Royal"})
    near = await a_mail(house)
    await put(house, trust, TRUST, {}, version=1)
    far = await a_mail(house)

    assert near.mail["From"] == "The Royal <guildhall@guildhall.example>"
    assert near.subject.startswith("You are invited")
    assert far.mail["From"] == "Midlands Network <guildhall@guildhall.example>"


async def test_what_stands_in_a_template_or_an_event_is_text(house: House) -> None:
    lead = await house.directory.lead(TRUST)
    await put(house, lead, TRUST, {"before": "<script>alert(1)</script> & {{event}}", "banner": "<b>We</b>"})

    mail = await a_mail(house, title="{{name}} <i>Summit</i>")

    assert "<script>" not in mail.part("html")
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; {{name}} &lt;i&gt;Summit" in mail.part("html")
    assert "<script>alert(1)</script> & {{name}} <i>Summit</i>" in mail.part("plain")


async def test_a_change_is_published_whole_on_the_networks_cell_and_kept_where_it_arrives(house: House) -> None:
    lead = await house.directory.lead(MIDLANDS)
    await put(house, lead, MIDLANDS, OURS)
    async with house.worker.reading() as conn:
        (said,) = await signals_published(conn, SIGNAL)
        topics = await conn.fetch("SELECT topic FROM servicekit.outbox WHERE type = $1", SIGNAL)

    await house.hear(
        TemplateChanged(version=1, network_id=network_id("national"), sender_name="The nation", changed_at=clock.now())
    )
    mail = await a_mail(house, at="national")

    assert (said["version"], said["sender_name"]) == (1, "Midlands Network")
    assert [row["topic"] for row in topics] == ["midlands.notifications"]
    assert mail.mail["From"] == "The nation <guildhall@guildhall.example>"


async def test_a_template_is_tried_out_before_it_is_saved(house: House) -> None:
    lead = await house.directory.lead(MIDLANDS, role="organiser")
    body = OURS | {"network_id": str(network_id(MIDLANDS))}

    tried = await house.http.post("/api/v1/cells/midlands/templates/preview", json=body, headers=lead.bearer)

    assert tried.status_code == 200
    mail = tried.json()["mail"]
    assert mail["sender"] == "Midlands Network <guildhall@guildhall.example>"
    assert mail["subject"] == "[Midlands] You are invited: Masterclass: theatres that run on time"
    assert "We are glad to have you, Sample Person." in mail["text"]
    assert tried.json()["contrast"] == 6.37
    async with house.worker.reading() as conn:
        assert await conn.fetchval("SELECT count(*) FROM templates") == 0


@pytest.mark.parametrize("route", ["put", "preview"])
async def test_a_template_with_faults_is_refused_with_all_of_them_and_not_kept(house: House, route: str) -> None:
    lead = await house.directory.lead(MIDLANDS)
    body = {"colour": "#ffeb3b", "before": "{{nobody}}", "sender_name": "a\nb"}

    if route == "put":
        refused = await put(house, lead, MIDLANDS, body)
    else:
        body["network_id"] = str(network_id(MIDLANDS))
        refused = await house.http.post("/api/v1/cells/midlands/templates/preview", json=body, headers=lead.bearer)

    assert (refused.status_code, refused.json()["code"]) == (422, "template-faults")
    assert [error["field"] for error in refused.json()["errors"]] == ["sender_name", "before", "colour"]
    assert "#ffffff on #ffeb3b has a contrast of 1.22:1; at least 4.5:1 can be read" in refused.json()["detail"]
    read = await house.http.get(path_of(MIDLANDS), headers=lead.bearer)
    assert read.json()["version"] == 0


async def test_every_version_can_be_read_and_an_old_one_is_not_overwritten(house: House) -> None:
    lead = await house.directory.lead(MIDLANDS)
    await put(house, lead, MIDLANDS, OURS)
    await put(house, lead, MIDLANDS, {"banner": "New"}, version=1)

    late = await put(house, lead, MIDLANDS, OURS, version=1)
    old = await house.http.get(f"{path_of(MIDLANDS)}?version=1", headers=lead.bearer)
    none = await house.http.get(f"{path_of(MIDLANDS)}?version=9", headers=lead.bearer)

    assert (late.status_code, late.json()["code"]) == (412, "changed-meanwhile")
    assert (old.json()["banner"], old.json()["version"]) == (OURS["banner"], 1)
    assert none.status_code == 404


async def test_only_those_who_hold_the_network_read_or_change_its_template(house: House) -> None:
    lead, organiser = await house.directory.lead(TRUST), await house.directory.lead(TRUST, role="organiser")
    neighbour, member = await house.directory.lead(OTHER_TRUST), await house.directory.person(TRUST)

    answers = {
        "lead": await put(house, lead, TRUST, {"banner": "We"}),
        "organiser": await put(house, organiser, TRUST, {"banner": "They"}, version=1),
        "neighbour": await put(house, neighbour, TRUST, {"banner": "They"}, version=1),
        "member": await put(house, member, TRUST, {"banner": "They"}, version=1),
    }
    above = await put(house, lead, MIDLANDS, {"banner": "They"})
    wrong_cell = await house.http.get(path_of(TRUST, "london"), headers=lead.bearer)
    unknown = await house.http.get(f"/api/v1/cells/midlands/templates/{uuid4()}", headers=lead.bearer)

    assert {who: answer.status_code for who, answer in answers.items()} == {
        "lead": 200,
        "organiser": 403,
        "neighbour": 404,
        "member": 404,
    }
    assert (above.status_code, wrong_cell.status_code, unknown.status_code) == (404, 404, 404)
    read = await house.http.get(path_of(TRUST), headers=organiser.bearer)
    assert read.json()["banner"] == "We"


async def one_with_a_mail(house: House) -> tuple[Somebody, dict[str, Any], Accepted]:
    """Somebody with a place, the item of their list, and the mail that they got."""
    asha = await house.directory.person(TRUST)
    await house.profile(asha.person_id, address_of(asha.person_id))
    event = published(at=TRUST, rule={"networks": []})
    await house.hear(event, TRUST)
    await house.hear(a_registration(RegistrationConfirmed, event, asha.person_id), TRUST)
    await house.send_all()
    (mail,) = house.mail.to(address_of(asha.person_id))
    listed = await house.http.get("/api/v1/cells/midlands/notifications", headers=asha.bearer)
    await house.hear(changed(event, ["venue", "title"], venue="Elsewhere", title="Another summit"), TRUST)
    return asha, listed.json()["items"][0], mail


async def test_the_mail_that_was_sent_is_shown_whatever_changed_since(house: House) -> None:
    lead = await house.directory.lead(TRUST)
    await put(house, lead, TRUST, OURS)
    asha, item, mail = await one_with_a_mail(house)
    await put(house, lead, TRUST, {"sender_name": "Another"}, version=1)
    await house.profile(asha.person_id, "new@example.org", version=2, given_name="Asha-Maria")

    shown = (await house.http.get(item["url"], headers=asha.bearer)).json()

    assert shown["mail"]["subject"] == mail.subject == "[Rwp] You have a place: Summit of operational managers"
    assert shown["mail"]["sender"] == mail.mail["From"]
    assert shown["mail"]["text"].split() == mail.part("plain").split()
    assert shown["mail"]["html"].split() == mail.part("html").split()
    assert shown["mail"]["template"] == {"network_id": str(network_id(TRUST)), "version": 1}
    assert (shown["mail"]["state"], shown["title"], shown["text"]) == ("sent", item["title"], item["text"])


async def test_the_mail_is_given_back_byte_for_byte_from_what_was_kept(house: House) -> None:
    lead = await house.directory.lead(TRUST)
    await put(house, lead, TRUST, OURS)
    asha, item, mail = await one_with_a_mail(house)
    await put(house, lead, TRUST, {"sender_name": "Another"}, version=1)

    async with house.worker.reading() as conn:
        kept = await keeping.find(conn, "midlands", asha.person_id, item["id"])

    assert kept is not None
    assert kept.written.mail == mail.raw


async def test_the_words_of_many_mails_are_kept_once(house: House) -> None:
    for _ in range(3):
        await house.person(TRUST)
    await house.hear(published(at=TRUST, rule={"networks": [network_id(TRUST)]}), TRUST)
    await house.announce_all()
    await house.send_all()

    async with house.worker.reading() as conn:
        assert await conn.fetchval("SELECT count(*) FROM letters") == 3
        assert await conn.fetchval("SELECT count(*) FROM moulds") == 1


async def test_nobody_is_shown_anothers_mail(house: House) -> None:
    _, item, _ = await one_with_a_mail(house)
    lead = await house.directory.lead("national")

    assert (await house.http.get(item["url"], headers=lead.bearer)).status_code == 404
