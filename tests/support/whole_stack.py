"""A whole Guildhall for tests: every process, real, on ports and in a folder of its own."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from guildhall_local import stack
from guildhall_local.instance import Instance, default_cache
from guildhall_local.ports import is_free

BLOCK = 50


@contextmanager
def whole_stack(state: Path, *, own_cell: str = "", program: Sequence[str] = stack.WHOLE_STACK) -> Iterator[Instance]:
    """Up for as long as the block; dies with this process, whatever happens to it.

    own_cell: one that stands alone. program: what Python is to run as the supervisor.
    """
    instance = Instance(state=state, cache=default_cache(), port_base=free_block(), own_cell=own_cell)
    with stack.running(instance, program=program):
        yield instance


def free_block() -> int:
    """The base of fifty free ports, low enough that no client's own port falls among them."""
    while True:
        base = random.randrange(10_000, 30_000, BLOCK)
        if all(is_free(base + offset) for offset in range(BLOCK)):
            return base
