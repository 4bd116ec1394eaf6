"""Topics come from the cells' file alone; a region reads itself and the nation."""

from pathlib import Path

import pytest

from servicekit import cells as cell_files


def test_the_national_deployment_reads_every_cell(cells_file: Path) -> None:
    cells = cell_files.load(cells_file)

    assert len(cells.topics("membership")) == 8
    assert "midlands.membership.grants" in cells.topics("membership", "grants")


def test_a_region_reads_its_own_cell_and_the_national_one(cells_file: Path) -> None:
    cells = cell_files.load(cells_file, serve="midlands")

    assert sorted(cells.topics("events")) == ["midlands.events", "national.events"]
    assert cells.serves("midlands")
    assert not cells.serves("national")


@pytest.mark.parametrize(
    ("path", "cell"),
    [
        ("national", "national"),
        ("national.k0n6a", "national"),
        ("national.midlands", "midlands"),
        ("national.midlands.rwp", "midlands"),
        ("national.midlandsx", "national"),
    ],
)
def test_a_network_belongs_to_the_cell_of_its_region(cells_file: Path, path: str, cell: str) -> None:
    assert cell_files.load(cells_file).containing(path) == cell


def test_a_cell_that_does_not_exist_is_named(cells_file: Path) -> None:
    with pytest.raises(ValueError, match="no such cell: atlantis; there are national, london"):
        cell_files.load(cells_file, serve="midlands,atlantis")
