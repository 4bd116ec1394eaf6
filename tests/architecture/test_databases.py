"""Every column is tagged, every table of persons has its second wall, and no process runs as an owner."""

from dataclasses import dataclass

import asyncpg
import pytest
from house import SERVICES, service

from servicekit.contract import Tag
from servicekit.testing import databases


@dataclass
class Table:
    schema: str
    name: str
    comment: str | None
    columns: list[str]
    secured: bool
    forced: bool
    policies: set[str]
    """Roles that its policies name."""

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def tags(self) -> dict[str, str]:
        words = (self.comment or "").removeprefix("tags:").split()
        return dict(word.split("=", 1) for word in words if "=" in word)


TABLES = """
SELECT n.nspname AS schema, c.relname AS name, obj_description(c.oid) AS comment,
       array_agg(a.attname ORDER BY a.attnum)::text[] AS columns,
       c.relrowsecurity AS secured, c.relforcerowsecurity AS forced,
       (SELECT coalesce(array_agg(DISTINCT r.rolname)::text[], '{}')
          FROM pg_policy p JOIN pg_roles r ON r.oid = ANY (p.polroles) WHERE p.polrelid = c.oid) AS policies
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
   AND c.relname !~ 'migrations$'
 GROUP BY n.nspname, c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity
"""


@pytest.fixture(scope="module", params=SERVICES)
async def tables(request: pytest.FixtureRequest, postgres: str) -> list[Table]:
    described = service(request.param)
    async with databases.fresh(postgres, request.param, described.schema, described.consumers) as database:
        conn = await asyncpg.connect(database.owner)
        rows = await conn.fetch(TABLES)
        await conn.close()
    return [Table(**(dict(row) | {"policies": set(row["policies"])})) for row in rows]


def test_every_column_of_every_table_is_tagged(tables: list[Table]) -> None:
    allowed = {str(tag) for tag in Tag}
    wrong = [
        f"{table}.{column}" for table in tables for column in table.columns if table.tags.get(column) not in allowed
    ]

    assert tables
    assert wrong == []


def test_no_tag_speaks_of_a_column_that_is_not_there(tables: list[Table]) -> None:
    assert [f"{table}.{name}" for table in tables for name in table.tags if name not in table.columns] == []


def test_every_table_of_persons_has_row_level_security_for_both_roles(tables: list[Table]) -> None:
    bare = [
        str(table)
        for table in tables
        if "person_id" in table.columns
        and not (table.secured and table.forced and {"guildhall_api", "guildhall_worker"} <= table.policies)
    ]

    assert bare == []


async def test_the_two_roles_own_nothing_and_pass_no_policy_by(postgres: str) -> None:
    conn = await asyncpg.connect(postgres)
    rows = await conn.fetch(
        "SELECT rolname FROM pg_roles WHERE (rolsuper OR rolbypassrls) AND rolname ~ '_(api|worker)$'"
    )
    await conn.close()

    assert rows == []
