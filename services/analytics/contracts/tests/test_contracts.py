"""What analytics promises, held against its examples and schemas."""

from pathlib import Path

import orjson
import pytest

from analytics_contracts import SIGNALS
from servicekit.testing.contracts import check_contracts

FOLDER = Path(__file__).parent.parent


def test_models_examples_and_schemas_agree() -> None:
    check_contracts(FOLDER, SIGNALS)


@pytest.mark.parametrize("path", sorted((FOLDER / "examples").rglob("*.json")), ids=lambda path: path.stem)
def test_no_example_shows_a_figure_that_could_not_leave_its_scope(path: Path) -> None:
    told = orjson.loads(path.read_bytes())["data"]

    people = [told.get(name) for name in ("members", "eligible", "told", "registered", "waited", "attended")]
    assert all(figure is None or (figure % 5 == 0 and figure != 5) for figure in people)
