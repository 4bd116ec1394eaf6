"""Erasing somebody from a service's tables: by its holdings, in their order, in the caller's transaction."""

from collections.abc import Sequence
from uuid import UUID

from servicekit.database import Conn
from servicekit.subjects.holdings import Holding


async def forget(conn: Conn, holdings: Sequence[Holding], person_id: UUID) -> dict[str, int]:
    """Erase what these holdings say; returns how many rows were touched, by table. Again changes nothing more.

    It runs as the worker: what is about somebody stands in others' rows too. No holding may need what an earlier one
    has taken away. Projections are erased on both of their sides: what stood there before the last rebuild stands yet.
    """
    mine = await conn.fetchval("SELECT current_setting('search_path')")
    await conn.execute(OTHER_SIDES)
    projected = await _projected(conn, holdings)
    touched = await _forget(conn, projected, person_id)
    await conn.execute("SELECT set_config('search_path', $1, true)", mine)
    for table, rows in (await _forget(conn, holdings, person_id)).items():
        touched[table] = touched.get(table, 0) + rows
    return touched


OTHER_SIDES = """
SELECT set_config('search_path',
                  coalesce(string_agg(name || CASE active WHEN 'a' THEN '_b' ELSE '_a' END, ', ' ORDER BY name) || ', ',
                           '') || 'public', true)
  FROM servicekit.projections
"""


async def _projected(conn: Conn, holdings: Sequence[Holding]) -> list[Holding]:
    """Those whose tables belong to a projection; all others are found the same way from either side."""
    rows = await conn.fetch(
        """
        SELECT named.name
          FROM unnest($1::text[]) AS named (name)
          JOIN pg_class c ON c.oid = to_regclass(named.name)
          JOIN pg_namespace n ON n.oid = c.relnamespace
          JOIN servicekit.projections p ON n.nspname IN (p.name || '_a', p.name || '_b')
        """,
        [holding.table for holding in holdings],
    )
    names = {row["name"] for row in rows}
    return [holding for holding in holdings if holding.table in names]


async def _forget(conn: Conn, holdings: Sequence[Holding], person_id: UUID) -> dict[str, int]:
    touched: dict[str, int] = {}
    for holding in holdings:
        statement = statement_of(holding)
        if statement is not None:
            done = await conn.execute(statement, person_id)
            touched[holding.table] = touched.get(holding.table, 0) + int(done.rpartition(" ")[2])
    return touched


def statement_of(holding: Holding) -> str | None:
    """Every word of it stands in the service's own list of holdings: nothing that came from outside is in it."""
    if holding.forgetting.rows_go:
        return f"DELETE FROM {holding.table} WHERE {holding.about}"
    if holding.forgetting.blank:
        columns = ", ".join(f"{column} = {value}" for column, value in holding.forgetting.blank.items())
        return f"UPDATE {holding.table} SET {columns} WHERE {holding.about}"
    return None
