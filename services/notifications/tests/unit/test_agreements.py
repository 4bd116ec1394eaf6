"""An agreement says which fields a partner gets, and until when; nothing about a person is ever among them."""

import hashlib
from datetime import date
from typing import ClassVar
from uuid import UUID

import pytest

from analytics_contracts import EventFunnelCounted, MembersCounted
from events_contracts import EventPublished, RegistrationConfirmed
from membership_contracts import NetworkFounded, Profile
from notifications_service.consumers import NOTIFICATIONS
from notifications_service.streams.actions import givable_fields, harmless_fields
from notifications_service.streams.handlers import append_about_persons, append_to_streams
from notifications_service.streams.model import Agreement, Ended, NotBegun, agreed, proof
from servicekit.contract import Fact, Part, PersonId, Pseudonym, Signal
from servicekit.problem import Problem

AGREEMENT = Agreement(
    agreement_id=UUID(int=1),
    cell="national",
    issuer="an-issuer",
    client_id="partner",
    fields={},
    starts_on=date(2026, 11, 1),
    ends_on=date(2026, 11, 30),
)


@pytest.mark.parametrize("day", [date(2026, 11, 1), date(2026, 11, 23), date(2026, 11, 30)])
def test_it_is_live_from_its_first_day_to_its_last(day: date) -> None:
    assert refusal(day) is None


def refusal(day: date) -> str | None:
    try:
        AGREEMENT.refuse_unless_live(today=day)
    except Problem as problem:
        return problem.code
    return None


def test_before_and_after_it_says_so_in_words() -> None:
    with pytest.raises(NotBegun, match="begins on 1 November 2026") as early:
        AGREEMENT.refuse_unless_live(today=date(2026, 10, 31))
    with pytest.raises(Ended, match="ended on 30 November 2026") as late:
        AGREEMENT.refuse_unless_live(today=date(2026, 12, 1))

    assert (early.value.status, late.value.status) == (403, 410)


def test_only_agreed_fields_are_given_and_of_those_only_harmless_ones() -> None:
    data = {"title": "Summit", "venue": "Room 1", "person_id": "somebody"}

    assert agreed(data, ["title", "person_id", "no-such-field"], harmless={"title", "venue"}) == {"title": "Summit"}
    assert agreed(data, [], harmless=data) == {}


def test_fields_about_persons_are_not_harmless_at_any_depth() -> None:
    class Seat(Part):
        row: Fact[int]
        taken_by: Pseudonym[str]

    class Seated(Signal):
        type: ClassVar[str] = "guildhall.tests.seated.v1"
        person_id: PersonId
        seat: Fact[Seat]
        room: Fact[str]

        @property
        def key(self) -> str:
            return self.room

    assert harmless_fields(Seated) == {"version", "room"}
    assert {"title", "rule", "starts_at"} <= harmless_fields(EventPublished)
    assert {"person_id", "code"}.isdisjoint(harmless_fields(RegistrationConfirmed))


def test_what_is_streamed_is_not_about_persons() -> None:
    streamed = {s.signal for s in NOTIFICATIONS.subscriptions if s.run is append_to_streams}

    assert {NetworkFounded, EventPublished, MembersCounted, EventFunnelCounted} <= streamed
    for signal in streamed:
        assert harmless_fields(signal) == set(signal.model_fields), signal.type


def test_of_what_is_about_a_person_names_and_addresses_are_never_given_even_with_consent() -> None:
    asked = {s.signal for s in NOTIFICATIONS.subscriptions if s.run is append_about_persons}

    assert RegistrationConfirmed in asked
    for signal in asked:
        assert "person_id" in givable_fields(signal, with_consent=True), signal.type
        assert "person_id" not in harmless_fields(signal), signal.type
    assert {"given_name", "family_name", "email"}.isdisjoint(givable_fields(Profile, with_consent=True))


def test_the_hash_of_an_item_is_that_of_its_canonical_json_and_its_salt() -> None:
    plain = proof({"b": 1, "a": "é"})

    assert plain == hashlib.sha256('{"a":"é","b":1}'.encode()).hexdigest() == proof({"a": "é", "b": 1})
    assert proof({"b": 1, "a": "é"}, salt="x") == hashlib.sha256('x{"a":"é","b":1}'.encode()).hexdigest() != plain
