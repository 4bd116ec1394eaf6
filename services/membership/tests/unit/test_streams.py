"""What may be agreed says nothing about a person, or is marked as needing that person's consent."""

import analytics_contracts
import events_contracts
import membership_contracts
import notifications_contracts
from membership_service.agreements.model import consent_needed, streams
from membership_service.consents.words import FIELDS
from servicekit.contract import Signal, Tag, tags

PUBLISHED = [
    *membership_contracts.SIGNALS,
    *events_contracts.SIGNALS,
    *notifications_contracts.SIGNALS,
    *analytics_contracts.SIGNALS,
]
BETWEEN_US = {
    membership_contracts.AgreementMade.type,
    membership_contracts.AgreementEnded.type,
    "guildhall.notifications.template-changed.v1",
    *(f"guildhall.{service}.erasure-carried-out.v1" for service in ("events", "notifications", "analytics")),
}
"""An agreement is nobody's business but its own parties', how a network words its mail nobody's but its own, and which
service has answered for an erasure the privacy officers'."""


def about_persons(signal: type[Signal]) -> bool:
    return any(tag not in {Tag.NONE, Tag.CONTENT} for _, tag in tags(signal))


def impersonal() -> set[str]:
    return {signal.type for signal in PUBLISHED if not about_persons(signal)} - BETWEEN_US


def marked() -> set[str]:
    return {name for name, stream in streams().items() if stream.says is not None}


def test_every_type_that_is_not_about_persons_may_be_agreed_and_every_other_needs_consent() -> None:
    assert set(streams()) - marked() == impersonal()


def test_whatever_is_about_persons_is_marked() -> None:
    known = {signal.type: signal for signal in PUBLISHED}

    assert marked()
    assert [name for name in marked() if not about_persons(known[name])] == []
    assert consent_needed({name: ["version"] for name in streams()}) == tuple(sorted(marked()))


def test_the_fields_are_those_of_the_contracts() -> None:
    for signal in PUBLISHED:
        if signal.type in impersonal():
            assert streams()[signal.type].fields == set(signal.model_fields), signal.type


def test_nobody_consents_to_a_name_an_address_or_what_opens_a_door() -> None:
    for signal in PUBLISHED:
        if signal.type in marked():
            harmless = {name for name, tag in tags(signal) if tag in {Tag.NONE, Tag.CONTENT}} | {"person_id"}
            assert streams()[signal.type].fields <= harmless, signal.type


def test_everything_that_is_asked_can_be_said_in_words() -> None:
    asked = {field for name in marked() for field in streams()[name].fields}

    assert asked - set(FIELDS) == set()
