"""A heartbeat travels on the grants topic of every cell that is served, and on no other."""

from pathlib import Path

from membership_service.work import heartbeats
from servicekit import cells


def test_one_for_each_served_cell(cells_file: Path) -> None:
    beat = heartbeats(cells.load(cells_file, serve="midlands,national"))

    assert list(beat()) == [
        ("midlands.membership.grants", "heartbeat", b"{}"),
        ("national.membership.grants", "heartbeat", b"{}"),
    ]
    assert len(heartbeats(cells.load(cells_file))()) == 8
