"""A resource has one home: what is asked for under a cell that this deployment does not serve is not here."""

from fastapi import Request

from servicekit.cells import Cells
from servicekit.problem import NothingHere


def served_cell(request: Request, cell: str) -> str:
    """The cell, where it is served here. Raises NotFound."""
    cells: Cells = request.app.state.cells
    if not cells.serves(cell):
        raise NothingHere
    return cell
