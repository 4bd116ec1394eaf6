"""What notifications promises, held against its examples and schemas."""

from pathlib import Path

from notifications_contracts import SIGNALS
from servicekit.testing.contracts import check_contracts


def test_models_examples_and_schemas_agree() -> None:
    check_contracts(Path(__file__).parent.parent, SIGNALS)
