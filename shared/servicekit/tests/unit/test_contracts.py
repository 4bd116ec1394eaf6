"""A change to a promise is seen before it is published."""

import copy
import importlib
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import orjson
import pytest
from pydantic import AwareDatetime

from servicekit.contract import Content, Fact, Part, PersonId, Signal
from servicekit.testing.compatibility import breaking_changes, changes_since, files_at
from servicekit.testing.contracts import check_contracts, schema_of, write

TYPE = "guildhall.tests.place-taken.v1"


class Where(Part):
    room: Content[str]
    floor: Fact[int | None] = None


class How(StrEnum):
    ONLINE = "online"
    ON_SITE = "on-site"


class PlaceTaken(Signal):
    type: ClassVar[str] = TYPE

    place_id: Fact[UUID]
    person_id: PersonId
    how: Fact[How]
    where: Fact[list[Where]]
    taken_at: Fact[AwareDatetime]

    @property
    def key(self) -> str:
        return str(self.place_id)


SIGNALS: list[type[Signal]] = [PlaceTaken]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A contracts folder as `write` makes it for a package with one signal."""
    package = tmp_path / "places_contracts"
    package.mkdir()
    (package / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(importlib.import_module("places_contracts"), "SIGNALS", SIGNALS, raising=False)
    write("places_contracts")
    yield tmp_path
    sys.modules.pop("places_contracts")


def example(folder: Path) -> Path:
    return folder / "examples" / TYPE / "first.json"


def changed(folder: Path, **data: Any) -> None:
    document = orjson.loads(example(folder).read_bytes())
    document["data"] |= data
    example(folder).write_bytes(orjson.dumps(document))


def test_what_is_written_passes_and_is_not_written_again(folder: Path) -> None:
    check_contracts(folder, SIGNALS)

    assert write("places_contracts") == []
    assert example(folder).exists()


def test_a_type_without_example_or_schema_is_named(folder: Path) -> None:
    example(folder).unlink()
    (folder / "schemas" / f"{TYPE}.json").unlink()

    with pytest.raises(AssertionError, match=r"(?s)no committed schema.*no golden example"):
        check_contracts(folder, SIGNALS)


def test_a_schema_that_is_not_the_models_is_refused(folder: Path) -> None:
    path = folder / "schemas" / f"{TYPE}.json"
    path.write_bytes(path.read_bytes().replace(b'"room"', b'"hall"'))

    with pytest.raises(AssertionError, match=r"is not the model's"):
        check_contracts(folder, SIGNALS)


def test_files_of_a_type_that_does_not_exist_are_refused(folder: Path) -> None:
    (folder / "schemas" / "guildhall.tests.place-freed.v1.json").write_text("{}")

    with pytest.raises(AssertionError, match=r"place-freed\.v1: there is no such signal"):
        check_contracts(folder, SIGNALS)


def test_an_example_that_the_model_reads_otherwise_is_refused(folder: Path) -> None:
    changed(folder, how="by carrier pigeon")

    with pytest.raises(AssertionError, match=r"first\.json"):
        check_contracts(folder, SIGNALS)


def test_an_example_with_a_field_that_the_model_lost_is_refused(folder: Path) -> None:
    changed(folder, row="A")

    with pytest.raises(AssertionError, match=r"data\.row is not said by the model any more"):
        check_contracts(folder, SIGNALS)


def test_an_older_example_stays_good_beside_one_that_shows_everything(folder: Path) -> None:
    older = orjson.loads(example(folder).read_bytes())
    for where in older["data"]["where"]:
        del where["floor"]
    example(folder).with_name("older.json").write_bytes(orjson.dumps(older))

    check_contracts(folder, SIGNALS)


def test_examples_that_all_lack_a_field_are_refused(folder: Path) -> None:
    document = orjson.loads(example(folder).read_bytes())
    for where in document["data"]["where"]:
        del where["floor"]
    example(folder).write_bytes(orjson.dumps(document))

    with pytest.raises(AssertionError, match=r"no example shows every field"):
        check_contracts(folder, SIGNALS)


@pytest.mark.parametrize("attribute", ["id", "time", "subject", "partitionkey", "version", "dataschema"])
def test_an_envelope_that_we_would_not_write_is_refused(folder: Path, attribute: str) -> None:
    document = orjson.loads(example(folder).read_bytes())
    document[attribute] = "something-else"
    example(folder).write_bytes(orjson.dumps(document))

    with pytest.raises(AssertionError, match=r"first\.json"):
        check_contracts(folder, SIGNALS)


def edited(path: str, value: Any) -> dict[str, Any]:
    """The schema with one place set, or taken away (None)."""
    document = copy.deepcopy(schema_of(PlaceTaken))
    at: Any = document
    *steps, last = path.split("/")
    for step in steps:
        at = at[step]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return document


def test_nothing_changed_breaks_nothing() -> None:
    assert breaking_changes(schema_of(PlaceTaken), schema_of(PlaceTaken)) == []


def test_an_added_optional_field_passes() -> None:
    added = edited("properties/row", {"type": "string", "default": ""})

    assert breaking_changes(schema_of(PlaceTaken), added) == []


def test_an_added_optional_field_of_a_part_passes() -> None:
    added = edited(
        "$defs/Where/properties/building", {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None}
    )

    assert breaking_changes(schema_of(PlaceTaken), added) == []


def test_a_removed_field_is_caught() -> None:
    removed = edited("properties/person_id", None)
    removed["required"].remove("person_id")

    assert "field person_id was taken away" in breaking_changes(schema_of(PlaceTaken), removed)


def test_a_removed_optional_field_of_a_part_is_caught() -> None:
    assert "field where.floor was taken away" in breaking_changes(
        schema_of(PlaceTaken), edited("$defs/Where/properties/floor", None)
    )


def test_a_changed_type_is_caught_in_both_directions() -> None:
    changes = breaking_changes(schema_of(PlaceTaken), edited("properties/version", {"type": "string"}))

    assert [change.partition(":")[0] for change in changes] == ["backward", "forward"]


def test_a_new_required_field_is_caught() -> None:
    added = edited("properties/row", {"type": "string"})
    added["required"].append("row")

    assert "field row is new and required: give it a default" in breaking_changes(schema_of(PlaceTaken), added)


def test_a_field_that_need_not_be_sent_any_more_is_caught() -> None:
    loose = copy.deepcopy(schema_of(PlaceTaken))
    loose["required"].remove("how")

    assert breaking_changes(schema_of(PlaceTaken), loose) == [
        "forward: a consumer of the old release cannot read everything that this one writes"
    ]


def test_a_new_choice_is_caught() -> None:
    wider = edited("$defs/How/enum", ["online", "on-site", "both"])

    assert breaking_changes(schema_of(PlaceTaken), wider) == [
        "forward: a consumer of the old release cannot read everything that this one writes"
    ]


def files_of(folder: Path) -> dict[str, bytes]:
    names = [*folder.glob("schemas/*.json"), *folder.glob("examples/*/*.json")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in names}


def test_changes_are_measured_against_what_was_there(folder: Path) -> None:
    before = files_of(folder)
    assert changes_since(folder, before) == []

    schema = edited("properties/how", None)
    schema["required"].remove("how")
    (folder / "schemas" / f"{TYPE}.json").write_bytes(orjson.dumps(schema))
    changed(folder, how="on-site")

    found = changes_since(folder, before)
    assert f"schemas/{TYPE}.json: field how was taken away" in found
    assert f"examples/{TYPE}/first.json: golden examples are added to, never edited" in found


def test_an_added_example_and_an_added_type_pass(folder: Path) -> None:
    before = files_of(folder)

    example(folder).with_name("second.json").write_bytes(example(folder).read_bytes())
    (folder / "schemas" / "guildhall.tests.place-freed.v1.json").write_text("{}")

    assert changes_since(folder, before) == []


def test_a_schema_taken_away_is_caught(folder: Path) -> None:
    before = files_of(folder)

    (folder / "schemas" / f"{TYPE}.json").unlink()

    assert changes_since(folder, before) == [
        f"schemas/{TYPE}.json: taken away; a type stays until its last subscriber has left"
    ]


def test_a_commit_that_cannot_be_read_is_said_to_be(folder: Path) -> None:
    with pytest.raises(ValueError):
        files_at(folder, "no-such-commit")
