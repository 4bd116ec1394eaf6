"""What stands in an address is bounded like what stands in a body: nothing is looked up of what nobody was given."""

from typing import Annotated

from fastapi import Path

LONGEST_CELL = 64

CellName = Annotated[str, Path(max_length=LONGEST_CELL)]
"""A cell as the address names it: whether there is one, and whether it is served here, is asked afterwards."""
