"""What may be agreed is exactly what the contracts tag as saying nothing about a person."""

import analytics_contracts
import events_contracts
import membership_contracts
import notifications_contracts
from membership_service.agreements.model import streams
from servicekit.contract import Signal, Tag, tags

PUBLISHED = [
    *membership_contracts.SIGNALS,
    *events_contracts.SIGNALS,
    *notifications_contracts.SIGNALS,
    *analytics_contracts.SIGNALS,
]
BETWEEN_US = {membership_contracts.AgreementMade.type, membership_contracts.AgreementEnded.type}
"""An agreement is nobody's business but its own parties'."""


def about_persons(signal: type[Signal]) -> bool:
    return any(tag not in {Tag.NONE, Tag.CONTENT} for _, tag in tags(signal))


def test_every_type_that_is_not_about_persons_may_be_agreed_and_no_other() -> None:
    impersonal = {signal.type for signal in PUBLISHED if not about_persons(signal)}

    assert set(streams()) == impersonal - BETWEEN_US


def test_the_fields_are_those_of_the_contracts() -> None:
    for signal in PUBLISHED:
        if signal.type in streams():
            assert streams()[signal.type] == set(signal.model_fields), signal.type
