"""Cells and their topics: read from one file, so that no list of topics stands anywhere else."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

NATIONAL = "national"


@dataclass(frozen=True, slots=True)
class Cell:
    name: str
    label: str
    root: str
    """Path of the cell's root network, such as `national.midlands`."""
    region: str | None
    """ODS code of the region, None for the national cell."""


@dataclass(frozen=True, slots=True)
class Cells:
    all: dict[str, Cell]
    partitions: dict[str, int]
    """By topic without its cell, such as `membership.profiles`."""
    served: frozenset[str]
    prefix: str = field(default="")
    """Put before every topic on the broker; names without it are used everywhere in the software."""

    @property
    def read(self) -> list[str]:
        """A regional deployment reads its own cells and the national one; the national one reads all."""
        if NATIONAL in self.served:
            return list(self.all)
        return [name for name in self.all if name in self.served or name == NATIONAL]

    def topics(self, service: str, stream: str = "") -> list[str]:
        """The topics of one publisher's stream that this deployment reads."""
        return [topic(cell, service, stream) for cell in self.read]

    def serves(self, cell: str) -> bool:
        return cell in self.served

    def containing(self, path: str) -> str:
        """The cell that a network of the tree belongs to by its path."""
        for cell in self.all.values():
            if cell.name != NATIONAL and (path == cell.root or path.startswith(cell.root + ".")):
                return cell.name
        return NATIONAL


def topic(cell: str, service: str, stream: str = "") -> str:
    return f"{cell}.{service}.{stream}" if stream else f"{cell}.{service}"


def cell_of(topic_name: str) -> str:
    return topic_name.split(".", 1)[0]


def load(path: Path, *, serve: str | Iterable[str] = "all", prefix: str = "") -> Cells:
    """Read the cells' file. `serve` is "all", or the names of the cells served; ValueError on an unknown one."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    cells = {
        name: Cell(name, entry["name"], entry["root"], entry.get("region")) for name, entry in document["cells"].items()
    }
    names = serve.split(",") if isinstance(serve, str) else list(serve)
    served = frozenset(cells) if names == ["all"] else frozenset(names)
    if unknown := sorted(served - set(cells)):
        raise ValueError(f"no such cell: {', '.join(unknown)}; there are {', '.join(cells)}")
    return Cells(cells, document["partitions"], served, prefix)
