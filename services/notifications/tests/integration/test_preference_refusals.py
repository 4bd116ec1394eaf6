"""What cannot be said of one's preferences is refused in words, and nothing of it is kept."""

from typing import Any
from uuid import uuid4

import pytest
from notifications_house import House
from notifications_preferences import HERE, a_member, entry, put


async def test_an_edit_of_an_old_version_is_refused_and_changes_nothing(house: House) -> None:
    asha = await a_member(house)
    await put(house, asha, entry())

    late = await put(house, asha, entry(wanted=True), version=0)
    unsaid = await house.http.put(HERE, json={"entries": []}, headers=asha.bearer)

    assert (late.status_code, late.json()["code"]) == (412, "changed-meanwhile")
    assert (unsaid.status_code, unsaid.json()["code"]) == (428, "version-required")
    assert (await house.http.get(HERE, headers=asha.bearer)).json()["entries"][0]["wanted"] is False


@pytest.mark.parametrize(
    ("wrong", "status", "words"),
    [
        ([entry("digestion")], 422, "kind: there is no 'digestion'; known: all, announcement"),
        ([entry(channel="pigeon")], 422, "channel: there is no 'pigeon'; known: in-app, email."),
        ([entry("address-to-confirm")], 422, "kind: address-to-confirm comes because you asked for it"),
        ([entry(), entry(wanted=True)], 422, "event-announced by email is said twice for the same network"),
        ([entry() | {"network_id": str(uuid4())}], 409, "No such network is known here"),
        ([entry() | {"colour": "red"}], 422, 'unknown field "colour"; known: channel, kind, network_id, wanted'),
        ([entry() | {"wanted": None}], 422, "entries[1].wanted: expected true or false"),
        ([entry()] * 201, 422, "entries: expected at most 200 of them"),
    ],
)
async def test_what_cannot_be_said_is_refused_in_words_and_nothing_is_kept(
    house: House, wrong: list[Any], status: int, words: str
) -> None:
    asha = await a_member(house)

    refused = await put(house, asha, entry("event-reminder"), *wrong)

    assert refused.status_code == status
    assert words in refused.json()["detail"]
    assert (await house.http.get(HERE, headers=asha.bearer)).json()["entries"] == []


async def test_nobody_reads_or_changes_anothers_preferences(house: House) -> None:
    asha, lead = await a_member(house), await house.directory.lead("national")
    await put(house, asha, entry())

    seen = await house.http.get(HERE, headers=lead.bearer)

    assert seen.json()["entries"] == []
    assert (await house.http.get(HERE)).status_code == 401
    assert (await house.http.get(HERE.replace("national", "nowhere"), headers=asha.bearer)).status_code == 404
