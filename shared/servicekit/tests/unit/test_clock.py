"""A local stack's processes are moved together, by a file that says how far they are ahead."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from servicekit import clock


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(clock, "LOOK_AGAIN_SECONDS", 0.0)
    clock.follow(tmp_path / "clock")
    yield tmp_path / "clock"
    clock.follow(None)


def ahead() -> float:
    return round((clock.now() - datetime.now(UTC)) / timedelta(hours=1), 2)


def test_the_clock_follows_its_file_wherever_it_goes(file: Path) -> None:
    found = [ahead()]
    for seconds in ("7200", "-3600", "0"):
        file.write_text(seconds, encoding="ascii")
        found.append(ahead())

    assert found == [0.0, 2.0, -1.0, 0.0]


@pytest.mark.parametrize("text", ["", "tomorrow", "nan", "1e400", "9" * 30])
def test_a_file_that_says_nothing_moves_nothing(file: Path, text: str) -> None:
    file.write_text(text, encoding="ascii")

    assert ahead() == 0.0
