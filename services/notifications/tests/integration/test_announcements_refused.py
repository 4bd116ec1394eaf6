"""Nobody but a lead says anything to a network, and nothing but plain text; what is refused tells nobody."""

from datetime import date
from uuid import uuid4

import pytest
from notifications_announcements import ADDRESS, MIDLANDS, TEXT, say, steer, told
from notifications_house import House, network_id

from servicekit.ids import new_id


async def test_only_leads_of_the_network_or_above_may_say_and_see_it(house: House) -> None:
    lead, above = await house.directory.lead(MIDLANDS), await house.directory.lead("national")
    organiser = await house.directory.lead(MIDLANDS, role="organiser")
    below, elsewhere = await house.directory.lead(f"{MIDLANDS}.rwp"), await house.directory.lead("national.london")
    member = await house.directory.person(f"{MIDLANDS}.rwp")
    url = (await say(house, lead)).json()["url"]
    await house.announce_all()

    expected = [(lead, 200), (above, 200), (organiser, 403), (below, 404), (elsewhere, 404), (member, 404)]
    for somebody, status in expected:
        answers = [
            await say(house, somebody),
            await house.http.get(url, headers=somebody.bearer),
            await house.http.get(f"{ADDRESS}?network={network_id(MIDLANDS)}", headers=somebody.bearer),
            *[await steer(house, somebody, url, verb) for verb in ("pause", "resume")],
        ]
        # What is done cannot be paused any more, and that is told only to those who may know.
        found = [201, 200, 200, 409, 409] if status == 200 else [status] * 5
        assert [answer.status_code for answer in answers] == found


async def test_under_another_cell_it_is_not_there(house: House) -> None:
    lead = await house.directory.lead("national")
    announcement_id = (await say(house, lead)).json()["id"]

    for address in (
        f"/api/v1/cells/national/announcements/{announcement_id}",
        f"/api/v1/cells/midlands/announcements/{new_id()}",
        f"/api/v1/cells/atlantis/announcements/{announcement_id}",
    ):
        assert (await house.http.get(address, headers=lead.bearer)).status_code == 404
    assert (await say(house, lead, cell="atlantis")).status_code == 404


BAD = {
    "HTML": ({"text": "Look <a href='x'>here</a>"}, "text: no HTML is taken"),
    "HTML in the title": ({"title": "<script>alert(1)</script>"}, "title: no HTML is taken"),
    "a second header": ({"title": "Hello\r\nBcc: all@example.org"}, "title: expected one line of plain text"),
    "an encoded word": ({"title": "=?utf-8?q?Hello?="}, "title: expected one line of plain text"),
    "a line separator": ({"title": "Hello\u2028there"}, "title: expected one line of plain text"),
    "a sign that turns the text around": ({"text": "Hello \u202eereht"}, "text: it holds signs that nobody can see"),
    "a NUL": ({"text": "Hello\x00"}, "holds the character U+0000"),
    "nothing": ({"text": "  \n "}, "text: expected 1 to 5000 characters"),
    "no title": ({"title": ""}, "title: expected at least 1 characters"),
    "too long a title": ({"title": "x" * 151}, "title: expected at most 150 characters"),
    "too long a text": ({"text": "x" * 5001}, "text: expected at most 5000 characters"),
    "an unknown field": ({"html": "<b>"}, 'unknown field "html"'),
    "no network": ({"network_id": "rwp"}, "network_id: expected an id such as"),
    "too many sectors": ({"sectors": ["s"] * 101}, "sectors: expected at most 100 of them"),
}


@pytest.mark.parametrize("name", BAD)
async def test_what_is_no_fair_plain_text_is_refused_in_words_and_tells_nobody(house: House, name: str) -> None:
    given, words = BAD[name]
    lead = await house.directory.lead(MIDLANDS)

    answer = await say(house, lead, **given)
    await house.announce_all()

    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    assert await told(house) == []
    async with house.worker.reading() as conn:
        assert await conn.fetchval("SELECT count(*) FROM announcements") == 0


async def test_a_network_of_another_cell_or_closed_or_unknown_is_refused(house: House) -> None:
    lead = await house.directory.lead("national")
    await house.directory.network(f"{MIDLANDS}.old", until=date(2024, 3, 31))

    elsewhere = await say(house, lead, network_id=str(network_id("national.london")))
    closed = await say(house, lead, network_id=str(network_id(f"{MIDLANDS}.old")))
    unknown = await say(house, lead, network_id=str(uuid4()))

    assert (elsewhere.status_code, closed.status_code, unknown.status_code) == (422, 409, 409)
    assert elsewhere.json()["detail"] == "network_id: London belongs to the cell london; say it there."
    assert closed.json()["detail"] == "Old was closed on 2024-03-31: nobody belongs to it any more."
    assert unknown.json()["code"] == "not-yet-known"


async def test_without_a_token_nothing_is_said(house: House) -> None:
    body = {"network_id": str(network_id(MIDLANDS)), "title": "Theatres", "text": TEXT}
    assert (await house.http.post(ADDRESS, json=body)).status_code == 401
