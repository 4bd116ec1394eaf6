"""What a person shows, and how a name may have been meant."""

from uuid import UUID

import pytest

from membership_service.directory.model import Choice, SearchTooShort, searched, spellings
from servicekit.problem import PreconditionFailed

ADA = UUID(int=1)


def test_whoever_never_chose_is_shown() -> None:
    assert (Choice(person_id=ADA).shown, Choice(person_id=ADA).version) == ("shown", 0)


def test_a_choice_names_the_version_that_it_changes() -> None:
    chosen = Choice(person_id=ADA).change("hidden", expected_version=0)

    assert (chosen.shown, chosen.version) == ("hidden", 1)
    with pytest.raises(PreconditionFailed, match="version 1 is there by now"):
        chosen.change("shown", expected_version=0)


def test_two_letters_that_changed_places_are_tried_the_other_way_round() -> None:
    assert spellings("Simth") == ["Simth", "iSmth", "Smith", "Sitmh", "Simht"]
    assert spellings("Ada Obi")[1:] == ["dAa Obi", "Aad Obi", "Ada bOi", "Ada Oib"]


def test_the_beginning_of_a_name_is_taken_as_it_is_and_a_long_one_is_bounded() -> None:
    assert spellings("jo") == ["jo"]
    assert len(spellings("abcdefghijklmnopqrstuvwxyz" * 3)) == 16


@pytest.mark.parametrize("words", ["", "a", " a ", "%_", "- '"])
def test_too_little_is_refused(words: str) -> None:
    with pytest.raises(SearchTooShort, match="name: at least 2 letters"):
        searched(words, "name")


def test_words_are_tidied() -> None:
    assert searched("  Ada \t Obi ", "name") == "Ada Obi"
