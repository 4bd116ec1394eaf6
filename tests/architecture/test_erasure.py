"""Every column that says something about a person is erased by a rule, or kept for a reason that is written down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module

import asyncpg
import pytest
from house import SERVICES, service

from servicekit.contract import Tag
from servicekit.subjects import Holding, deletes, keeps
from servicekit.subjects.forgetting import statement_of
from servicekit.subjects.showing import tags_of
from servicekit.testing import databases

ENDS_BY_ITSELF: Mapping[str, str] = {
    "servicekit.jobs.input": "a file that is dropped when its job ends, within minutes; an import shuts the erased out",
}
"""Personal columns of others' rows that no rule empties, each with why nothing stays there."""

DESCRIBED = """
SELECT n.nspname AS schema, c.relname AS name, obj_description(c.oid) AS comment, c.relrowsecurity AS secured,
       (SELECT coalesce(array_agg(a.attname)::text[], '{}') FROM pg_attribute a
         WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated <> '') AS generated,
       (SELECT coalesce(string_agg(pg_get_expr(p.polqual, p.polrelid), ' OR '), '')
          FROM pg_policy p JOIN pg_roles r ON r.oid = ANY (p.polroles)
         WHERE p.polrelid = c.oid AND r.rolname = 'guildhall_api') AS seen_by_people
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND n.nspname !~ '_b$' AND c.relname !~ 'migrations$'
"""


@dataclass
class Table:
    name: str
    """As a holding says it: with its schema only where that is the runtime's."""
    tags: dict[str, Tag]
    generated: set[str]
    secured: bool
    seen_by_people: str

    @property
    def personal(self) -> set[str]:
        return {name for name, tag in self.tags.items() if tag in (Tag.PERSONAL, Tag.SPECIAL)}


@dataclass
class Held:
    service: str
    tables: dict[str, Table]
    holdings: list[Holding]
    unreadable: list[str]
    """Statements that the database does not understand."""


@pytest.fixture(scope="module", params=SERVICES)
async def held(request: pytest.FixtureRequest, postgres: str) -> Held:
    name, described = request.param, service(request.param)
    holdings: list[Holding] = import_module(f"{name}_service.held").HELD
    async with databases.fresh(postgres, name, described.schema, described.consumers) as database:
        conn = await asyncpg.connect(database.owner)
        rows = await conn.fetch(DESCRIBED)
        await conn.execute("SELECT servicekit.enter('', '', '{}', NULL, 'worker')")
        await conn.fetchval("SELECT set_config('search_path', servicekit.active_schemas(), false)")
        unreadable = [one.table for one in holdings if not await _is_understood(conn, one)]
        await conn.close()
    tables = [
        Table(
            f"servicekit.{row['name']}" if row["schema"] == "servicekit" else row["name"],
            tags_of(row["comment"]),
            set(row["generated"]),
            row["secured"],
            row["seen_by_people"],
        )
        for row in rows
    ]
    return Held(name, {table.name: table for table in tables}, holdings, unreadable)


async def _is_understood(conn: "asyncpg.Connection[asyncpg.Record]", holding: Holding) -> bool:
    try:
        await conn.prepare(statement_of(holding) or f"SELECT FROM {holding.table} WHERE {holding.about}")
    except asyncpg.PostgresError:
        return False
    return True


def forgotten_columns(holdings: Sequence[Holding], table: Table) -> tuple[set[str], bool]:
    """Columns of a table that rules erase, and whether some holding keeps rows of it with a reason."""
    of_it = [one.forgetting for one in holdings if one.table == table.name]
    if any(one.rows_go for one in of_it) and not any(one.blank for one in of_it):
        return table.personal, bool(any(one.kept for one in of_it))
    return {column for one in of_it for column in one.blank}, any(one.kept and not one.blank for one in of_it)


def unforgotten(tables: Mapping[str, Table], holdings: Sequence[Holding]) -> list[str]:
    """Personal columns that no rule erases and no reason keeps, and tables of persons that nobody named."""
    wrong = []
    named = {one.table for one in holdings}
    for table in tables.values():
        erased, kept = forgotten_columns(holdings, table)
        left = table.personal - erased - table.generated
        if not kept:
            wrong += [f"{table.name}.{column}" for column in sorted(left)]
        if "person_id" in table.tags and table.name not in named:
            wrong.append(table.name)
    return [one for one in wrong if one not in ENDS_BY_ITSELF]


def test_every_personal_column_is_erased_or_kept_for_a_reason(held: Held) -> None:
    assert held.tables
    assert unforgotten(held.tables, held.holdings) == []


def test_every_rule_speaks_of_tables_and_columns_that_are_there(held: Held) -> None:
    assert held.unreadable == []
    assert [one.table for one in held.holdings if one.table not in held.tables] == []


def test_what_is_kept_is_kept_for_a_reason_in_words(held: Held) -> None:
    bare = [one.table for one in held.holdings if not one.forgetting.rows_go and len(one.forgetting.kept.split()) < 4]

    assert bare == []


def test_whoever_asks_is_shown_their_rows_past_the_second_wall(held: Held) -> None:
    """A wall that does not know the person would show them nothing, and nobody would notice."""
    blind = [
        one.table
        for one in held.holdings
        if not one.hidden
        and held.tables[one.table].secured
        and not {"caller()", "EXISTS"} & set(_words(held.tables[one.table].seen_by_people))
    ]

    assert blind == []


def _words(condition: str) -> list[str]:
    return ["caller()" if "servicekit.caller()" in condition else "", "EXISTS" if "EXISTS" in condition else ""]


def test_a_table_that_nobody_named_is_seen() -> None:
    tags = {"id": Tag.NONE, "person_id": Tag.PSEUDONYM, "nickname": Tag.PERSONAL}
    tables = {"nicknames": Table("nicknames", tags, set(), True, "")}

    assert unforgotten(tables, []) == ["nicknames.nickname", "nicknames"]
    assert unforgotten(tables, [Holding("nicknames", deletes())]) == []
    assert unforgotten(tables, [Holding("nicknames", keeps("it is theirs for good"))]) == []
