"""What is held about somebody, row by row, read in their own scope: row-level security shows no more than is theirs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from pydantic import BaseModel

from servicekit.contract import Tag
from servicekit.database import Conn
from servicekit.subjects.holdings import Holding

LONGEST = 20_000
"""Characters of one value; a file that was handed in may be longer, and says how long it is."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The scope of a transaction that reads about somebody: their own, and no network's."""

    person_id: UUID
    identity: str = ""
    email: str | None = None
    scopes: tuple[str, ...] = ()


class HeldValue(BaseModel):
    tag: Tag | None
    """How sensitive the column is."""
    value: Any


class HeldRow(BaseModel):
    """One row that is about the person, as it stands there."""

    table: str
    columns: dict[str, HeldValue]
    when_erased: str
    """What an erasure does to it, in words."""


@dataclass(frozen=True, slots=True)
class _Table:
    tags: dict[str, Tag]
    bytes: frozenset[str]
    key: str
    """An expression that orders its rows."""


async def held(
    conn: Conn, holdings: Sequence[Holding], person_id: UUID, *, after: Sequence[Any] | None, limit: int
) -> list[tuple[list[Any], HeldRow]]:
    """At most `limit` rows after the position `after`, each with its position; the transaction is the person's own."""
    first, key = after or (0, None)
    found: list[tuple[list[Any], HeldRow]] = []
    shown = [(place, holding) for place, holding in enumerate(holdings) if not holding.hidden and place >= first]
    tables = await _tables(conn, [holding.table for _, holding in shown])
    for place, holding in shown:
        table = tables[holding.table]
        rows = await conn.fetch(
            f"""
            SELECT {table.key}::text AS key, to_jsonb(held) AS row
              FROM {holding.table} AS held
             WHERE ({holding.about}) AND ($2::text IS NULL OR {table.key}::text > $2)
             ORDER BY 1
             LIMIT $3
            """,
            person_id,
            key if place == first else None,
            limit - len(found),
        )
        found += [([place, row["key"]], _row(holding, table, orjson.loads(row["row"]))) for row in rows]
        if len(found) == limit:
            break
    return found


async def _tables(conn: Conn, names: Sequence[str]) -> dict[str, _Table]:
    """What the tables' own comments say of their columns, and how their rows are told apart."""
    rows = await conn.fetch(
        """
        SELECT named.name, obj_description(c.oid) AS comment,
               (SELECT coalesce(array_agg(a.attname)::text[], '{}')
                  FROM pg_attribute a WHERE a.attrelid = c.oid AND a.atttypid = 'bytea'::regtype) AS bytes,
               coalesce((SELECT 'jsonb_build_array(' || string_agg(quote_ident(a.attname) || '::text', ', '
                                       ORDER BY array_position(i.indkey::int2[], a.attnum)) || ')'
                           FROM pg_index i
                           JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = ANY (i.indkey)
                          WHERE i.indrelid = c.oid AND i.indisprimary), 'to_jsonb(held)') AS key
          FROM unnest($1::text[]) AS named (name)
          JOIN pg_class c ON c.oid = to_regclass(named.name)
        """,
        list(dict.fromkeys(names)),
    )
    return {row["name"]: _Table(tags_of(row["comment"]), frozenset(row["bytes"]), row["key"]) for row in rows}


def tags_of(comment: str | None) -> dict[str, Tag]:
    """Column to tag, as a table's comment says them: `tags: id=pseudonym name=personal`."""
    words = (comment or "").removeprefix("tags:").split()
    return {name: Tag(tag) for name, _, tag in (word.partition("=") for word in words if "=" in word)}


def _row(holding: Holding, table: _Table, values: dict[str, Any]) -> HeldRow:
    columns = {
        name: HeldValue(tag=table.tags.get(name), value=_shown(value, is_bytes=name in table.bytes))
        for name, value in values.items()
    }
    return HeldRow(table=holding.table, columns=columns, when_erased=_in_words(holding))


def _shown(value: Any, *, is_bytes: bool) -> Any:
    if is_bytes and isinstance(value, str):
        value = bytes.fromhex(value.removeprefix("\\x")).decode("utf-8", "replace")
    if isinstance(value, str) and len(value) > LONGEST:
        return f"{value[:LONGEST]} … ({len(value)} characters in all)"
    return value


def _in_words(holding: Holding) -> str:
    forgetting = holding.forgetting
    if forgetting.rows_go:
        return "The row is deleted."
    if forgetting.blank:
        return f"{', '.join(sorted(forgetting.blank))} are erased; the rest stays: {forgetting.kept}."
    return f"It stays: {forgetting.kept}."
