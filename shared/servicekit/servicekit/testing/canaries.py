"""Words that stand for a person, and every table in which they still stand."""

import asyncpg


async def found_in_tables(dsn: str, *words: str) -> list[str]:
    """The tables of a database, on either side of every projection, in whose rows one of these words stands.

    dsn: of somebody whom row-level security does not hold back. Bytes are looked through as well.
    """
    conn = await asyncpg.connect(dsn)
    try:
        tables = await conn.fetch(
            """
            SELECT format('%I.%I', schemaname, tablename) AS name
              FROM pg_tables
             WHERE schemaname NOT IN ('pg_catalog', 'information_schema')
             ORDER BY 1
            """
        )
        names = [row["name"] for row in tables]
        return [name for name in names if await _stands_in(conn, name, words)]
    finally:
        await conn.close()


async def _stands_in(conn: "asyncpg.Connection[asyncpg.Record]", table: str, words: tuple[str, ...]) -> bool:
    """table: as the catalogue names it, quoted by it."""
    found: bool = await conn.fetchval(
        f"""
        SELECT EXISTS (SELECT FROM {table} t, unnest($1::text[]) AS word
                        WHERE position(lower(word) IN lower(to_jsonb(t)::text)) > 0
                           OR position(encode(convert_to(word, 'UTF8'), 'hex') IN to_jsonb(t)::text) > 0)
        """,
        list(words),
    )
    return found
