"""Where a process is to die next: one order at a time for each process, and a mark where it was carried out.

An order is a file that the process looks for; the mark is written and synced before the process kills itself, so it
tells of nothing that did not happen. A process that starts after the mark is there is no longer under that order.
"""

import json
import os
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

FOLDER = "RIG_ORDERS"
"""Environment name: where a process finds its order."""
PROCESS = "RIG_PROCESS"
"""Environment name: what the process is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    id: str
    point: str
    nth: int
    settings: Mapping[str, int]
    """Constants of modules, as `module:NAME`, and what they are from then on: they bring a point near."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a process wrote down as its last act."""

    order: str
    point: str
    process: str
    pid: int
    at: float
    """By the clock that all processes of a machine share (`time.monotonic`)."""


@dataclass(frozen=True, slots=True)
class Orders:
    """Of one stack. folder: where they are kept."""

    folder: Path

    def give(self, process: str, point: str, *, nth: int = 1, settings: Mapping[str, int] | None = None) -> Order:
        """From now on the process dies when it reaches the point for the nth time."""
        order = Order(id=uuid.uuid4().hex, point=point, nth=nth, settings=settings or {})
        self.folder.mkdir(parents=True, exist_ok=True)
        _write_whole(self._order(process), json.dumps(asdict(order)))
        return order

    def take_back(self, process: str) -> None:
        self._order(process).unlink(missing_ok=True)

    def of(self, process: str) -> Order | None:
        """What is still to be carried out."""
        try:
            order = Order(**json.loads(self._order(process).read_text()))
        except FileNotFoundError:
            return None
        return None if self.mark(order.id) else order

    def take_up(self, order: Order) -> None:
        """The process knows of it from now on."""
        self._taken(order.id).touch()

    def is_taken_up(self, order: Order) -> bool:
        return self._taken(order.id).exists()

    def mark(self, order_id: str) -> Mark | None:
        """None where it has not been carried out."""
        try:
            return Mark(**json.loads(self._mark(order_id).read_text()))
        except FileNotFoundError:
            return None

    def carried_out(self, mark: Mark) -> None:
        """On the disk once this returns, whatever becomes of the process."""
        _write_whole(self._mark(mark.order), json.dumps(asdict(mark)))
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _order(self, process: str) -> Path:
        return self.folder / f"{process}.order"

    def _taken(self, order_id: str) -> Path:
        return self.folder / f"{order_id}.taken"

    def _mark(self, order_id: str) -> Path:
        return self.folder / f"{order_id}.mark"


def _write_whole(file: Path, text: str) -> None:
    draft = file.with_suffix(".draft")
    with draft.open("w") as written:
        written.write(text)
        written.flush()
        os.fsync(written.fileno())
    draft.replace(file)
