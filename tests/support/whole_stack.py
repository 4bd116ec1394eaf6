"""A whole Guildhall for tests: every process, real, on ports and in a folder of its own."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from guildhall_local import stack
from guildhall_local.instance import Instance, default_cache
from guildhall_local.ports import is_free

BLOCK = 50


@contextmanager
def whole_stack(state: Path) -> Iterator[Instance]:
    """Up for as long as the block; dies with this process, whatever happens to it."""
    instance = Instance(state=state, cache=default_cache(), port_base=free_block())
    with stack.running(instance):
        yield instance


def free_block() -> int:
    """The base of fifty free ports, low enough that no client's own port falls among them."""
    while True:
        base = random.randrange(10_000, 30_000, BLOCK)
        if all(is_free(base + offset) for offset in range(BLOCK)):
            return base
