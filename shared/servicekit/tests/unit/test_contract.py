"""A promise is tagged field by field, and personal data has one place to travel."""

from typing import Annotated, ClassVar
from uuid import UUID

import pytest
from notes_service import NoteWritten

from servicekit.contract import PROFILES, Fact, Part, Personal, Signal, Tag, catalogue, tags


def test_a_field_without_a_tag_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="fields without a tag: shoe_size"):
        type("Fitted", (Part,), {"__annotations__": {"shoe_size": int}, "__module__": __name__})


def test_a_tag_inside_a_part_counts_as_well() -> None:
    class Inner(Part):
        known: Fact[int]

    class Outer(Part):
        inners: Fact[list[Inner]]

    assert dict(tags(Outer)) == {"inners": Tag.NONE, "inners.known": Tag.NONE}


def test_personal_data_on_a_fact_topic_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="personal data on a fact topic: name"):

        class NamedNote(Signal):
            type: ClassVar[str] = "guildhall.notes.named.v1"
            name: Personal[str]

            @property
            def key(self) -> str:
                return self.name


def test_a_profile_may_carry_it() -> None:
    class NoteProfile(Signal):
        type: ClassVar[str] = "guildhall.notes.profile.v1"
        stream: ClassVar[str] = PROFILES
        name: Annotated[str, Tag.PERSONAL]

        @property
        def key(self) -> str:
            return self.name

    assert dict(tags(NoteProfile))["name"] is Tag.PERSONAL


def test_what_a_consumer_does_not_know_it_ignores() -> None:
    read = NoteWritten.model_validate(
        {"version": 1, "note_id": "00000000-0000-7000-8000-000000000001", "text": "hello", "colour": "green"}
    )

    assert read == NoteWritten(version=1, note_id=UUID("00000000-0000-7000-8000-000000000001"), text="hello")


def test_two_classes_cannot_claim_one_type() -> None:
    with pytest.raises(ValueError, match=r"note-written\.v1 is claimed twice"):
        catalogue([NoteWritten, NoteWritten])
