"""A ledger's rows from memory into the table, with nothing around them: one COPY."""

import time
from collections.abc import Sequence
from typing import Any

import asyncpg

COLUMNS = [
    *("id", "cause", "person_id", "channel", "kind", "cell", "network", "state", "priority", "position"),
    *("created_at", "told_at", "next_attempt_at"),
]


async def copy(dsn: str, table: str, rows: Sequence[tuple[Any, ...]]) -> float:
    """Seconds until the rows are committed. table: its schema and name."""
    conn = await asyncpg.connect(dsn)
    try:
        schema, name = table.split(".")
        began = time.perf_counter()
        await conn.copy_records_to_table(name, schema_name=schema, columns=COLUMNS, records=rows)
        return time.perf_counter() - began
    finally:
        await conn.close()
