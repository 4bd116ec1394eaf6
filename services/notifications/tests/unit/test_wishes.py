"""Of what somebody has said, the most specific counts: the nearest network, then the kind before all kinds."""

import random

import pytest

from notifications_service.preferences.model import ALL, Wish, Word, replaced, wants
from notifications_service.tellings.model import SERVICE_MESSAGES, Kind

EMAIL, IN_APP = "email", "in-app"
ANNOUNCED = Kind.EVENT_ANNOUNCED
TRUST = "national.midlands.rwp"


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ([], True),
        ([Wish(ALL, EMAIL, None, False)], False),
        ([Wish(ALL, EMAIL, None, False), Wish(ANNOUNCED, EMAIL, None, True)], True),
        ([Wish(ANNOUNCED, EMAIL, None, True), Wish(ALL, EMAIL, "national", False)], False),
        ([Wish(ANNOUNCED, EMAIL, "national", True), Wish(ALL, EMAIL, TRUST, False)], False),
        ([Wish(ALL, EMAIL, TRUST, False), Wish(ANNOUNCED, EMAIL, TRUST, True)], True),
        ([Wish(ANNOUNCED, EMAIL, "national.midlands", False)], False),
        ([Wish(ANNOUNCED, EMAIL, "national.midlands.r", False)], True),
        ([Wish(ANNOUNCED, EMAIL, "national.midlands.rwp.theatres", False)], True),
        ([Wish(Kind.EVENT_REMINDER, EMAIL, None, False)], True),
        ([Wish(ALL, IN_APP, None, False)], True),
    ],
)
def test_the_most_specific_word_counts(said: list[Wish], wanted: bool) -> None:
    random.Random(7).shuffle(said)

    assert wants(said, ANNOUNCED, EMAIL, TRUST) is wanted


@pytest.mark.parametrize("kind", sorted(SERVICE_MESSAGES))
def test_a_service_message_is_always_mailed_and_may_be_hidden(kind: Kind) -> None:
    off = [Wish(kind, channel, None, False) for channel in (EMAIL, IN_APP)]

    assert wants(off, kind, EMAIL, TRUST)
    assert not wants(off, kind, IN_APP, TRUST)


def test_every_kind_is_a_service_message_or_can_be_switched_off() -> None:
    announcements = {kind for kind in Kind if kind not in SERVICE_MESSAGES}

    assert announcements == {Kind.EVENT_ANNOUNCED, Kind.EVENT_REMINDER, Kind.ANNOUNCEMENT}


def test_only_what_differs_is_said_anew() -> None:
    stays = Word(kind=ALL, channel=EMAIL, network_id=None, wanted=True)
    turns = Word(kind=ANNOUNCED, channel=EMAIL, network_id=None, wanted=False)
    goes = Word(kind=ANNOUNCED, channel=IN_APP, network_id=None, wanted=False)
    turned = Word(kind=ANNOUNCED, channel=EMAIL, network_id=None, wanted=True)

    said = replaced([stays, turns, goes], [stays, turned])

    assert said == [turned, Word(kind=ANNOUNCED, channel=IN_APP, network_id=None, wanted=None)]
