"""Topics of a test's own on the shared broker, told apart by a prefix."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from servicekit import cells as cell_files
from servicekit.cells import Cells, topic


def cells_for_tests(path: Path, *, serve: str = "all") -> Cells:
    return cell_files.load(path, serve=serve, prefix=f"t{secrets.token_hex(4)}.")


@asynccontextmanager
async def created(cells: Cells, bootstrap: str, *, only: list[str] | None = None) -> AsyncIterator[Cells]:
    """Make the topics (all of every cell, or just these, named without the prefix) for as long as the block."""
    names = {
        cells.prefix + topic(cell, *stream.split(".", 1)): partitions
        for cell in cells.all
        for stream, partitions in cells.partitions.items()
        if only is None or topic(cell, *stream.split(".", 1)) in only
    }
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(name, count, 1) for name, count in names.items()])
        yield replace(cells)
        await admin.delete_topics(list(names))
    finally:
        await admin.close()
