"""A person's word on an agreement: theirs to give and to take back, and only where it is asked for."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from membership_service.consents.model import Consent, NothingAsked, check_asked
from servicekit.problem import NothingHere

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_it_is_given_and_taken_back_as_often_as_they_like() -> None:
    never = Consent(person_id=uuid4(), agreement_id=uuid4())

    given = never.give(at=NOW)
    withdrawn = given.withdraw(at=NOW)
    again = withdrawn.give(at=NOW)

    assert [(one.given, one.version) for one in (given, withdrawn, again)] == [(True, 1), (False, 2), (True, 3)]


def test_the_same_answer_again_changes_nothing() -> None:
    never = Consent(person_id=uuid4(), agreement_id=uuid4())
    given = never.give(at=NOW)

    assert never.withdraw(at=NOW) is never
    assert given.give(at=NOW) is given


def test_only_whoever_is_asked_answers() -> None:
    asked = {"body": "NHS Providers", "agreement_id": uuid4()}

    check_asked(concerned=True, needs_consent=True, **asked)
    with pytest.raises(NothingHere):
        check_asked(concerned=False, needs_consent=True, **asked)
    with pytest.raises(NothingAsked, match="NHS Providers is about nobody"):
        check_asked(concerned=True, needs_consent=False, **asked)
